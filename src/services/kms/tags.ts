/** Tags of keys. */
import type { Handlers } from "../../wire/index.ts";
import { awsManaged, duplicateTag, reservedTag, tooManyTags } from "./errors.ts";
import { changeKey, getKey, keyArn, requireNotPending } from "./find-key.ts";
import { LIMITS } from "./limits.ts";
import { after, markerOf, pageOf } from "./pages.ts";
import type { KeyRecord } from "./records.ts";
import type { KmsClient, KmsState } from "./state.ts";

export function tagHandlers(
  state: KmsState,
): Pick<Handlers<KmsClient>, "TagResource" | "UntagResource" | "ListResourceTags"> {
  return {
    async TagResource(input, call) {
      await retag(state, await getKey(state, call, input.KeyId), (tags) => tagsOf(tags, input.Tags));
      return {};
    },

    async UntagResource(input, call) {
      const gone = new Set(input.TagKeys);
      await retag(state, await getKey(state, call, input.KeyId), (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
      return {};
    },

    async ListResourceTags(input, call) {
      const key = await getKey(state, call, input.KeyId);
      const list = `tags/${keyArn(key)}`;
      const all = Object.entries(key.tags).sort(([a], [b]) => (a < b ? -1 : 1));
      const rest = after(all, markerOf(list, input.Marker), ([name]) => name);
      const { items, end } = await pageOf(list, rest, input.Limit ?? LIMITS.grantsPage, ([name]) => name);
      return { Tags: items.map(([TagKey, TagValue]) => ({ TagKey, TagValue })), ...end };
    },
  };
}

/** `tags` with those of a request. */
export function tagsOf(
  tags: Readonly<Record<string, string>>,
  given: readonly { readonly TagKey: string; readonly TagValue: string }[],
): Record<string, string> {
  const names = given.map(({ TagKey }) => TagKey);
  if (names.some((name) => name.startsWith("aws:"))) throw reservedTag();
  if (new Set(names).size < names.length) throw duplicateTag();
  const all = { ...tags, ...Object.fromEntries(given.map(({ TagKey, TagValue }) => [TagKey, TagValue])) };
  if (Object.keys(all).length > LIMITS.tags) throw tooManyTags();
  return all;
}

function retag(
  state: KmsState,
  found: KeyRecord,
  change: (tags: KeyRecord["tags"]) => KeyRecord["tags"],
): Promise<KeyRecord> {
  return changeKey(state, found, (key) => {
    if (key.manager === "AWS") throw awsManaged(keyArn(key));
    requireNotPending(key);
    return { ...key, tags: change(key.tags) };
  });
}
