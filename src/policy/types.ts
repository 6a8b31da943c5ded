/**
 * What the engine is asked and what it answers. A request names a principal, one action and one resource; the policies
 * that apply to it are found by the caller, who knows where they are kept. Nothing here knows a service.
 */
import type { Policy } from "./policy.ts";

/** Whoever belongs to an account. */
interface OfAccount {
  /** 12 digits. */
  readonly accountId: string;
  readonly arn: string;
  /** The account's other name, by which S3 knows it. */
  readonly canonicalId?: string | undefined;
}

/** Who asks. */
export type RequestPrincipal =
  | { readonly kind: "anonymous" }
  /** The root user of an account; `arn` ends in `:root`. */
  | ({ readonly kind: "root" } & OfAccount)
  | ({ readonly kind: "user" } & OfAccount)
  /** `arn` is that of the session; that of the role has the role's path in it. */
  | ({ readonly kind: "assumed-role"; readonly roleArn: string } & OfAccount)
  /** A session of GetFederationToken, and the user that asked for it. */
  | ({ readonly kind: "federated-user"; readonly userArn?: string | undefined } & OfAccount)
  /** For example `s3.amazonaws.com`. */
  | { readonly kind: "service"; readonly service: string }
  /** Whom a provider vouches for: the provider's ARN, or its host name such as `cognito-identity.amazonaws.com`. */
  | { readonly kind: "federated"; readonly provider: string };

/** Values of context keys; the names in lower case, such as `aws:sourcearn` or `aws:principaltag/team`. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

export interface PolicyRequest {
  readonly principal: RequestPrincipal;
  /** For example `lambda:InvokeFunction`; its case does not matter. */
  readonly action: string;
  /** An ARN, or `*` for actions without a resource. */
  readonly resource: string;
  /**
   * What is known of the request. Of the principal's own keys (`aws:PrincipalArn`, `aws:PrincipalAccount`,
   * `aws:PrincipalType`, `aws:PrincipalIsAWSService`, `aws:username`) those that are missing follow from `principal`.
   */
  readonly context: RequestContext;
}

/** The policies that apply. What is missing does not limit; a list that is there and empty allows nothing. */
export interface ApplicablePolicies {
  /** Of the user and its groups, or of the role. */
  readonly identity?: readonly Policy[];
  readonly boundary?: Policy | undefined;
  /** Together they are one limit. */
  readonly session?: readonly Policy[] | undefined;
  /** Missing: the resource belongs to the principal's account and has no policy of its own. */
  readonly resource?: { readonly policy: Policy | undefined; readonly accountId: string } | undefined;
}

/** Where a policy stands in the evaluation. */
export type PolicySource = "identity" | "resource" | "boundary" | "session";

export interface DecidingStatement {
  readonly source: PolicySource;
  /** As given to `parsePolicy`, else the document's `Id`. */
  readonly policyId: string;
  readonly sid: string | undefined;
  /** In its document, from 0. */
  readonly index: number;
}

export interface Decision {
  readonly allowed: boolean;
  readonly outcome: "allowed" | "explicitDeny" | "implicitDeny";
  /** One sentence, for a log. */
  readonly reason: string;
  /** The denying statements of an explicit deny, the allowing ones otherwise. */
  readonly statements: readonly DecidingStatement[];
  /** Of an implicit deny: each kind of policy that would have had to allow; where one of two would do, the identity's. */
  readonly missing: readonly PolicySource[];
  /** Context keys, as written, that statements about this action and resource ask for and the request does not have. */
  readonly missingContextKeys: readonly string[];
}
