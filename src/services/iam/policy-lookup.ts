/**
 * Managed policies by ARN: the account's own from its records, and AWS's. Any name under `arn:aws:iam::aws:policy/` is
 * taken for one of AWS's, of which there are more than a thousand; aws-managed-policies.ts has the documents of those
 * that Lambda functions commonly have.
 */
import type { Call } from "../../wire/index.ts";
import { awsManagedDocument } from "./aws-managed-policies.ts";
import { invalidArn } from "./errors.ts";
import { entityPath, type PolicyRecord } from "./records.ts";
import type { IamState } from "./state.ts";

export interface PolicyArn {
  /** `aws` for AWS's own. */
  readonly owner: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly name: string;
}

const POLICY_ARN = /^arn:[^:]+:iam::(\d{12}|aws):policy(\/(?:[!-~]+\/)?)([\w+=,.@-]{1,128})$/;

/** Throws ValidationError for what is not the ARN of a policy. */
export function parsePolicyArn(arn: string): PolicyArn {
  const [, owner, path, name] = POLICY_ARN.exec(arn) ?? [];
  if (owner === undefined || path === undefined || name === undefined) throw invalidArn(arn);
  return { owner, path, name };
}

/** Where the account keeps the policy of this ARN; undefined for AWS's own and other accounts'. */
export function ownPolicyPath(call: Call, arn: string): string | undefined {
  const { owner, name } = parsePolicyArn(arn);
  return owner === call.accountId ? entityPath(owner, name) : undefined;
}

/** The policy of this ARN, or undefined when there is none. */
export async function findPolicy(state: IamState, call: Call, arn: string): Promise<PolicyRecord | undefined> {
  const { owner, path, name } = parsePolicyArn(arn);
  if (owner === "aws") return awsManagedPolicy(path, name);
  const key = ownPolicyPath(call, arn);
  const policy = key === undefined ? undefined : await state.policies.get(key);
  return policy?.path === path && policy.name === name ? policy : undefined;
}

/**
 * Changes a policy of the caller's account. AWS's own and other accounts' policies are not there to be changed: throws what
 * `missing` makes.
 */
export async function updatePolicy(
  state: IamState,
  call: Call,
  arn: string,
  missing: () => Error,
  change: (policy: PolicyRecord) => PolicyRecord,
): Promise<PolicyRecord> {
  const path = ownPolicyPath(call, arn);
  const policy = path === undefined ? undefined : await state.policies.update(path, change);
  if (policy === undefined) throw missing();
  return policy;
}

/** When IAM began to have managed policies; AWS's own dates are not kept here. */
const AWS_MANAGED_SINCE = Date.UTC(2015, 1, 6);

function awsManagedPolicy(path: string, name: string): PolicyRecord {
  return {
    name,
    id: `ANPA${name
      .toUpperCase()
      .replace(/[^A-Z2-7]/g, "")
      .padEnd(17, "A")
      .slice(0, 17)}`,
    path,
    createdAt: AWS_MANAGED_SINCE,
    updatedAt: AWS_MANAGED_SINCE,
    tags: [],
    defaultVersion: 1,
    nextVersion: 2,
    versions: [{ number: 1, document: awsManagedDocument(name), createdAt: AWS_MANAGED_SINCE }],
  };
}
