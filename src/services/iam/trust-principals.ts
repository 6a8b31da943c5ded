/**
 * Trust policies as IAM takes them: well-formed, and naming principals that exist. Of other accounts nothing is known here,
 * so their principals are taken as they are. The user `lambent`, whom callers without a record are, always exists.
 */
import { type Call, parseArn, userOf } from "../../wire/index.ts";
import { invalidPrincipal } from "./errors.ts";
import { checkTrustPolicy } from "./policy-documents.ts";
import type { IamState } from "./state.ts";

const SERVICE = /^[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$/;

/** Throws MalformedPolicyDocument or LimitExceeded. */
export async function checkTrust(state: IamState, call: Call, document: string): Promise<void> {
  for (const { principal } of checkTrustPolicy(document).statements) {
    for (const service of principal?.services ?? []) {
      if (!SERVICE.test(service)) throw invalidPrincipal("SERVICE", service);
    }
    for (const name of principal?.aws ?? []) {
      if (name.startsWith("arn:") && !(await exists(state, call, name))) throw invalidPrincipal("AWS", name);
    }
  }
}

async function exists(state: IamState, call: Call, principal: string): Promise<boolean> {
  const { accountId, resource = "" } = parseArn(principal) ?? {};
  if (accountId !== call.accountId) return true;
  const [kind, ...rest] = resource.split("/");
  const name = rest.at(-1) ?? "";
  const path = ["", ...rest.slice(0, -1), ""].join("/");
  switch (kind) {
    case "user":
      if (principal === userOf(accountId, call.region).arn || principal === call.principal.arn) return true;
      return (await state.users.find(call, name))?.path === path;
    case "role":
      return (await state.roles.find(call, name))?.path === path;
    case "assumed-role":
      return rest.length === 2 && (await state.roles.find(call, rest[0] ?? "")) !== undefined;
    case "federated-user":
      return rest.length === 1 && name !== "";
    default:
      return false;
  }
}
