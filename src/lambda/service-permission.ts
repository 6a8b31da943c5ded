/**
 * Whether a service of AWS may invoke a function: its resource policy alone says so, by the service's principal and by what
 * made the service call. For whoever delivers events; roles that services assume to invoke are not looked at here.
 */
import { type Decision, decide, type Policy, parseKeptPolicy } from "../policy/index.ts";
import type { Place } from "../wire/index.ts";
import { type FunctionName, functionArn, parseReference, qualifiedArn } from "./names.ts";
import type { FunctionRecord } from "./records.ts";
import { appliedPolicy } from "./resource-policy.ts";

export interface ServiceCall {
  /** For example `s3.amazonaws.com`. */
  readonly service: string;
  /** What made the service call: a bucket, a topic, a rule. */
  readonly sourceArn?: string | undefined;
  /** Whose that is; 12 digits. */
  readonly sourceAccount?: string | undefined;
  /** Of Alexa: the skill's id. */
  readonly eventSourceToken?: string | undefined;
  /** Left out, `lambda:InvokeFunction`. */
  readonly action?: string | undefined;
}

export interface ServicePermissions {
  /**
   * `target` is a function as its name or ARN says it, with or without a qualifier, seen from `place`. Undefined where
   * there is no such function.
   */
  decide(place: Place, target: string, call: ServiceCall): Promise<Decision | undefined>;
}

/** What is read of the directory. */
export interface Deployed {
  function(place: Place, name: FunctionName): FunctionRecord | undefined;
}

export function decideServiceCall(
  directory: Deployed,
  place: Place,
  target: string,
  { service, sourceArn, sourceAccount, eventSourceToken, action = "lambda:InvokeFunction" }: ServiceCall,
): Decision | undefined {
  const reference = parseReference(target, place);
  if (reference.kind !== "reference") return undefined;
  const { accountId, name, qualifier } = reference;
  const record = directory.function(reference, name);
  if (record === undefined) return undefined;
  const facts = {
    "aws:sourcearn": sourceArn,
    "aws:sourceaccount": sourceAccount,
    "lambda:eventsourcetoken": eventSourceToken,
    "lambda:functionarn": functionArn(reference, name),
    "aws:resourceaccount": accountId,
  };
  const given = Object.entries(facts).flatMap(([key, value]) => (value === undefined ? [] : [[key, [value]] as const]));
  const resource = qualifiedArn(reference, name, qualifier);
  return decide(
    { principal: { kind: "service", service }, action, resource, context: new Map(given) },
    { resource: { policy: compiled(record, qualifier), accountId } },
  );
}

const known = new WeakMap<FunctionRecord, Map<string | undefined, Policy | undefined>>();

function compiled(record: FunctionRecord, qualifier: string | undefined): Policy | undefined {
  const ofRecord = known.get(record) ?? new Map<string | undefined, Policy | undefined>();
  known.set(record, ofRecord);
  if (!ofRecord.has(qualifier)) {
    const id = qualifier === undefined ? record.name : `${record.name}:${qualifier}`;
    ofRecord.set(qualifier, parseKeptPolicy(appliedPolicy(record, qualifier), "resource", id));
  }
  return ofRecord.get(qualifier);
}
