/**
 * Managed policies by ARN: the account's own from its records, and AWS's. Any name under `arn:aws:iam::aws:policy/` is
 * taken for one of AWS's, of which there are more than a thousand; aws-managed-policies.ts has the documents of those
 * that templates commonly attach.
 */
import type { Call } from "../../wire/index.ts";
import { AWS_MANAGED_SINCE, awsManagedDocument } from "./aws-managed-policies.ts";
import { invalidArn, policyNotFound } from "./errors.ts";
import type { PolicyRecord } from "./records.ts";
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

/** The policy of this ARN, or undefined when there is none that the caller's account can use. */
export async function findPolicy(
  state: Pick<IamState, "policies">,
  call: Pick<Call, "accountId">,
  arn: string,
): Promise<PolicyRecord | undefined> {
  const { owner, path, name } = parsePolicyArn(arn);
  if (owner === "aws") return awsManagedPolicy(path, name);
  const policy = owner === call.accountId ? await state.policies.find(call, name) : undefined;
  return policy?.path === path && policy.name === name ? policy : undefined;
}

/**
 * Changes a policy of the caller's account. AWS's own and other accounts' are not there to be changed: throws what
 * `missing` makes.
 */
export async function changePolicy(
  state: Pick<IamState, "policies">,
  call: Pick<Call, "accountId">,
  arn: string,
  change: (policy: PolicyRecord) => PolicyRecord,
  missing: () => Error = () => policyNotFound(arn),
): Promise<PolicyRecord> {
  const { owner, path, name } = parsePolicyArn(arn);
  if (owner !== call.accountId) throw missing();
  const checked = (policy: PolicyRecord): PolicyRecord => {
    if (policy.path !== path || policy.name !== name) throw missing();
    return change(policy);
  };
  return state.policies.update(call, name, checked, missing);
}

/** One of AWS's policies as a record. */
export function awsManagedPolicy(path: string, name: string): PolicyRecord {
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
    versions: [{ number: 1, document: awsManagedDocument(`${path}${name}`.slice(1)), createdAt: AWS_MANAGED_SINCE }],
  };
}
