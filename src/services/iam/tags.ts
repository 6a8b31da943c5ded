/**
 * Tags of users, roles, policies, instance profiles and providers. Keys differ by more than case; an existing key in
 * another case keeps its place.
 */
import type { Tag } from "@aws-sdk/client-iam";
import { duplicateTagKeys, tooManyTags } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import { type PageInput, takePageOf } from "./pages.ts";
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

/** A change of a record's tags, for `update`. */
export function tagging<T extends { readonly tags: StoredTags }>(tags: readonly TagInput[]): (record: T) => T {
  return (record) => ({ ...record, tags: mergeTags(record.tags, tags) });
}

/** The same for tags that go. */
export function untagging<T extends { readonly tags: StoredTags }>(keys: readonly string[]): (record: T) => T {
  return (record) => ({ ...record, tags: dropTags(record.tags, keys) });
}

export function printTags(tags: StoredTags): Tag[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

/** As a member that is left out where there are none. */
export function printTagsMember(tags: StoredTags): { readonly Tags?: Tag[] } {
  return tags.length === 0 ? {} : { Tags: printTags(tags) };
}

export async function pageOfTags(
  input: PageInput,
  tags: StoredTags,
): Promise<{ Tags: Tag[]; IsTruncated: boolean; Marker?: string }> {
  const { items, ...rest } = await takePageOf(input, printTags(tags), (tag) => tag.Key ?? "");
  return { Tags: items, ...rest };
}
