/** What a caller asks a session to be limited to and marked with: its policies and tags, checked, and their packed size. */
import { deflateRawSync } from "node:zlib";
import { MalformedPolicy, parsePolicy } from "../../policy/index.ts";
import { parseArn } from "../../wire/index.ts";
import type { SessionFacts } from "../kit/index.ts";
import {
  duplicateTagKeys,
  invalidPolicyArn,
  malformedPolicy,
  packedTooLarge,
  transitiveTagMissing,
  transitiveTagTaken,
} from "./errors.ts";
import { STS_LIMITS } from "./limits.ts";
import type { SessionRecord } from "./records.ts";

export interface LimitsInput {
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly { readonly arn?: string | undefined }[] | undefined;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[] | undefined;
  readonly TransitiveTagKeys?: readonly string[] | undefined;
}

export interface SessionLimits {
  /** Members of the session's record. */
  readonly stored: Pick<SessionRecord, "policies" | "policyArns" | "tags" | "transitiveTagKeys">;
  /** Member of the answer: percent of what a session may hold. */
  readonly size: { readonly PackedPolicySize?: number };
}

/** `caller` is the session that calls. Throws MalformedPolicyDocument, PackedPolicyTooLarge, InvalidParameterValue. */
export function sessionLimits(input: LimitsInput, caller?: SessionFacts): SessionLimits {
  if (input.Policy !== undefined) checkPolicy(input.Policy);
  const policyArns = input.PolicyArns?.map(({ arn = "" }) => checkedArn(arn));
  const tags = sessionTags(input, caller);
  return {
    stored: {
      ...(input.Policy === undefined ? {} : { policies: [input.Policy] }),
      ...(policyArns === undefined ? {} : { policyArns }),
      ...tags,
    },
    size: packedSize(input),
  };
}

function checkPolicy(document: string): void {
  try {
    parsePolicy(document, "identity");
  } catch (error) {
    if (error instanceof MalformedPolicy) throw malformedPolicy(error.message);
    throw error;
  }
}

function checkedArn(arn: string): string {
  const { service, resource = "" } = parseArn(arn) ?? {};
  if (service !== "iam" || !resource.startsWith("policy/")) throw invalidPolicyArn(arn);
  return arn;
}

/** The tags that are asked for, over those that pass from the calling session on. */
function sessionTags(
  { Tags: asked = [], TransitiveTagKeys: passing = [] }: LimitsInput,
  caller: SessionFacts | undefined,
): Pick<SessionRecord, "tags" | "transitiveTagKeys"> {
  const keys = asked.map((tag) => tag.Key.toLowerCase());
  if (new Set(keys).size < keys.length) throw duplicateTagKeys();
  if (!passing.every((key) => keys.includes(key.toLowerCase()))) throw transitiveTagMissing();
  const inherited = caller?.transitiveTagKeys ?? [];
  if (inherited.some((key) => keys.includes(key.toLowerCase()))) throw transitiveTagTaken();
  if (asked.length === 0 && inherited.length === 0) return {};
  const kept = Object.entries(caller?.tags ?? {}).filter(([key]) => inherited.includes(key));
  return {
    tags: Object.fromEntries([...kept, ...asked.map(({ Key, Value }) => [Key, Value] as const)]),
    transitiveTagKeys: [...inherited, ...passing],
  };
}

function packedSize({ Policy, PolicyArns, Tags }: LimitsInput): { readonly PackedPolicySize?: number } {
  if (Policy === undefined && PolicyArns === undefined && Tags === undefined) return {};
  const bytes = deflateRawSync(JSON.stringify([Policy, PolicyArns, Tags])).length;
  const percent = Math.ceil((100 * bytes) / STS_LIMITS.packedBytesMax);
  if (percent > 100) throw packedTooLarge(percent);
  return { PackedPolicySize: percent };
}
