/** Whether a tag may come to mean another image, as ECR's setting of the repository has it. Pure. */
import { RegistryProblem } from "./problems.ts";
import type { RepositoryRecord } from "./records.ts";

/** Throws RegistryProblem, with ECR's words, for a tag that must stay. */
export function requireMovable({ name, mutability, mutabilityExclusions }: RepositoryRecord, tag: string): void {
  const isExcluded = (mutabilityExclusions ?? []).some(({ filter }) => matches(filter, tag));
  const isMutable = mutability.startsWith("IMMUTABLE") ? isExcluded : !(mutability.startsWith("MUTABLE") && isExcluded);
  if (isMutable) return;
  throw new RegistryProblem(
    "TAG_INVALID",
    400,
    `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
  );
}

/** A star stands for any number of characters. */
function matches(filter: string, tag: string): boolean {
  const [first = "", ...rest] = filter.split("*");
  if (rest.length === 0) return filter === tag;
  if (!tag.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? "";
  for (const part of rest) {
    const found = tag.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return tag.length - last.length >= at && tag.endsWith(last);
}
