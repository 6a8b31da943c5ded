/**
 * Refusals in the codes, statuses and words of each service's front end. Three families: services that speak queries,
 * those that speak JSON to one path, and those that speak REST; S3 has words of its own. Sources: AWS's "Common errors" of each
 * service, "Troubleshoot access denied error messages" of the IAM User Guide, and texts in public reports.
 */
import type { Decision } from "../policy/index.ts";
import type { SignatureProblem } from "../sigv4/index.ts";
import { type Need, type Principal, ServiceError } from "../wire/index.ts";

type Cause = "unknown-key" | "incomplete" | "mismatch" | "late" | "expired-token" | "unsigned" | "denied";

interface Family {
  readonly codes: Readonly<Record<Cause, readonly [code: string, status: number]>>;
  /** Whether an answer shows what the server made of the request. */
  readonly showsComputed: boolean;
  readonly unsigned: string;
}

const REST: Family = {
  codes: {
    "unknown-key": ["UnrecognizedClientException", 403],
    incomplete: ["IncompleteSignatureException", 403],
    mismatch: ["InvalidSignatureException", 403],
    late: ["InvalidSignatureException", 403],
    "expired-token": ["ExpiredTokenException", 403],
    unsigned: ["MissingAuthenticationTokenException", 403],
    denied: ["AccessDeniedException", 403],
  },
  showsComputed: true,
  unsigned: "Missing Authentication Token",
};

const JSON_RPC: Family = {
  codes: {
    "unknown-key": ["UnrecognizedClientException", 400],
    incomplete: ["IncompleteSignatureException", 400],
    mismatch: ["InvalidSignatureException", 400],
    late: ["InvalidSignatureException", 400],
    "expired-token": ["ExpiredTokenException", 400],
    unsigned: ["MissingAuthenticationTokenException", 400],
    denied: ["AccessDeniedException", 400],
  },
  showsComputed: false,
  unsigned: "Missing Authentication Token",
};

const QUERY: Family = {
  codes: {
    "unknown-key": ["InvalidClientTokenId", 403],
    incomplete: ["IncompleteSignature", 400],
    mismatch: ["SignatureDoesNotMatch", 403],
    late: ["SignatureDoesNotMatch", 403],
    "expired-token": ["ExpiredToken", 403],
    unsigned: ["MissingAuthenticationToken", 403],
    denied: ["AccessDenied", 403],
  },
  showsComputed: false,
  unsigned: "Request is missing Authentication Token",
};

const S3: Family = {
  codes: {
    "unknown-key": ["InvalidAccessKeyId", 403],
    incomplete: ["AuthorizationHeaderMalformed", 400],
    mismatch: ["SignatureDoesNotMatch", 403],
    late: ["RequestTimeTooSkewed", 403],
    "expired-token": ["ExpiredToken", 400],
    unsigned: ["AccessDenied", 403],
    denied: ["AccessDenied", 403],
  },
  showsComputed: false,
  unsigned: "Access Denied",
};

const FAMILIES: Readonly<Record<string, Family>> = {
  iam: QUERY,
  sts: QUERY,
  sqs: QUERY,
  sns: { ...QUERY, codes: { ...QUERY.codes, denied: ["AuthorizationError", 403] } },
  monitoring: QUERY,
  cloudformation: QUERY,
  s3: S3,
  logs: JSON_RPC,
  dynamodb: JSON_RPC,
  events: JSON_RPC,
  kinesis: JSON_RPC,
  kms: JSON_RPC,
  ecr: JSON_RPC,
  ssm: JSON_RPC,
  secretsmanager: JSON_RPC,
  states: JSON_RPC,
};

function familyOf(service: string): Family {
  return (Object.hasOwn(FAMILIES, service) ? FAMILIES[service] : undefined) ?? REST;
}

function refusal(service: string, cause: Cause, message: string): ServiceError {
  const [code, status] = familyOf(service).codes[cause];
  return new ServiceError(code, status, message, { messageKey: cause === "denied" ? "Message" : "message" });
}

export const unknownKey = (service: string): ServiceError =>
  refusal(
    service,
    "unknown-key",
    service === "s3"
      ? "The AWS Access Key Id you provided does not exist in our records."
      : "The security token included in the request is invalid.",
  );

export const expiredToken = (service: string): ServiceError =>
  refusal(
    service,
    "expired-token",
    service === "s3" ? "The provided token has expired." : "The security token included in the request is expired",
  );

export const unsigned = (service: string): ServiceError => refusal(service, "unsigned", familyOf(service).unsigned);

/** Something is in the request twice, or in two places, of which one would be believed and the other used. */
export const ambiguous = (service: string, what: string): ServiceError =>
  refusal(service, "incomplete", `The request has more than one ${what}.`);

export function badSignature(service: string, problem: SignatureProblem): ServiceError {
  const { kind, message, computed } = problem;
  if (kind === "incomplete") return refusal(service, "incomplete", message);
  if (kind === "time") {
    if (service !== "s3") return refusal(service, "late", message);
    const isPresigned = !message.includes("min.)");
    return isPresigned
      ? refusal(service, "denied", "Request has expired")
      : refusal(service, "late", "The difference between the request time and the current time is too large.");
  }
  if (kind === "mismatch" && service === "s3") {
    return refusal(
      service,
      "mismatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
  }
  if (computed === undefined || !familyOf(service).showsComputed) return refusal(service, "mismatch", message);
  const { canonical, stringToSign } = computed;
  return refusal(
    service,
    "mismatch",
    `${message}\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${stringToSign}'\n`,
  );
}

/** S3 alone tells a body that is not the stated one from a signature that does not hold. */
export const otherBody = (service: string, problem: SignatureProblem): ServiceError =>
  service === "s3"
    ? new ServiceError(
        "XAmzContentSHA256Mismatch",
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      )
    : badSignature(service, problem);

export const unsignedHeaders = (service: string, problem: SignatureProblem): ServiceError =>
  service === "s3"
    ? new ServiceError("AccessDenied", 403, "There were headers present in the request which were not signed")
    : badSignature(service, problem);

/** Of S3, which once took signatures of version 2. */
export const unsupportedMechanism = (): ServiceError =>
  new ServiceError(
    "InvalidRequest",
    400,
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
  );

export function accessDenied(service: string, principal: Principal, need: Need, decision: Decision): ServiceError {
  return refusal(service, "denied", deniedText(principal, need, decision));
}

const KIND_OF_POLICY = {
  identity: "identity-based policy",
  resource: "resource-based policy",
  boundary: "permissions boundary",
  session: "session policy",
} as const;

export function deniedText(principal: Principal, { action, resource }: Need, decision: Decision): string {
  const who = principal.kind === "anonymous" ? "anonymous" : principal.arn;
  const start = `User: ${who} is not authorized to perform: ${action} on resource: ${resource}`;
  if (decision.outcome === "explicitDeny") {
    const kind = KIND_OF_POLICY[decision.statements[0]?.source ?? "identity"];
    return `${start} with an explicit deny in ${kind === "identity-based policy" ? "an" : "a"} ${kind}`;
  }
  return `${start} because no ${KIND_OF_POLICY[decision.missing[0] ?? "identity"]} allows the ${action} action`;
}
