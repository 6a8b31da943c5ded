/**
 * Resource policies of functions and layer versions, as text. What a policy applies to is said by its statements' Resource,
 * so the policy of the whole function is asked about its versions and aliases as well. Decides nothing, so that the
 * language of policies is loaded by whoever has a question.
 */
import type { FunctionRecord, PolicyRecord } from "./records.ts";

/** A policy that was put whole begins with what it said; one that was built from permissions, as AWS begins it. */
export function policyText({ head = { version: "2012-10-17", id: "default" }, statements }: PolicyRecord): string {
  return documentText(head, statements);
}

export function policyOf(record: FunctionRecord, qualifier: string | undefined): PolicyRecord | undefined {
  return record.policies.find((policy) => policy.qualifier === qualifier);
}

const applied = new WeakMap<FunctionRecord, Map<string | undefined, string | undefined>>();

/**
 * The document of everything that decides about a function, a version or an alias; undefined where there is nothing. Worked
 * out once for each state of the function.
 */
export function appliedPolicy(record: FunctionRecord, qualifier: string | undefined): string | undefined {
  const ofRecord = applied.get(record) ?? new Map<string | undefined, string | undefined>();
  applied.set(record, ofRecord);
  if (!ofRecord.has(qualifier)) ofRecord.set(qualifier, joined(record, qualifier));
  return ofRecord.get(qualifier);
}

function joined(record: FunctionRecord, qualifier: string | undefined): string | undefined {
  const both = new Set([policyOf(record, undefined), policyOf(record, qualifier)]);
  const policies = [...both].filter((policy) => policy !== undefined);
  if (policies.length === 0) return undefined;
  const isOld = policies.every(({ head }) => head !== undefined && head.version !== "2012-10-17");
  const statements = policies.flatMap((policy) => policy.statements);
  return documentText(isOld ? {} : { version: "2012-10-17" }, uniqueSids(statements));
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
