/**
 * The signature of a request as it claims to be: in the Authorization header, or in the query of a presigned URL. Reads,
 * does not verify. Form: AWS General Reference, "Signature Version 4".
 */
import type { IncomingHttpHeaders } from "node:http";

/** What the client says, not yet believed. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
  /** `20260131`, from the credential scope. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Lower-case names. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20260131T235959Z` */
  readonly time: string;
  /** Of a presigned URL: how many seconds after `time` it ends. */
  readonly expiresSeconds: number | undefined;
}

/** Why a signature is refused: AWS's code and text, as most of its services say it. */
export interface SignatureProblem {
  readonly kind: "incomplete" | "scope" | "time" | "mismatch";
  readonly code: string;
  readonly message: string;
  /** What the server made of the request, of a signature that was computed and does not match. */
  readonly computed?: { readonly canonical: string; readonly stringToSign: string };
}

export interface RequestHead {
  readonly headers: IncomingHttpHeaders;
  readonly rawQuery: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const SCOPE = /^([\w.+=@-]{1,128})\/(\d{8})\/([a-z0-9-]{1,32})\/([a-z0-9-]{1,64})\/aws4_request$/;
const TIME = /^\d{8}T\d{6}Z$/;
const SIGNATURE = /^[0-9a-f]{64}$/;
const PRESIGNED_SECONDS_MAX = 604_800;

/** Undefined when the request carries no signature of version 4. */
export function readSignature({ headers, rawQuery }: RequestHead): SignatureClaim | SignatureProblem | undefined {
  const { authorization } = headers;
  if (authorization?.startsWith(ALGORITHM)) return fromHeader(authorization, headers);
  if (!rawQuery.includes("X-Amz-Signature=")) return undefined;
  return fromQuery(new Map(queryPairs(rawQuery)));
}

export function isProblem(read: SignatureClaim | SignatureProblem): read is SignatureProblem {
  return "code" in read;
}

/** Decoded as signers decode: a plus sign is a plus sign. */
export function queryPairs(rawQuery: string): [name: string, value: string][] {
  const parts = rawQuery.split("&").filter((part) => part !== "");
  return parts.map((part) => {
    const at = part.indexOf("=");
    return at < 0 ? [decoded(part), ""] : [decoded(part.slice(0, at)), decoded(part.slice(at + 1))];
  });
}

function fromHeader(authorization: string, headers: IncomingHttpHeaders): SignatureClaim | SignatureProblem {
  const fields = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(",")
      .map((field): [string, string] => {
        const at = field.indexOf("=");
        return [field.slice(0, at).trim(), field.slice(at + 1).trim()];
      }),
  );
  const missing = ["Credential", "Signature", "SignedHeaders"].filter((name) => !fields.has(name));
  const time = one(headers["x-amz-date"]) ?? timeOf(headers.date);
  if (missing.length > 0 || time === undefined) {
    const wants = missing.map((name) => `Authorization header requires '${name}' parameter.`);
    const date = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
    return incomplete([...wants, ...(time === undefined ? [date] : [])].join(" "));
  }
  return claim({
    credential: fields.get("Credential"),
    signedHeaders: fields.get("SignedHeaders"),
    signature: fields.get("Signature"),
    sessionToken: one(headers["x-amz-security-token"]),
    time,
    expires: undefined,
  });
}

function fromQuery(query: ReadonlyMap<string, string>): SignatureClaim | SignatureProblem {
  const names = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
  const missing = names.filter((name) => !query.has(name));
  if (missing.length > 0) {
    return incomplete(missing.map((name) => `AWS query-string parameters must include '${name}'.`).join(" "));
  }
  if (query.get("X-Amz-Algorithm") !== ALGORITHM) return incomplete(`Unsupported AWS 'algorithm'.`);
  return claim({
    credential: query.get("X-Amz-Credential"),
    signedHeaders: query.get("X-Amz-SignedHeaders"),
    signature: query.get("X-Amz-Signature"),
    sessionToken: query.get("X-Amz-Security-Token"),
    time: query.get("X-Amz-Date"),
    expires: query.get("X-Amz-Expires") ?? "",
  });
}

function claim(fields: {
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
  readonly sessionToken: string | undefined;
  readonly time: string | undefined;
  /** Undefined for a signature in a header. */
  readonly expires: string | undefined;
}): SignatureClaim | SignatureProblem {
  const { time = "", signature = "", expires } = fields;
  const [, accessKeyId, date, region, service] = SCOPE.exec(fields.credential ?? "") ?? [];
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined) {
    return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term");
  }
  if (!TIME.test(time)) {
    return incomplete(`Date must be in ISO-8601 'basic format'. Got '${time.slice(0, 64)}'.`);
  }
  if (!SIGNATURE.test(signature)) return mismatch();
  const expiresSeconds = expires === undefined ? undefined : Number(/^\d{1,7}$/.test(expires) ? expires : Number.NaN);
  if (expiresSeconds !== undefined && !(expiresSeconds >= 1 && expiresSeconds <= PRESIGNED_SECONDS_MAX)) {
    return incomplete("X-Amz-Expires must be between 1 and 604800 seconds");
  }
  const signedHeaders = (fields.signedHeaders ?? "").toLowerCase().split(";");
  const { sessionToken } = fields;
  return { accessKeyId, sessionToken, date, region, service, signedHeaders, signature, time, expiresSeconds };
}

export function mismatch(computed?: SignatureProblem["computed"]): SignatureProblem {
  return {
    kind: "mismatch",
    ...(computed !== undefined && { computed }),
    code: "InvalidSignatureException",
    message:
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  };
}

function incomplete(message: string): SignatureProblem {
  return { kind: "incomplete", code: "IncompleteSignatureException", message };
}

/** The Date header of signers that send no X-Amz-Date, in the latter's form. */
function timeOf(httpDate: string | undefined): string | undefined {
  if (httpDate === undefined || TIME.test(httpDate)) return httpDate;
  const ms = Date.parse(httpDate);
  return Number.isNaN(ms) ? httpDate : `${new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "")}`;
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
