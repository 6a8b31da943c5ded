/**
 * Credentials of a function's role, for the environments that run it and for what Lambda does in its name: assumed through
 * STS's public API with the function's name as the session's, and shared while enough of their life is left.
 */
import { BoundedMap, type Clock } from "../base/index.ts";
import type { FunctionVersion, RoleCredentials } from "../environments/index.ts";
import type { CallerIdentity, ServiceClient } from "../wire/index.ts";
import { ROLE_CREDENTIALS_LIMITS } from "./limits.ts";
import { sessionName } from "./role-principal.ts";

export interface RoleCredentialsOptions {
  /** STS's API on behalf of an identity. */
  readonly stsClient: (identity: CallerIdentity) => ServiceClient<typeof import("@aws-sdk/client-sts")>;
  readonly clock: Clock;
}

/** What of a function decides which credentials it gets. */
type RoleBearer = Pick<FunctionVersion, "accountId" | "region" | "functionName" | "functionArn" | "roleArn">;

interface Issued {
  readonly credentials: RoleCredentials;
  readonly expiresAt: number;
}

/** A provider that asks STS at most once per function and role while credentials last. Rejects as STS does. */
export function roleCredentials({
  stsClient,
  clock,
}: RoleCredentialsOptions): (bearer: RoleBearer) => Promise<RoleCredentials> {
  const cache = new BoundedMap<string, Promise<Issued>>(ROLE_CREDENTIALS_LIMITS.cachedMax);

  async function assume(bearer: RoleBearer): Promise<Issued> {
    const { accountId, region, roleArn, functionName } = bearer;
    const principal = {
      kind: "service",
      accountId,
      arn: "lambda.amazonaws.com",
      sourceArn: bearer.functionArn,
      sourceAccountId: accountId,
    } as const;
    const { Credentials: issued } = await stsClient({ principal, region }).call("AssumeRole", {
      RoleArn: roleArn,
      RoleSessionName: sessionName(functionName),
      DurationSeconds: ROLE_CREDENTIALS_LIMITS.durationSeconds,
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = issued ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
      throw new Error(`STS answered AssumeRole of ${roleArn} without credentials`);
    }
    return {
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
      expiresAt: Expiration.getTime(),
    };
  }

  return async (bearer) => {
    const key = `${bearer.functionArn} ${bearer.roleArn}`;
    const cached = cache.get(key);
    if (cached !== undefined) {
      const { credentials, expiresAt } = await cached;
      if (expiresAt - clock.now() >= ROLE_CREDENTIALS_LIMITS.remainingMsMin) return credentials;
    }
    const issuing = assume(bearer);
    cache.set(key, issuing);
    try {
      return (await issuing).credentials;
    } catch (error) {
      if (cache.peek(key) === issuing) cache.delete(key);
      throw error;
    }
  };
}
