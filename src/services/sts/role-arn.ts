/** The parts of a role's ARN. Apart from who callers are, which is asked for before the client package is loaded. */
import { invalidRoleArn } from "./errors.ts";

export interface RoleName {
  readonly arn: string;
  readonly partition: string;
  readonly accountId: string;
  /** Without its path. */
  readonly name: string;
}

const ROLE_ARN = /^arn:([^:]+):iam::(\d{12}):role\/(?:[!-~]+\/)?([\w+=,.@-]{1,64})$/;

/** Throws ValidationError for what is not the ARN of a role. */
export function parseRoleArn(arn: string): RoleName {
  const [, partition, accountId, name] = ROLE_ARN.exec(arn) ?? [];
  if (partition === undefined || accountId === undefined || name === undefined) throw invalidRoleArn(arn);
  return { arn, partition, accountId, name };
}
