/** TagResource, UntagResource, ListTags: of functions so far, as they are what exists here. */
import { type Handlers, type Place, parseArn } from "../wire/index.ts";
import { type ControlPlane, changeFunction, getFunction, type LambdaModule, referTo } from "./control-plane.ts";
import { invalidParameter, notFound, tooManyTags } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { FunctionReference } from "./names.ts";
import type { FunctionRecord } from "./records.ts";

export function tagHandlers(
  plane: ControlPlane,
): Pick<Handlers<LambdaModule>, "TagResource" | "UntagResource" | "ListTags"> {
  return {
    async TagResource(input, call) {
      const reference = taggable(input.Resource, call);
      if (Object.keys(input.Tags).length === 0) {
        throw invalidParameter("An error occurred and the request cannot be processed.");
      }
      await changeFunction(plane, reference, (record) => {
        const tags = { ...record.tags, ...input.Tags };
        if (Object.keys(tags).length > LIMITS.tags) throw tooManyTags();
        return retagged(plane, record, tags);
      });
      return {};
    },

    async UntagResource(input, call) {
      const reference = taggable(input.Resource, call);
      const gone = new Set(input.TagKeys);
      await changeFunction(plane, reference, (record) => {
        const left = Object.entries(record.tags).filter(([key]) => !gone.has(key));
        return retagged(plane, record, Object.fromEntries(left));
      });
      return {};
    },

    async ListTags(input, call) {
      const { record } = await getFunction(plane, taggable(input.Resource, call));
      return { Tags: { ...record.tags } };
    },
  };
}

/** Taggable things that do not exist here yet, in AWS's words. */
const KINDS: Readonly<Record<string, string>> = {
  "event-source-mapping": "Event source mapping",
  "capacity-provider": "Capacity provider",
  "code-signing-config": "Code signing config",
  "network-connector": "Network connector",
};

function taggable(arn: string, place: Place): FunctionReference {
  const kind = parseArn(arn)?.resource.split(":", 1)[0] ?? "";
  if (kind !== "function") throw notFound(`${KINDS[kind] ?? "Resource"} not found: ${arn}`);
  const reference = referTo(arn, place);
  if (reference.qualifier === undefined) return reference;
  throw invalidParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
}

/** Tags belong to $LATEST's revision, not to what environments are made of. */
function retagged(plane: ControlPlane, record: FunctionRecord, tags: FunctionRecord["tags"]): FunctionRecord {
  return { ...record, tags, latest: { ...record.latest, revisionId: plane.random.uuid() } };
}
