/**
 * Temporary credentials: issued here, and turned back into the principal that they stand for. The resolver is what the
 * wire asks for every request signed with an `ASIA…` key. Invariant: credentials resolve only together with their own
 * session token, and only until they expire.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { BoundedMap, type Clock, type Random } from "../../base/index.ts";
import type { RecordTable } from "../../store/index.ts";
import type { Principal } from "../../wire/index.ts";
import { makeAccessKeyId, type SessionFacts, TEMPORARY_KEY_PREFIX } from "../kit/index.ts";
import { STS_LIMITS } from "./limits.ts";
import { type SessionRecord, sessionTable } from "./records.ts";
import type { StsPorts } from "./state.ts";

export interface IssuedCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: Date;
}

/** Who the credentials are for, and what limits them. */
export type SessionIdentity = Omit<SessionRecord, "secretAccessKey" | "sessionToken" | "issuedAt" | "expiresAt">;

const SECRET_BYTES = 30;
const TOKEN_BYTES = 192;

export class Sessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #table: RecordTable<SessionRecord>;
  readonly #remembered = new BoundedMap<string, SessionRecord>(STS_LIMITS.rememberedSessionsMax);

  constructor({ store, clock, random }: StsPorts) {
    this.#clock = clock;
    this.#random = random;
    this.#table = sessionTable(store);
  }

  async issue(identity: SessionIdentity, durationSeconds: number): Promise<IssuedCredentials> {
    const accessKeyId = makeAccessKeyId(this.#random, TEMPORARY_KEY_PREFIX, identity.accountId);
    const ttlMs = durationSeconds * 1000;
    const issuedAt = this.#clock.now();
    const session: SessionRecord = {
      ...identity,
      secretAccessKey: this.#randomBase64(SECRET_BYTES),
      sessionToken: `IQoJb3JpZ2luX2Vj${this.#randomBase64(TOKEN_BYTES)}`,
      issuedAt,
      expiresAt: issuedAt + ttlMs,
    };
    await this.#table.create(accessKeyId, session, { ttlMs });
    this.#remembered.set(accessKeyId, session);
    return {
      AccessKeyId: accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      // AWS prints whole seconds.
      Expiration: new Date(Math.floor(session.expiresAt / 1000) * 1000),
    };
  }

  /** The session of these credentials, or undefined when they are unknown, expired, or the token is not theirs. */
  async find(accessKeyId: string, sessionToken: string | undefined): Promise<SessionRecord | undefined> {
    // Every signed request comes through here: keys that STS never issues must not cost a look at the store.
    if (sessionToken === undefined || !accessKeyId.startsWith(TEMPORARY_KEY_PREFIX)) return undefined;
    const session = await this.#session(accessKeyId);
    if (session === undefined || session.expiresAt <= this.#clock.now()) return undefined;
    return equalSecrets(session.sessionToken, sessionToken) ? session : undefined;
  }

  /** What is known of the session, whatever token came with its key. */
  async factsOf(accessKeyId: string): Promise<SessionFacts | undefined> {
    if (!accessKeyId.startsWith(TEMPORARY_KEY_PREFIX)) return undefined;
    const session = await this.#session(accessKeyId);
    return session && factsOf(accessKeyId, session);
  }

  /** The session that a key id names, for a caller that the wire has resolved already. */
  async #session(accessKeyId: string): Promise<SessionRecord | undefined> {
    const remembered = this.#remembered.get(accessKeyId);
    if (remembered !== undefined) return remembered;
    const session = await this.#table.get(accessKeyId);
    if (session !== undefined) this.#remembered.set(accessKeyId, session);
    return session;
  }

  /** The `UserId` of a resolved caller, when it came with credentials of ours. */
  async userIdOf(principal: Principal): Promise<string | undefined> {
    if (principal.accessKeyId === undefined) return undefined;
    const session = await this.#session(principal.accessKeyId);
    return session?.arn === principal.arn ? session.userId : undefined;
  }

  #randomBase64(byteLength: number): string {
    return Buffer.from(this.#random.hex(byteLength), "hex").toString("base64");
  }
}

function factsOf(accessKeyId: string, session: SessionRecord): SessionFacts {
  const { kind, accountId, arn } = session;
  return {
    principal: { kind, accountId, arn, accessKeyId },
    userId: session.userId,
    secretAccessKey: session.secretAccessKey,
    sessionToken: session.sessionToken,
    issuedAt: session.issuedAt,
    expiresAt: session.expiresAt,
    roleArn: session.roleArn,
    userArn: session.userArn,
    policies: session.policies,
    policyArns: session.policyArns,
    tags: session.tags ?? {},
    transitiveTagKeys: session.transitiveTagKeys ?? [],
    sourceIdentity: session.sourceIdentity,
    federatedProvider: session.federatedProvider,
    sourceFunctionArn: session.sourceFunctionArn,
  };
}

function equalSecrets(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
