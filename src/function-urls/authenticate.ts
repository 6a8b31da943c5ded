/**
 * Who calls a function URL with `AWS_IAM`: the principal behind the request's signature. Keys that this server issued are
 * checked; keys it cannot know are refused where requests are authenticated, else only their scope and time are looked at.
 */
import {
  isProblem,
  readSignature,
  type SignatureProblem,
  type SignedRequest,
  verifySignature,
} from "../sigv4/index.ts";
import { type Principal, userOf } from "../wire/index.ts";

/** What is known of an access key that this server issued. */
export interface KnownKey {
  readonly principal: Principal;
  readonly secretAccessKey: string;
  readonly userId: string;
}

export interface CallerKeys {
  /** Undefined for keys that are not, or no longer, this server's. */
  find(accessKeyId: string, sessionToken: string | undefined, region: string): Promise<KnownKey | undefined>;
  /** Whether a key that is not known is refused, or believed. */
  readonly refusesUnknown: boolean;
  /** The unique id of a principal whose key is not known. */
  userIdOf(principal: Principal): string;
}

export interface Caller {
  readonly principal: Principal;
  readonly accessKey: string;
  readonly userId: string;
}

/** As for Lambda's API. */
const SKEW_MINUTES = 5;

/** Undefined for a request without a signature. */
export async function authenticate(
  request: SignedRequest,
  { keys, region, now }: { readonly keys: CallerKeys; readonly region: string; readonly now: number },
): Promise<Caller | Pick<SignatureProblem, "code" | "message"> | undefined> {
  const claim = readSignature(request);
  if (claim === undefined || isProblem(claim)) return claim;
  const { accessKeyId, sessionToken } = claim;
  const known = await keys.find(accessKeyId, sessionToken, region);
  if (known === undefined && keys.refusesUnknown) return UNKNOWN_KEY;
  const problem = verifySignature(claim, request, {
    services: ["lambda"],
    region,
    secretAccessKey: known?.secretAccessKey,
    now,
    skewMinutes: SKEW_MINUTES,
  });
  if (problem !== undefined) return problem;
  if (known !== undefined) return { ...known, accessKey: accessKeyId };
  const principal = userOf(accessKeyId, region);
  return { principal, accessKey: accessKeyId, userId: keys.userIdOf(principal) };
}

const UNKNOWN_KEY: Pick<SignatureProblem, "code" | "message"> = {
  code: "UnrecognizedClientException",
  message: "The security token included in the request is invalid.",
};

/** `requestContext.authorizer` of the event. */
export function authorizerOf({ principal, accessKey, userId }: Caller): object {
  return {
    iam: {
      accessKey,
      accountId: principal.accountId,
      callerId: userId,
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: principal.arn,
      userId,
    },
  };
}
