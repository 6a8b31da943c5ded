/**
 * Whether a signature is what its key would make of the request as it came: scope, time, signed headers, body and the
 * signature itself, compared in constant time. Who may do what is not asked here.
 */
import { hash, timingSafeEqual } from "node:crypto";
import {
  mismatch,
  queryPairs,
  type RequestHead,
  type SignatureClaim,
  type SignatureProblem,
} from "./read-signature.ts";

export interface SignedRequest extends RequestHead {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  /** The whole of it, as it was sent. */
  readonly body: Uint8Array;
}

export interface Expectation {
  /** Signing name of the service that was called. */
  readonly service: string;
  readonly region: string;
  /** Of the claim's access key. Undefined for a key that is not known here: then only its signature goes unchecked. */
  readonly secretAccessKey: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** How far a client's clock may be off (AWS General Reference). */
const SKEW_MS = 15 * 60_000;

/** Undefined when the signature holds. */
export async function verifySignature(
  claim: SignatureClaim,
  request: SignedRequest,
  expectation: Expectation,
): Promise<SignatureProblem | undefined> {
  const problem = scopeProblem(claim, expectation) ?? timeProblem(claim, expectation.now);
  if (problem !== undefined) return problem;
  const { secretAccessKey } = expectation;
  const headers = signedHeadersOf(claim, request);
  const payloadHash = payloadHashOf(claim, request);
  if (headers === undefined || payloadHash === undefined) return mismatch();
  if (secretAccessKey === undefined) return undefined;
  const { expectedSignature } = await import("./expected-signature.ts");
  const expected = await expectedSignature(
    { method: request.method, path: request.path, query: queryOf(request.rawQuery), headers, payloadHash },
    { ...claim, secretAccessKey },
  );
  return timingSafeEqual(Buffer.from(expected), Buffer.from(claim.signature)) ? undefined : mismatch();
}

function scopeProblem(claim: SignatureClaim, { service, region }: Expectation): SignatureProblem | undefined {
  const problems = [
    ...(claim.region === region ? [] : [`Credential should be scoped to a valid region, not '${claim.region}'. `]),
    ...(claim.service === service ? [] : [`Credential should be scoped to correct service: '${service}'. `]),
    ...(claim.time.startsWith(claim.date)
      ? []
      : [
          `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.date}' != '${claim.time.slice(0, 8)}', from '${claim.time}'.`,
        ]),
  ];
  return problems.length === 0 ? undefined : { code: "InvalidSignatureException", message: problems.join("") };
}

function timeProblem({ time, expiresSeconds }: SignatureClaim, now: number): SignatureProblem | undefined {
  const signedAt = Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(signedAt)) return mismatch();
  const server = basicTime(now);
  const code = "InvalidSignatureException";
  if (signedAt > now + SKEW_MS) {
    const latest = basicTime(now + SKEW_MS);
    return { code, message: `Signature not yet current: ${time} is still later than ${latest} (${server} + 15 min.)` };
  }
  const endsAt = signedAt + (expiresSeconds === undefined ? SKEW_MS : expiresSeconds * 1000);
  if (endsAt >= now) return undefined;
  if (expiresSeconds !== undefined) {
    return { code, message: `Signature expired: ${basicTime(endsAt)} is now earlier than ${server}` };
  }
  const earliest = basicTime(now - SKEW_MS);
  return { code, message: `Signature expired: ${time} is now earlier than ${earliest} (${server} - 15 min.)` };
}

/** Undefined when one is named that did not come, or the host is not among them, which every signature must cover. */
function signedHeadersOf(
  { signedHeaders }: SignatureClaim,
  { headers }: SignedRequest,
): ReadonlyMap<string, string> | undefined {
  const signed = new Map<string, string>();
  for (const name of signedHeaders) {
    const sent = Object.hasOwn(headers, name) ? headers[name] : undefined;
    const value = name === "host" ? (headers.host ?? headers[":authority"]) : sent;
    if (value === undefined) return undefined;
    signed.set(name, Array.isArray(value) ? value.join(",") : value);
  }
  return signed.has("host") ? signed : undefined;
}

/** What the signature covers as the body; undefined when it covers another one. */
function payloadHashOf({ service }: SignatureClaim, { headers, body }: SignedRequest): string | undefined {
  const stated = headers["x-amz-content-sha256"];
  if (service === "s3" && typeof stated === "string" && !/^[0-9a-f]{64}$/.test(stated)) return stated;
  const actual = hash("sha256", body);
  return stated === undefined || stated === actual ? actual : undefined;
}

function queryOf(rawQuery: string): ReadonlyMap<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of queryPairs(rawQuery)) {
    if (name === "X-Amz-Signature") continue;
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}
