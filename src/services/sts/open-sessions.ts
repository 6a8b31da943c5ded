/**
 * Whose temporary credentials are, from the store that the STS service writes to. What reads them is loaded by the first key
 * that looks as if STS had issued it.
 */
import type { Principal } from "../../wire/index.ts";
import { type FindSession, TEMPORARY_KEY_PREFIX } from "../kit/index.ts";
import type { Sessions } from "./sessions.ts";
import type { StsPorts } from "./state.ts";

/** Turns the credentials of a request into its principal; undefined when they are not (or no longer) ours. */
export type SessionResolver = (accessKeyId: string, sessionToken: string | undefined) => Promise<IssuedKey | undefined>;

/** What is known of an access key that STS issued. */
export interface IssuedKey {
  readonly principal: Principal;
  readonly secretAccessKey: string;
  /** `AROA…:session`, as GetCallerIdentity shows it. */
  readonly userId: string;
}

export function createSessionResolver(ports: StsPorts): SessionResolver {
  const sessions = sessionsOf(ports);
  return async (accessKeyId, sessionToken) => {
    if (!accessKeyId.startsWith(TEMPORARY_KEY_PREFIX)) return undefined;
    const session = await (await sessions()).find(accessKeyId, sessionToken);
    if (session === undefined) return undefined;
    const { kind, accountId, arn, userId, secretAccessKey } = session;
    return { principal: { kind, accountId, arn, accessKeyId }, secretAccessKey, userId };
  };
}

export function createSessionFinder(ports: StsPorts): FindSession {
  const sessions = sessionsOf(ports);
  return async (accessKeyId) =>
    accessKeyId.startsWith(TEMPORARY_KEY_PREFIX) ? (await sessions()).factsOf(accessKeyId) : undefined;
}

function sessionsOf(ports: StsPorts): () => Promise<Sessions> {
  let opened: Promise<Sessions> | undefined;
  return () => {
    opened ??= import("./sessions.ts").then(({ Sessions }) => new Sessions(ports));
    return opened;
  };
}
