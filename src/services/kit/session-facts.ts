/**
 * What is known of temporary credentials: STS issues them, IAM's directory gathers what they may do, and whoever verifies
 * signatures needs their secret. The shared type keeps those from importing each other.
 */
import type { Principal } from "../../wire/index.ts";

export interface SessionFacts {
  /** Has the access key id. */
  readonly principal: Principal;
  /** `AROA…:session`, as GetCallerIdentity shows it. */
  readonly userId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds; undefined in records of older versions. */
  readonly issuedAt: number | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Of a role's session: the role, with its path. */
  readonly roleArn: string | undefined;
  /** Of GetSessionToken and GetFederationToken: the user (or root) who asked. */
  readonly userArn: string | undefined;
  /** Documents that limit the session; undefined: it has the whole of its role's or user's permissions. */
  readonly policies: readonly string[] | undefined;
  /** Managed policies that limit the session together with `policies`. */
  readonly policyArns: readonly string[] | undefined;
  /** Session tags, by key as given. */
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
  /** ARN or host name of the identity provider behind a web identity. */
  readonly federatedProvider: string | undefined;
  /** The function whose role's session it is, of sessions that Lambda asked for. */
  readonly sourceFunctionArn: string | undefined;
}

/** Looks a session up by its access key id, whatever token came with it, expired or not. */
export type FindSession = (accessKeyId: string) => Promise<SessionFacts | undefined>;
