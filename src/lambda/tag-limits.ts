/** How many tags a resource may have, the same for every kind. */
import type { ControlPlane } from "./control-plane.ts";
import { tooManyTags } from "./errors.ts";

export type Tags = Readonly<Record<string, string>>;

/** The tags; throws when they are more than a resource may have. */
export function requireTags({ quotas }: Pick<ControlPlane, "quotas">, tags: Tags | undefined): Tags {
  const given = { ...tags };
  if (Object.keys(given).length > quotas.tags) throw tooManyTags();
  return given;
}
