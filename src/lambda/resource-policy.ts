/**
 * Resource policies of functions and layer versions: as the API shows them, and as decisions need them. What a policy
 * applies to is said by its statements' Resource, so the policy of the whole function is asked about its versions and
 * aliases as well. Apart from the operations, since the data plane asks here too.
 */
import { MalformedPolicy, type Policy, parsePolicy } from "../policy/index.ts";
import type { FunctionRecord, PolicyRecord } from "./records.ts";

/** A policy that was put whole begins with what it said; one that was built from permissions, as AWS begins it. */
export function policyText({ head = { version: "2012-10-17", id: "default" }, statements }: PolicyRecord): string {
  return documentText(head, statements);
}

export function policyOf(record: FunctionRecord, qualifier: string | undefined): PolicyRecord | undefined {
  return record.policies.find((policy) => policy.qualifier === qualifier);
}

/** Everything that decides about a function, a version or an alias. */
export interface AppliedPolicy {
  readonly document: string;
  readonly policy: Policy;
}

const applied = new WeakMap<FunctionRecord, Map<string | undefined, AppliedPolicy | undefined>>();

/** Undefined where there is none. Worked out once for each state of the function. */
export function appliedPolicy(record: FunctionRecord, qualifier: string | undefined): AppliedPolicy | undefined {
  const ofRecord = applied.get(record) ?? new Map<string | undefined, AppliedPolicy | undefined>();
  applied.set(record, ofRecord);
  if (!ofRecord.has(qualifier)) ofRecord.set(qualifier, compile(record, qualifier));
  return ofRecord.get(qualifier);
}

function compile(record: FunctionRecord, qualifier: string | undefined): AppliedPolicy | undefined {
  const own = new Set([policyOf(record, undefined), policyOf(record, qualifier)]);
  const policies = [...own].filter((policy) => policy !== undefined);
  if (policies.length === 0) return undefined;
  const old = policies.every(({ head }) => head !== undefined && head.version !== "2012-10-17");
  const statements = policies.flatMap((policy) => policy.statements);
  const document = documentText(old ? {} : { version: "2012-10-17" }, uniqueSids(statements));
  try {
    return {
      document,
      policy: parsePolicy(document, "resource", { id: `${record.name}${qualifier ? `:${qualifier}` : ""}` }),
    };
  } catch (error) {
    // Earlier versions took principals that no request can have; nobody is let in by such a policy.
    if (error instanceof MalformedPolicy) return undefined;
    throw error;
  }
}

/** Two policies may use one Sid; in the document that they make together it stands for the first. */
function uniqueSids(statements: PolicyRecord["statements"]): PolicyRecord["statements"] {
  const seen = new Set<string>();
  return statements.map(({ sid, json }) => {
    if (sid === "" || !seen.has(sid)) {
      seen.add(sid);
      return { sid, json };
    }
    const { Sid: _, ...rest }: Record<string, unknown> = JSON.parse(json);
    return { sid: "", json: JSON.stringify(rest) };
  });
}

function documentText(
  { version, id }: { readonly version?: string | undefined; readonly id?: string | undefined },
  statements: readonly { readonly json: string }[],
): string {
  const members = [
    ...(version === undefined ? [] : [`"Version":${JSON.stringify(version)}`]),
    ...(id === undefined ? [] : [`"Id":${JSON.stringify(id)}`]),
    `"Statement":[${statements.map(({ json }) => json).join(",")}]`,
  ];
  return `{${members.join(",")}}`;
}
