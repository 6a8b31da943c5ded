/**
 * Lambda's resources as policies name them: their ARNs, their tags and the policies on them, read from memory, since every
 * request asks. What does not exist has an ARN all the same, and neither tags nor a policy.
 */
import { type Call, type Need, type Place, parseArn, partitionOf } from "../../wire/index.ts";
import { capacityProviderArn, parseCapacityProvider } from "../capacity-providers/names.ts";
import { type ControlPlane, referTo } from "../control-plane.ts";
import { mappingPath } from "../mappings/records.ts";
import { functionArn, layerArn, parseLayer, qualifiedArn } from "../names.ts";
import { layerKey, placePath } from "../records.ts";
import { appliedPolicy, policyText } from "../resource-policy.ts";

/** A resource, without what is done to it. */
export type Resource = Omit<Need, "action">;

export type Resources = Pick<ControlPlane, "directory" | "layers" | "mappings" | "capacityProviders">;

interface FunctionInput {
  readonly FunctionName: string;
  readonly Qualifier?: string | undefined;
}

type Context = NonNullable<Need["context"]>;

/** The function, version or alias that is named; `whole` leaves the qualifier out. Throws AWS's refusals of names. */
export function functionResource(
  { directory }: Resources,
  { FunctionName, Qualifier }: FunctionInput,
  call: Call,
  whole = false,
): Resource {
  const { name, qualifier: given } = referTo(FunctionName, call, Qualifier);
  const qualifier = whole ? undefined : given;
  const record = directory.function(call, name);
  return {
    resource: qualifiedArn(call, name, qualifier),
    context: record === undefined ? {} : tagContext(record.tags),
    resourcePolicy: (record && appliedPolicy(record, qualifier)) ?? null,
  };
}

/** What the function's URL is opened with; undefined where it has none. */
export function urlAuthType({ directory }: Resources, input: FunctionInput, call: Call): string | undefined {
  const { name, qualifier } = referTo(input.FunctionName, call, input.Qualifier);
  return directory.function(call, name)?.urls?.find(({ alias }) => alias === qualifier)?.authType;
}

/** `number` undefined: the layer itself. What is no layer's name is refused by the operation. */
export function layerResource(
  { layers }: Resources,
  nameOrArn: string,
  number: number | undefined,
  place: Place,
): Resource {
  const reference = parseLayer(nameOrArn, place);
  if (reference === undefined) return { resource: "*" };
  const arn = layerArn(reference, reference.layerName);
  const version = number ?? reference.version;
  if (version === undefined) return { resource: arn };
  const record = layers.find(layerKey(reference, reference.layerName));
  const policy = record?.versions.find((candidate) => candidate.version === version)?.policy;
  return { resource: `${arn}:${version}`, resourcePolicy: policy === undefined ? null : policyText(policy) };
}

export function mappingResource({ mappings }: Resources, uuid: string, call: Call): Resource {
  const record = mappings.get(mappingPath(call, uuid));
  return {
    resource: lambdaArn(call, `event-source-mapping:${uuid}`),
    context: {
      ...(record && { "lambda:FunctionArn": qualifiedArn(call, record.functionName, record.qualifier) }),
      ...tagContext(record?.tags ?? {}),
    },
  };
}

export function providerResource({ capacityProviders }: Resources, nameOrArn: string, call: Call): Resource {
  const at = parseCapacityProvider(nameOrArn, call);
  const record = capacityProviders.get(placePath(at, at.name));
  return { resource: capacityProviderArn(at, at.name), context: tagContext(record?.tags ?? {}) };
}

/** Whatever has tags, by its ARN. */
export function taggedResource(resources: Resources, arn: string, call: Call): Resource {
  const [kind = "", id = ""] = (parseArn(arn)?.resource ?? "").split(":");
  if (kind === "function") return functionResource(resources, { FunctionName: arn }, call);
  if (kind === "event-source-mapping") return mappingResource(resources, id, call);
  if (kind === "capacity-provider") return providerResource(resources, arn, call);
  return { resource: arn };
}

export function lambdaArn({ region, accountId }: Place, resource: string): string {
  return `arn:${partitionOf(region)}:lambda:${region}:${accountId}:${resource}`;
}

/** `aws:ResourceTag/…` */
export function tagContext(tags: Readonly<Record<string, string>>): Context {
  return prefixed("aws:ResourceTag", tags);
}

/** `aws:RequestTag/…` and `aws:TagKeys`. */
export function requestTagContext(tags: Readonly<Record<string, string>> | undefined): Context {
  const keys = Object.keys(tags ?? {});
  return keys.length === 0 ? {} : { ...prefixed("aws:RequestTag", tags ?? {}), "aws:TagKeys": keys };
}

function prefixed(prefix: string, tags: Readonly<Record<string, string>>): Context {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));
}

/** The ARN of the function that a name of any form names, without its qualifier. */
export function functionArnOf(name: string, call: Call): string {
  const reference = referTo(name, call);
  return functionArn(reference, reference.name);
}
