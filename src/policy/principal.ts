/**
 * The Principal and NotPrincipal elements. How a principal is named decides what its grant is worth: by its own ARN, or with
 * everybody, it is given to it; by its account's it is only handed to the account. Source: IAM User Guide, "AWS JSON policy
 * elements: Principal" and "NotPrincipal".
 */
import type { RequestPrincipal } from "./types.ts";

/** The ways in which an element can name who asks, from the weakest to the strongest. */
export type Naming =
  /** Not at all. */
  | "none"
  /** Its account, whose own policies then say who may. */
  | "account"
  /** The role or user that a session was made of. */
  | "origin"
  /** Exactly itself, or everybody. */
  | "itself";

export interface PrincipalTest {
  readonly not: boolean;
  readonly everyone: boolean;
  /** Account ids for accounts, ARNs for the rest. */
  readonly aws: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly federated: ReadonlySet<string>;
  readonly canonicalUsers: ReadonlySet<string>;
}

/**
 * How a statement names the principal; `none` where it does not apply to it. `bounded`: whether the principal has a
 * permissions boundary, which NotPrincipal always denies.
 */
export function namingOf(test: PrincipalTest, principal: RequestPrincipal, bounded: boolean): Naming {
  const names = namesOf(principal);
  if (!test.not) {
    if (test.everyone) return "itself";
    return names.findLast((name) => isListed(test, name, principal))?.naming ?? "none";
  }
  if (bounded) return "itself";
  // NotPrincipal only denies, and whoever is excepted has to be listed with its account and its role.
  const excepted = names.length > 0 && names.every((name) => isListed(test, name, principal));
  return excepted || test.everyone ? "none" : "itself";
}

interface Name {
  readonly name: string;
  readonly among: "aws" | "services" | "federated";
  readonly naming: Exclude<Naming, "none">;
}

/** Everything that a principal answers to, from the weakest naming to the strongest. */
function namesOf(principal: RequestPrincipal): readonly Name[] {
  switch (principal.kind) {
    case "anonymous":
      return [];
    case "service":
      return [{ name: principal.service, among: "services", naming: "itself" }];
    case "federated":
      return [{ name: principal.provider, among: "federated", naming: "itself" }];
    case "root":
      return [aws(principal.accountId, "itself")];
    case "user":
      return [aws(principal.accountId, "account"), aws(principal.arn, "itself")];
    case "assumed-role":
      return [aws(principal.accountId, "account"), aws(principal.roleArn, "origin"), aws(principal.arn, "itself")];
    case "federated-user":
      return [
        aws(principal.accountId, "account"),
        ...(principal.userArn === undefined ? [] : [aws(principal.userArn, "origin")]),
        aws(principal.arn, "itself"),
      ];
  }
}

const aws = (name: string, naming: Name["naming"]): Name => ({ name, among: "aws", naming });

function isListed(test: PrincipalTest, { name, among }: Name, principal: RequestPrincipal): boolean {
  if (test[among].has(name) || (among !== "aws" && test[among].has("*"))) return true;
  if (!("accountId" in principal) || name !== principal.accountId) return false;
  return principal.canonicalId !== undefined && test.canonicalUsers.has(principal.canonicalId);
}
