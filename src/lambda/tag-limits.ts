/** How many tags a resource may have, the same for every kind. */
import { tooManyTags } from "./errors.ts";
import { LIMITS } from "./limits.ts";

export type Tags = Readonly<Record<string, string>>;

/** The tags; throws when they are more than a resource may have. */
export function requireTags(tags: Tags | undefined): Tags {
  const given = { ...tags };
  if (Object.keys(given).length > LIMITS.tags) throw tooManyTags();
  return given;
}
