/**
 * What a request says about who signed it: the credential scope of SigV4 in the Authorization header or a presigned
 * query. Reads, does not verify. Region and service end up in names and keys, so only well-formed ones get through.
 */

import { percentDecode } from "../codec/percent.ts";
import type { HttpRequest } from "../http-types.ts";
import { ServiceError } from "../service-error.ts";
import type { Principal } from "../types.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
  readonly region: string | undefined;
  /** Signing name of the service. */
  readonly service: string;
}

const SCOPE = /^([\w.+=@-]{1,128})\/\d{8}\/(?:([a-z0-9-]{1,32})\/)?([A-Za-z0-9-]{1,64})\/aws4_request$/;
const IN_HEADER = /^AWS4-[A-Z0-9-]+ +.*?Credential=([^,\s]+)/;
const IN_QUERY = /(?:^|&)X-Amz-Credential=([^&]*)/;
/** Signature version 2, which has no scope: only S3 still takes it, and boto3 still presigns with it. */
const IN_OLD_HEADER = /^AWS ([\w.+=@-]{1,128}):/;
const IN_OLD_QUERY = /(?:^|&)AWSAccessKeyId=([\w.+=@%-]{1,128})(?=&|$)/;
const TOKEN_IN_QUERY = /(?:^|&)X-Amz-Security-Token=([^&]*)/;

/** undefined when the request is not signed. @throws ServiceError IncompleteSignatureException */
export function readCredentials(request: HttpRequest, rawQuery: string): Credentials | undefined {
  const { authorization } = request.headers;
  if (authorization?.startsWith("AWS4-")) {
    const credential = IN_HEADER.exec(authorization)?.[1];
    const token = request.headers["x-amz-security-token"];
    return parseScope(credential ?? "", typeof token === "string" ? token : undefined);
  }
  const oldKey = (authorization && IN_OLD_HEADER.exec(authorization)?.[1]) ?? IN_OLD_QUERY.exec(rawQuery)?.[1];
  if (oldKey !== undefined) {
    return { accessKeyId: percentDecode(oldKey), sessionToken: undefined, region: undefined, service: "s3" };
  }
  if (!rawQuery.includes("X-Amz-Credential=")) return undefined;
  const credential = IN_QUERY.exec(rawQuery)?.[1];
  const token = TOKEN_IN_QUERY.exec(rawQuery)?.[1];
  return parseScope(percentDecode(credential ?? ""), token === undefined ? undefined : percentDecode(token));
}

function parseScope(credential: string, sessionToken: string | undefined): Credentials {
  const [, accessKeyId, region, service] = SCOPE.exec(credential) ?? [];
  if (accessKeyId === undefined || service === undefined) {
    throw new ServiceError(
      "IncompleteSignatureException",
      403,
      "Credential should have the form access-key/date/region/service/aws4_request",
    );
  }
  return { accessKeyId, sessionToken, region, service: service.toLowerCase() };
}

const DEFAULT_ACCOUNT = "000000000000";

/** The account a caller works in: a 12-digit access key names it, every other key belongs to the default account. */
export function accountOf(accessKeyId: string | undefined): string {
  return accessKeyId !== undefined && /^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT;
}

/** The user that whoever signs with this key is, unless the key was issued here. */
export function userOf(accessKeyId: string, region: string): Principal {
  const accountId = accountOf(accessKeyId);
  return { kind: "user", accountId, arn: `arn:${partitionOf(region)}:iam::${accountId}:user/lambent`, accessKeyId };
}

/** `aws`, `aws-cn` or `aws-us-gov`. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
