/** Tags of roles and policies. Keys differ by more than case; an existing key in another case keeps its place. */
import type { Tag } from "@aws-sdk/client-iam";
import { duplicateTagKeys, tooManyTags } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import type { StoredTags } from "./records.ts";

type TagInput = { readonly Key: string; readonly Value: string };

export function parseTags(tags: readonly TagInput[] | undefined): StoredTags {
  return mergeTags([], tags ?? []);
}

/** Throws InvalidInput for keys given twice, LimitExceeded for too many. */
export function mergeTags(existing: StoredTags, tags: readonly TagInput[]): StoredTags {
  const given = new Map(tags.map(({ Key, Value }) => [Key.toLowerCase(), { key: Key, value: Value }]));
  if (given.size < tags.length) throw duplicateTagKeys();
  const known = new Set(existing.map((tag) => tag.key.toLowerCase()));
  const merged = [
    ...existing.map((tag) => given.get(tag.key.toLowerCase()) ?? tag),
    ...[...given].filter(([key]) => !known.has(key)).map(([, tag]) => tag),
  ];
  if (merged.length > IAM_LIMITS.tags) throw tooManyTags(IAM_LIMITS.tags);
  return merged;
}

export function dropTags(existing: StoredTags, keys: readonly string[]): StoredTags {
  const dropped = new Set(keys.map((key) => key.toLowerCase()));
  return existing.filter((tag) => !dropped.has(tag.key.toLowerCase()));
}

export function printTags(tags: StoredTags): Tag[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}
