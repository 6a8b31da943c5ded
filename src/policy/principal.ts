/**
 * The Principal and NotPrincipal elements. How a principal is named decides what its grant is worth: by its own ARN it is
 * given to it, by its account's it is only handed to the account. Source: IAM User Guide, "AWS JSON policy elements:
 * Principal" and "NotPrincipal".
 */
import type { RequestPrincipal } from "./types.ts";

/** The ways in which an element can name who asks, from the widest to the narrowest. */
export type Naming =
  /** Not at all. */
  | "none"
  /** Its account, whose own policies then say who may. */
  | "account"
  /** Everybody. */
  | "everyone"
  /** The role that a session was made of. */
  | "role"
  /** Exactly itself: a user, a session, a service, a provider. */
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

const NAMINGS: readonly Naming[] = ["none", "account", "everyone", "role", "itself"];

/** How a statement of this effect names the principal; `none` where it does not apply to it. */
export function namingOf(test: PrincipalTest, effect: "Allow" | "Deny", principal: RequestPrincipal): Naming {
  if (!test.not) return strongest(namings(test, principal));
  const named = names(principal);
  const listed = named.filter((name) => isListed(test, principal, name));
  // Whoever is excepted from a denial has to be listed with its account (and its role); from a grant, any of them does.
  const excepted =
    test.everyone || (effect === "Deny" ? listed.length === named.length && named.length > 0 : listed.length > 0);
  return excepted ? "none" : "everyone";
}

function strongest(found: readonly Naming[]): Naming {
  return found.reduce<Naming>(
    (best, naming) => (NAMINGS.indexOf(naming) > NAMINGS.indexOf(best) ? naming : best),
    "none",
  );
}

function namings(test: PrincipalTest, principal: RequestPrincipal): readonly Naming[] {
  const found: Naming[] = test.everyone ? ["everyone"] : [];
  switch (principal.kind) {
    case "anonymous":
      return found;
    case "service":
      if (test.services.has(principal.service)) found.push("itself");
      else if (test.services.has("*")) found.push("everyone");
      return found;
    case "federated":
      if (test.federated.has(principal.provider)) found.push("itself");
      else if (test.federated.has("*")) found.push("everyone");
      return found;
    case "root":
      if (test.aws.has(principal.accountId)) found.push("itself");
      return found;
    default:
      break;
  }
  if (test.aws.has(principal.accountId)) found.push("account");
  if (test.aws.has(principal.arn)) found.push("itself");
  if (
    principal.kind === "user" &&
    principal.canonicalId !== undefined &&
    test.canonicalUsers.has(principal.canonicalId)
  ) {
    found.push("itself");
  }
  if (principal.kind === "assumed-role" && test.aws.has(principal.roleArn)) found.push("role");
  if (principal.kind === "federated-user" && principal.userArn !== undefined && test.aws.has(principal.userArn)) {
    found.push("role");
  }
  return found;
}

/** Everything that a principal answers to. */
function names(principal: RequestPrincipal): readonly string[] {
  switch (principal.kind) {
    case "anonymous":
      return [];
    case "service":
      return [principal.service];
    case "federated":
      return [principal.provider];
    case "root":
      return [principal.accountId];
    case "user":
      return [principal.accountId, principal.arn];
    case "assumed-role":
      return [principal.accountId, principal.roleArn, principal.arn];
    case "federated-user":
      return [principal.accountId, ...(principal.userArn === undefined ? [] : [principal.userArn]), principal.arn];
  }
}

function isListed(test: PrincipalTest, principal: RequestPrincipal, name: string): boolean {
  if (principal.kind === "service") return test.services.has(name);
  if (principal.kind === "federated") return test.federated.has(name);
  return test.aws.has(name);
}
