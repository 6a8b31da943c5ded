/** TagResource, UntagResource, ListTags, of every kind of resource that has tags. Each kind says how its tags are changed. */
import type { JsonValue } from "../base/index.ts";
import { type Call, type Handlers, type Place, parseArn } from "../wire/index.ts";
import { type ControlPlane, changeFunction, getFunction, type LambdaModule, referTo } from "./control-plane.ts";
import { invalidParameter, notFound } from "./errors.ts";
import { mappingPath } from "./mappings/records.ts";
import type { FunctionReference } from "./names.ts";
import { placePath } from "./records.ts";
import type { ShownTable } from "./shown-table.ts";
import { requireTags, type Tags } from "./tag-limits.ts";

/** The tags of one resource. Both throw AWS's not-found. */
interface Tagged {
  read(): Promise<Tags>;
  change(change: (tags: Tags) => Tags): Promise<void>;
}

export function tagHandlers(
  plane: ControlPlane,
): Pick<Handlers<LambdaModule>, "TagResource" | "UntagResource" | "ListTags"> {
  return {
    async TagResource(input, call) {
      const tagged = taggedBy(plane, input.Resource, call);
      if (Object.keys(input.Tags).length === 0) {
        throw invalidParameter("An error occurred and the request cannot be processed.");
      }
      await tagged.change((tags) => requireTags(plane, { ...tags, ...input.Tags }));
      return {};
    },

    async UntagResource(input, call) {
      const gone = new Set(input.TagKeys);
      await taggedBy(plane, input.Resource, call).change((tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
      return {};
    },

    async ListTags(input, call) {
      return { Tags: { ...(await taggedBy(plane, input.Resource, call).read()) } };
    },
  };
}

function taggedBy(plane: ControlPlane, arn: string, call: Call): Tagged {
  const { region, accountId, resource = "" } = parseArn(arn) ?? {};
  const [kind = "", id = ""] = resource.split(":");
  if (kind === "function") return taggedFunction(plane, taggableFunction(arn, call));
  const isHere = region === call.region && accountId === call.accountId;
  const missing = (name: string): Error => notFound(`${name} not found: ${arn}`);
  if (kind === "event-source-mapping") {
    const path = isHere ? mappingPath(call, id) : "";
    return taggedRow(plane.mappings, path, () => missing("Event source mapping"));
  }
  if (kind === "capacity-provider") {
    const path = isHere ? placePath(call, id) : "";
    return taggedRow(plane.capacityProviders, path, () => missing("Capacity provider"));
  }
  if (kind === "code-signing-config") {
    const path = isHere ? placePath(call, id) : "";
    return taggedRow(plane.codeSigning, path, () => missing("Code signing config"));
  }
  throw missing(UNTAGGED[kind] ?? "Resource");
}

/** Taggable things that do not exist here yet, in AWS's words. */
const UNTAGGED: Readonly<Record<string, string>> = {
  "network-connector": "Network connector",
};

/** Resources whose records have their tags as a member. */
function taggedRow<T extends { readonly [member: string]: JsonValue; readonly tags: Tags }>(
  table: ShownTable<T>,
  path: string,
  missing: () => Error,
): Tagged {
  return {
    async read() {
      const row = table.get(path);
      if (row === undefined) throw missing();
      return row.tags;
    },
    async change(change) {
      await table.change(path, (row) => {
        if (row === undefined) throw missing();
        return { ...row, tags: change(row.tags) };
      });
    },
  };
}

function taggableFunction(arn: string, place: Place): FunctionReference {
  const reference = referTo(arn, place);
  if (reference.qualifier === undefined) return reference;
  throw invalidParameter("Tags on function aliases and versions are not supported. Please specify a function ARN.");
}

/** Tags belong to $LATEST's revision, not to what environments are made of. */
function taggedFunction(plane: ControlPlane, reference: FunctionReference): Tagged {
  return {
    read: async () => (await getFunction(plane, reference)).record.tags,
    async change(change) {
      await changeFunction(plane, reference, (record) => ({
        ...record,
        tags: change(record.tags),
        latest: { ...record.latest, revisionId: plane.random.uuid() },
      }));
    },
  };
}
