/** TagResource, UntagResource, ListTagsForResource. */
import type { Tag } from "@aws-sdk/client-ecr";
import type { Handlers } from "../../wire/index.ts";
import { invalidTags, tooManyTags } from "./errors.ts";
import { TAGS_MAX } from "./limits.ts";
import { changeRepository, type EcrClient, type EcrPorts, getRepository, nameOfArn } from "./state.ts";

type Operations = "TagResource" | "UntagResource" | "ListTagsForResource";

export function tagHandlers(ports: EcrPorts): Pick<Handlers<EcrClient>, Operations> {
  return {
    async TagResource(input, call) {
      const given = tagsOf(input.tags);
      const { accountId: registryId, name: repositoryName } = nameOfArn(input.resourceArn, call);
      await changeRepository(ports, { registryId, repositoryName }, call, (record) => {
        const tags = { ...record.tags, ...given };
        if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags();
        return { ...record, tags };
      });
      return {};
    },

    async UntagResource(input, call) {
      const { accountId: registryId, name: repositoryName } = nameOfArn(input.resourceArn, call);
      await changeRepository(ports, { registryId, repositoryName }, call, (record) => ({
        ...record,
        tags: Object.fromEntries(Object.entries(record.tags).filter(([key]) => !input.tagKeys.includes(key))),
      }));
      return {};
    },

    async ListTagsForResource(input, call) {
      const { accountId: registryId, name: repositoryName } = nameOfArn(input.resourceArn, call);
      const { tags } = await getRepository(ports, { registryId, repositoryName }, call);
      return { tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

/** Throws ECR's refusals of what no tag may be. */
export function tagsOf(tags: readonly Tag[]): Record<string, string> {
  if (tags.length > TAGS_MAX) throw tooManyTags();
  const keys = tags.map(({ Key }) => Key ?? "");
  if (new Set(keys).size < keys.length) throw invalidTags("Duplicate tag keys are not allowed");
  if (keys.some((key) => key.toLowerCase().startsWith("aws:")))
    throw invalidTags("aws: prefixed tag keys are not allowed");
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}
