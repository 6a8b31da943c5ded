/** Unique ids of callers (`AIDA…`, `AROA…:session`) and the parts of a role's ARN. */
import { createHash } from "node:crypto";
import type { Principal } from "../../wire/index.ts";
import { invalidRoleArn } from "./errors.ts";

export interface RoleName {
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
  return { partition, accountId, name };
}

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID_LENGTH = 17;

/** An id in AWS's form that always stands for the same thing: for callers that no service has given an id. */
export function derivedId(prefix: "AIDA" | "AROA", identity: string): string {
  const digest = createHash("sha256").update(identity).digest();
  let id: string = prefix;
  for (const byte of digest.subarray(0, ID_LENGTH)) id += ID_ALPHABET[byte & 31];
  return id;
}

/** The `UserId` of GetCallerIdentity for a caller without a session record. */
export function userIdOfPrincipal({ kind, accountId, arn }: Principal): string {
  if (arn.endsWith(":root")) return accountId;
  if (kind !== "assumed-role") return derivedId("AIDA", arn);
  const [, role = "", session = ""] = arn.split("/");
  return `${derivedId("AROA", `${accountId}/${role}`)}:${session}`;
}
