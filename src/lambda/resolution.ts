/**
 * What a function's name and qualifier lead to: everything that running one invocation needs to know, or why it leads
 * nowhere. Pure, from one state of the function's record.
 */
import type { FunctionVersion } from "../environments/index.ts";
import type { Place } from "../wire/index.ts";
import { deadLetterTargetOf } from "./dead-letter-target.ts";
import { type FunctionReference, LATEST, qualifiedArn, type ReferenceProblem } from "./names.ts";
import { provisionedFor, provisionedTotal, scalingOf } from "./provisioned-settings.ts";
import type { EventInvokeRecord, FunctionRecord, VersionState } from "./records.ts";

/** Of a version whose code stays in S3 and cannot be read there. AWS's words are not known. */
export const SOURCE_LOST: VersionState = {
  name: "Inactive",
  reason:
    "Lambda has lost access to the function's code in Amazon S3. Restore access to the source object and update the function.",
};

/** Everything that running one invocation needs to know. */
export interface Resolved {
  readonly kind: "resolved";
  readonly version: FunctionVersion;
  /** `$LATEST` or a number; for X-Amz-Executed-Version. */
  readonly executedVersion: string;
  /** As the function sees it: with the qualifier that the caller used. */
  readonly invokedFunctionArn: string;
  /** Always qualified, `$LATEST` when the caller named nothing. */
  readonly qualifiedArn: string;
  readonly qualifier: string;
  readonly reservedConcurrency: number | undefined;
  /** Provisioned concurrency that serves this qualifier; `key` tells settings apart, an alias's from its version's. */
  readonly provisioned: { readonly key: string; readonly requested: number } | undefined;
  /** Sum of all provisioned concurrency of the function. */
  readonly provisionedTotal: number;
  /** Environments of this version that may run at once, where its scaling settings say so. */
  readonly maxEnvironments: number | undefined;
  /** What becomes of an invocation that is part of a recursive loop. */
  readonly recursiveLoop: "Terminate" | "Allow";
  /** A published version is always Active; $LATEST is whatever it is to be invoked as. */
  readonly state: VersionState;
  /** Settings for asynchronous invocations of this qualifier. */
  readonly eventInvoke: EventInvokeRecord | undefined;
  /** Queue or topic for events that failed for good. All versions use that of $LATEST. */
  readonly deadLetterTarget: string | undefined;
}

export type Resolution =
  | Resolved
  | { readonly kind: "not-found"; readonly arn: string }
  /** On a capacity provider runs only what is published: `$LATEST` was named, or nothing and nothing is published. */
  | { readonly kind: "latest-unpublished" | "no-published-version" }
  | ReferenceProblem;

export interface ResolveRequest extends Place {
  /** Any form that AWS accepts. */
  readonly functionName: string;
  readonly qualifier?: string | undefined;
}

/** `version` is what `executedVersion`, the qualifier's version, is run as. */
export function resolved(
  record: FunctionRecord,
  reference: FunctionReference,
  version: FunctionVersion,
  executedVersion: string,
): Resolved {
  const qualifier = reference.qualifier ?? LATEST;
  return {
    kind: "resolved",
    version,
    executedVersion,
    invokedFunctionArn: qualifiedArn(reference, reference.name, reference.qualifier),
    qualifiedArn: qualifiedArn(reference, reference.name, qualifier),
    qualifier,
    reservedConcurrency: record.reservedConcurrency,
    provisioned: provisionedFor(record, qualifier, executedVersion),
    provisionedTotal: provisionedTotal(record),
    maxEnvironments: scalingOf(record, executedVersion)?.maxEnvironments,
    recursiveLoop: record.recursiveLoop ?? "Terminate",
    state: stateOf(record, executedVersion),
    eventInvoke: record.eventInvoke.find((config) => config.qualifier === qualifier),
    deadLetterTarget: deadLetterTargetOf(record.latest.settings),
  };
}

function stateOf(record: FunctionRecord, version: string): VersionState {
  if (record.lostSources?.includes(version)) return SOURCE_LOST;
  return version === LATEST && record.serving === undefined ? record.latest.state : { name: "Active" };
}
