/** Unique ids of callers (`AIDA…`, `AROA…:session`) and the parts of a role's ARN. */
import type { Principal } from "../../wire/index.ts";
import { derivedUniqueId } from "../kit/index.ts";
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

/** The `UserId` of GetCallerIdentity for a caller without a session record. */
export function userIdOfPrincipal({ kind, accountId, arn }: Principal): string {
  if (arn.endsWith(":root")) return accountId;
  if (kind !== "assumed-role") return derivedUniqueId("AIDA", arn);
  const [, role = "", session = ""] = arn.split("/");
  return `${derivedUniqueId("AROA", `${accountId}/${role}`)}:${session}`;
}
