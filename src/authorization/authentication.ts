/**
 * Who sent a request: the principal whose key made its signature. Checked in this order, as AWS answers: is there one
 * signature and only one, is it for this service and this time, is the key known, the token its own, and does the
 * signature cover what came. Decides nothing about permissions.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../base/index.ts";
import {
  claimProblem,
  headProblem,
  isProblem,
  mismatch,
  normalized,
  payloadOf,
  readSignature,
  type SignatureClaim,
} from "../sigv4/index.ts";
import { type Authenticated, partitionOf, type RequestHead, type ServiceError } from "../wire/index.ts";
import { type Refuse, signedChunks, wholeBody } from "./body-checks.ts";
import type { Identities, KeySecret } from "./identities.ts";
import {
  ambiguous,
  badSignature,
  expiredToken,
  otherBody,
  unknownKey,
  unsignedHeaders,
  unsupportedMechanism,
} from "./refusals.ts";

export interface AuthenticationOptions {
  readonly identities: Pick<Identities, "secretOf">;
  readonly clock: Clock;
  /** Further signing names of a service. */
  readonly aliasesOf: (service: string) => readonly string[];
  /** Hears of each key whose signature holds, and of what it was for. */
  readonly used?: (key: KeySecret, on: { readonly service: string; readonly region: string }) => void;
}

/** Services whose signatures may be a quarter of an hour old; those of all others, five minutes. */
const PATIENT: ReadonlySet<string> = new Set(["s3", "sts", "iam"]);

/** What decides who a request is from and what it asks for, and so may be there once only. */
const SINGLE: ReadonlySet<string> = new Set([
  "authorization",
  "host",
  ":authority",
  "date",
  "x-amz-date",
  "x-amz-security-token",
  "x-amz-content-sha256",
  "x-amz-target",
  "content-encoding",
  "x-amz-decoded-content-length",
]);

/** Headers that are added on the way, or bound by the signature without being listed. */
const MAY_BE_UNSIGNED: ReadonlySet<string> = new Set(["x-amz-cf-id", "x-amz-content-sha256", "x-amz-date"]);

/** Undefined for a request without a signature. `refuse` is told of a body that is not the signed one. @throws ServiceError */
export async function authenticate(
  options: AuthenticationOptions,
  head: RequestHead,
  service: string,
  refuse: Refuse,
): Promise<Authenticated | undefined> {
  const claim = claimOf(head, service);
  if (claim === undefined) return undefined;
  const problem = claimProblem(claim, {
    services: [service, ...options.aliasesOf(service)],
    region: undefined,
    secretAccessKey: undefined,
    now: options.clock.now(),
    skewMinutes: PATIENT.has(service) ? 15 : 5,
  });
  if (problem !== undefined) throw badSignature(service, problem);
  const key = await keyOf(options, claim, service);
  const body = checkSignature(claim, head, service, key, refuse);
  options.used?.(key, { service, region: claim.region });
  return { principal: key.principal, body };
}

/** The one signature of the request. @throws ServiceError for one that cannot be read, or several */
export function claimOf(head: RequestHead, service: string): SignatureClaim | undefined {
  requireSingle(head, service);
  const claim = readSignature(head);
  if (claim !== undefined && isProblem(claim)) throw badSignature(service, claim);
  if (claim === undefined && head.headers.authorization !== undefined) throw notUnderstood(service);
  const isTwice =
    head.headers.authorization !== undefined && /(?:^|&)X-Amz-(?:Signature|Credential)=/i.test(head.rawQuery);
  if (isTwice) throw ambiguous(service, "signature");
  return claim;
}

function requireSingle({ rawHeaders }: RequestHead, service: string): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) throw ambiguous(service, `${name} header`);
    seen.add(name);
  }
}

function notUnderstood(service: string): ServiceError {
  if (service === "s3") return unsupportedMechanism();
  const parameters = ["Credential", "Signature", "SignedHeaders"];
  const message = parameters.map((name) => `Authorization header requires '${name}' parameter.`).join(" ");
  return badSignature(service, { kind: "incomplete", code: "", message });
}

async function keyOf(options: AuthenticationOptions, claim: SignatureClaim, service: string): Promise<KeySecret> {
  const key = await findKey(options, claim);
  if (key === undefined) throw unknownKey(service);
  if (key === "expired") throw expiredToken(service);
  return key;
}

/** The key of these credentials; undefined where nobody issued it, it is switched off, or the token is not its own. */
export async function findKey(
  { identities, clock }: Pick<AuthenticationOptions, "identities" | "clock">,
  { accessKeyId, region, sessionToken }: Pick<SignatureClaim, "accessKeyId" | "region" | "sessionToken">,
): Promise<KeySecret | "expired" | undefined> {
  const key = await identities.secretOf(accessKeyId, partitionOf(region));
  if (key === undefined || !key.active || !isSameToken(key.sessionToken, sessionToken)) return undefined;
  return key.expiresAt !== undefined && key.expiresAt <= clock.now() ? "expired" : key;
}

function isSameToken(own: string | undefined, sent: string | undefined): boolean {
  if (own === undefined || sent === undefined) return own === sent;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(own), digest(sent));
}

function checkSignature(
  claim: SignatureClaim,
  head: RequestHead,
  service: string,
  { secretAccessKey }: KeySecret,
  refuse: Refuse,
): Authenticated["body"] {
  requireSignedHeaders(claim, head, service);
  // A path that means another one once it is tidied up is no path of AWS's APIs, and would be signed as the other.
  if (service !== "s3" && normalized(head.path) !== head.path) throw badSignature(service, mismatch());
  const headRefusal = (payloadHash: string): ServiceError | undefined => {
    const problem = headProblem(claim, head, payloadHash, secretAccessKey);
    return problem && badSignature(service, problem);
  };
  const payload = payloadOf(claim, head);
  if (payload.kind === "actual") return wholeBody(headRefusal, refuse);
  if (payload.kind === "unknown") throw otherBody(service, mismatch());
  const refusal = headRefusal(payload.text);
  if (refusal !== undefined) throw refusal;
  if (payload.kind === "unsigned") return undefined;
  if (payload.kind === "hash") {
    return wholeBody((actual) => (actual === payload.text ? undefined : otherBody(service, mismatch())), refuse);
  }
  const { hasTrailer } = payload;
  const broken = (): ServiceError => badSignature(service, mismatch());
  return signedChunks({ claim, secretAccessKey, hasTrailer }, broken, refuse);
}

/** AWS's headers have to be signed where they are sent: an operation's name and its options are among them. */
function requireSignedHeaders({ signedHeaders }: SignatureClaim, { headers }: RequestHead, service: string): void {
  for (const name of Object.keys(headers)) {
    if (!name.startsWith("x-amz-") || MAY_BE_UNSIGNED.has(name) || signedHeaders.includes(name)) continue;
    throw unsignedHeaders(service, mismatch());
  }
}
