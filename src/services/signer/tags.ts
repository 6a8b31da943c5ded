/** Tags of signing profiles. */
import type { Handlers, Place } from "../../wire/index.ts";
import { taggedNotFound, tooManyTags } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { type ProfileRecord, rowPath } from "./records.ts";
import { resourceOf, type SignerClient, type SignerState } from "./state.ts";

export function tagHandlers(
  state: SignerState,
): Pick<Handlers<SignerClient>, "TagResource" | "UntagResource" | "ListTagsForResource"> {
  return {
    async TagResource(input, call) {
      await retag(state, call, input.resourceArn, (tags) => tagsOf(tags, input.tags));
      return {};
    },

    async UntagResource(input, call) {
      const gone = new Set(input.tagKeys);
      await retag(state, call, input.resourceArn, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
      return {};
    },

    async ListTagsForResource(input, call) {
      const profile = await state.profiles.get(pathOf(call, input.resourceArn));
      if (profile === undefined) throw taggedNotFound(input.resourceArn);
      return { tags: { ...profile.tags } };
    },
  };
}

export function tagsOf(
  tags: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const all = { ...tags, ...given };
  if (Object.keys(all).length > LIMITS.tags) throw tooManyTags(LIMITS.tags);
  return all;
}

async function retag(
  state: SignerState,
  call: Place,
  arn: string,
  change: (tags: ProfileRecord["tags"]) => ProfileRecord["tags"],
): Promise<void> {
  const path = pathOf(call, arn);
  const changed = await state.profiles.update(path, (profile) => ({ ...profile, tags: change(profile.tags) }));
  if (changed === undefined) throw taggedNotFound(arn);
}

/** Of the caller's own profile. */
function pathOf(call: Place, arn: string): string {
  const named = resourceOf(arn);
  const isHere = named?.place.accountId === call.accountId && named.place.region === call.region;
  if (!isHere || named.kind !== "signing-profiles" || named.name === "") throw taggedNotFound(arn);
  return rowPath(call, named.name);
}
