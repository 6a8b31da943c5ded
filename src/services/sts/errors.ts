/** Every error that STS answers with here, as AWS words it. Recorded against AWS, or from public reports, where not noted otherwise. */
import {
  ExpiredTokenException,
  InvalidAuthorizationMessageException,
  InvalidIdentityTokenException,
  MalformedPolicyDocumentException,
  PackedPolicyTooLargeException,
} from "@aws-sdk/client-sts";
import { ServiceError } from "../../wire/index.ts";

const BAD_REQUEST = 400;
const FORBIDDEN = 403;
const $metadata = {};

const validation = (message: string): ServiceError => new ServiceError("ValidationError", BAD_REQUEST, message);
const parameter = (message: string): ServiceError => new ServiceError("InvalidParameterValue", BAD_REQUEST, message);
const denied = (message: string): ServiceError => new ServiceError("AccessDenied", FORBIDDEN, message);
const badToken = (message: string): InvalidIdentityTokenException =>
  new InvalidIdentityTokenException({ message, $metadata });

export const invalidRoleArn = (arn: string): ServiceError => validation(`${arn} is invalid`);
export const duplicateTagKeys = (): ServiceError =>
  parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
export const transitiveTagMissing = (): ServiceError =>
  parameter("The specified transitive tag key must be included in the requested tags.");
export const transitiveTagTaken = (): ServiceError =>
  parameter(
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
  );
/** AWS's wording for a key id that it did not issue is not known. */
export const unknownAccessKey = (): ServiceError => validation("The access key ID is not one that names an account.");

export const sessionTooLong = (): ServiceError =>
  validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
export const chainTooLong = (): ServiceError =>
  validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
/** Not recorded. */
export const sourceIdentitySet = (): ServiceError =>
  denied("The source identity of the calling session cannot be changed.");
export const sessionCredentials = (operation: string): ServiceError =>
  denied(`Cannot call ${operation} with session credentials`);

export const malformedPolicy = (message: string): MalformedPolicyDocumentException =>
  new MalformedPolicyDocumentException({ message, $metadata });
export const packedTooLarge = (percent: number): PackedPolicyTooLargeException =>
  new PackedPolicyTooLargeException({
    message: `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    $metadata,
  });
/** Not recorded. */
export const invalidPolicyArn = (arn: string): ServiceError => validation(`ARN ${arn} is not valid.`);

export const notJwt = (): InvalidIdentityTokenException =>
  badToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
export const noProvider = (issuer: string): InvalidIdentityTokenException =>
  badToken(`No OpenIDConnect provider found in your account for ${issuer}`);
export const wrongAudience = (): InvalidIdentityTokenException => badToken("Incorrect token audience");
export const noVerificationKey = (): InvalidIdentityTokenException =>
  badToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  );
/** Not recorded. */
export const wrongTokenSignature = (): InvalidIdentityTokenException => badToken("Token signature is invalid");
/** Both in Unix seconds. */
export const tokenExpired = (now: number, expiry: number): ExpiredTokenException =>
  new ExpiredTokenException({
    message: `Token expired: current date/time ${now} must be before the expiration date/time ${expiry}`,
    $metadata,
  });
/** Not recorded. */
export const tokenNotYetValid = (): InvalidIdentityTokenException => badToken("Token is not yet valid");
export const notAuthorized = (operation: string): ServiceError => denied(`Not authorized to perform sts:${operation}`);

export const invalidSamlEncoding = (): InvalidIdentityTokenException => badToken("Invalid base64 SAMLResponse");
export const invalidSamlSignature = (): InvalidIdentityTokenException => badToken("Response signature invalid");
export const invalidAuthorizationMessage = (): InvalidAuthorizationMessageException =>
  new InvalidAuthorizationMessageException({ message: "Invalid authorization message", $metadata });
