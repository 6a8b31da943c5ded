/**
 * What this room asks of whoever keeps users, roles, keys and sessions. It looks nothing up by itself, so that it can be
 * tested alone and works over any store.
 */
import type { Policy, RequestPrincipal } from "../policy/index.ts";
import type { Principal } from "../wire/index.ts";

/** What it takes to verify a signature. */
export interface KeySecret {
  readonly principal: Principal;
  readonly secretAccessKey: string;
  /** Only temporary credentials have one, and then it must have come with the request. */
  readonly sessionToken: string | undefined;
  /** Epoch milliseconds, of temporary credentials. */
  readonly expiresAt: number | undefined;
  /** False for a key that is switched off. */
  readonly active: boolean;
  /** As GetCallerIdentity shows it. */
  readonly userId: string;
}

/** What applies to a principal. */
export interface PrincipalPolicies {
  readonly principal: RequestPrincipal;
  readonly userId: string;
  readonly identity: readonly Policy[];
  readonly boundary: Policy | undefined;
  readonly session: readonly Policy[] | undefined;
  readonly tags: ReadonlyMap<string, string>;
  /** Of a session. */
  readonly facts:
    | {
        /** Epoch milliseconds. */
        readonly issuedAt: number | undefined;
        readonly sourceIdentity: string | undefined;
        readonly federatedProvider: string | undefined;
        readonly sourceFunctionArn?: string | undefined;
      }
    | undefined;
}

export interface Identities {
  /** Undefined for keys that nobody issued here. `partition` is that of the user's ARN. */
  secretOf(accessKeyId: string, partition: string): Promise<KeySecret | undefined>;
  /** Undefined for a principal that nobody keeps a record of. */
  policiesOf(principal: Principal): Promise<PrincipalPolicies | undefined>;
}
