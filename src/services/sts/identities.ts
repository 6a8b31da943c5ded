/** Unique ids of callers (`AIDA…`, `AROA…:session`). */
import type { Principal } from "../../wire/index.ts";
import { derivedUniqueId } from "../kit/index.ts";

/** The `UserId` of GetCallerIdentity for a caller without a session record. */
export function userIdOfPrincipal({ kind, accountId, arn }: Principal): string {
  if (arn.endsWith(":root")) return accountId;
  if (kind !== "assumed-role") return derivedUniqueId("AIDA", arn);
  const [, role = "", session = ""] = arn.split("/");
  return `${derivedUniqueId("AROA", `${accountId}/${role}`)}:${session}`;
}
