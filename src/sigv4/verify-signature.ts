/**
 * Whether a signature is what its key would make of the request as it came: scope, time, signed headers, body and the
 * signature itself, compared in constant time. Who may do what is not asked here.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { canonicalRequest, stringToSign } from "./canonical-request.ts";
import { payloadOf } from "./payload.ts";
import {
  mismatch,
  queryPairs,
  type RequestHead,
  type SignatureClaim,
  type SignatureProblem,
} from "./read-signature.ts";
import { SigningKeys, scopeText, sign } from "./signing-keys.ts";

export interface SignedHead extends RequestHead {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
}

export interface SignedRequest extends SignedHead {
  /** The whole of it, as it was sent. */
  readonly body: Uint8Array;
}

export interface Expectation {
  /** Signing names of the service that was called; the first is the one that is told. */
  readonly services: readonly string[];
  /** Undefined: any. */
  readonly region: string | undefined;
  /** Of the claim's access key. Undefined for a key that is not known here: then only its signature goes unchecked. */
  readonly secretAccessKey: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** How far a client's clock may be off. AWS: 15 for S3, STS and IAM, 5 elsewhere. */
  readonly skewMinutes: number;
}

const signingKeys = new SigningKeys();

/** Undefined when the signature holds. */
export function verifySignature(
  claim: SignatureClaim,
  request: SignedRequest,
  expectation: Expectation,
): SignatureProblem | undefined {
  const problem = claimProblem(claim, expectation);
  if (problem !== undefined) return problem;
  const payload = payloadOf(claim, request);
  const actual = hash("sha256", request.body);
  if (payload.kind === "hash" && payload.text !== actual) return mismatch();
  const payloadHash = payload.kind === "actual" ? actual : payload.text;
  return headProblem(claim, request, payloadHash, expectation.secretAccessKey);
}

/** What is wrong with the claim whatever the request: for another service, region or time. */
export function claimProblem(claim: SignatureClaim, expectation: Expectation): SignatureProblem | undefined {
  return scopeProblem(claim, expectation) ?? timeProblem(claim, expectation);
}

/** Whether method, path, query, headers and `payloadHash` are what was signed. */
export function headProblem(
  claim: SignatureClaim,
  request: SignedHead,
  payloadHash: string,
  secretAccessKey: string | undefined,
): SignatureProblem | undefined {
  const headers = signedHeadersOf(claim, request);
  if (headers === undefined) return mismatch();
  if (secretAccessKey === undefined) return undefined;
  const canonical = canonicalRequest({
    method: request.method,
    path: request.path,
    query: queryPairs(request.rawQuery).filter(([name]) => name !== "X-Amz-Signature"),
    headers,
    payloadHash,
    isPathPlain: claim.service === "s3" || claim.service === "s3express",
  });
  const toSign = stringToSign(claim.time, scopeText(claim), canonical);
  const expected = sign(signingKeys.of(claim, secretAccessKey), toSign);
  return isSame(expected, claim.signature) ? undefined : mismatch({ canonical, stringToSign: toSign });
}

/** Signs a text with the claim's key, as each chunk of a signed stream is. 64 hex digits. */
export function signatureOf(claim: SignatureClaim, secretAccessKey: string, text: string): string {
  return sign(signingKeys.of(claim, secretAccessKey), text);
}

/** Constant in time for texts of one length. */
export function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function scopeProblem(claim: SignatureClaim, { services, region }: Expectation): SignatureProblem | undefined {
  const problems = [
    ...(region === undefined || claim.region === region
      ? []
      : [`Credential should be scoped to a valid region, not '${claim.region}'. `]),
    ...(services.includes(claim.service) ? [] : [`Credential should be scoped to correct service: '${services[0]}'. `]),
    ...(claim.time.startsWith(claim.date)
      ? []
      : [
          `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.date}' != '${claim.time.slice(0, 8)}', from '${claim.time}'.`,
        ]),
  ];
  if (problems.length === 0) return undefined;
  return { kind: "scope", code: "InvalidSignatureException", message: problems.join("") };
}

function timeProblem(
  { time, expiresSeconds }: SignatureClaim,
  { now, skewMinutes }: Expectation,
): SignatureProblem | undefined {
  const signedAt = msOf(time);
  if (Number.isNaN(signedAt)) return mismatch();
  const skewMs = skewMinutes * 60_000;
  const endsAt = signedAt + (expiresSeconds === undefined ? skewMs : expiresSeconds * 1000);
  if (signedAt <= now + skewMs && endsAt >= now) return undefined;
  const server = basicTime(now);
  const late = (message: string): SignatureProblem => ({ kind: "time", code: "InvalidSignatureException", message });
  if (signedAt > now + skewMs) {
    const latest = basicTime(now + skewMs);
    return late(`Signature not yet current: ${time} is still later than ${latest} (${server} + ${skewMinutes} min.)`);
  }
  if (expiresSeconds !== undefined) {
    return late(`Signature expired: ${basicTime(endsAt)} is now earlier than ${server}`);
  }
  const earliest = basicTime(now - skewMs);
  return late(`Signature expired: ${time} is now earlier than ${earliest} (${server} - ${skewMinutes} min.)`);
}

/** Of `20260131T235959Z`, whose digits have been checked; NaN for a time that no clock shows. */
function msOf(time: string): number {
  const at = (from: number, to: number): number => Number(time.slice(from, to));
  const [month, day, hour, minute, second] = [at(4, 6), at(6, 8), at(9, 11), at(11, 13), at(13, 15)];
  const isTime = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 60;
  return isTime ? Date.UTC(at(0, 4), month - 1, day, hour, minute, second) : Number.NaN;
}

/** Undefined when one is named that did not come, or the host is not among them, which every signature must cover. */
function signedHeadersOf({ signedHeaders }: SignatureClaim, { headers }: SignedHead): [string, string][] | undefined {
  const signed = new Map<string, string>();
  for (const name of signedHeaders) {
    const sent = Object.hasOwn(headers, name) ? headers[name] : undefined;
    const value = name === "host" ? (headers.host ?? headers[":authority"]) : sent;
    if (value === undefined) return undefined;
    signed.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  return signed.has("host") ? [...signed] : undefined;
}

function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}
