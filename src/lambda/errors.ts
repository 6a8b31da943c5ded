/**
 * The catalogue of this room's errors: AWS's modelled exceptions with AWS's exact texts, recorded from the real service.
 * Handlers throw these and nothing else; each function is one row of the catalogue.
 */
import {
  CapacityProviderLimitExceededException,
  CodeStorageExceededException,
  FunctionVersionsPerCapacityProviderLimitExceededException,
  InvalidParameterValueException,
  PolicyLengthExceededException,
  PreconditionFailedException,
  ResourceConflictException,
  ResourceInUseException,
  ResourceNotFoundException,
} from "@aws-sdk/client-lambda";
import { type Need, type Principal, ServiceError } from "../wire/index.ts";
import { LIMITS } from "./limits.ts";
import { FUNCTION_NAME_PATTERN, type ReferenceProblem } from "./names.ts";
import type { ZipProblem } from "./zip-plan.ts";

const USER = { $metadata: {}, Type: "User" } as const;

export function invalidParameter(message: string): InvalidParameterValueException {
  return new InvalidParameterValueException({ ...USER, message });
}

/** As `invalidParameter`, for the few texts that AWS sends without `Type`. */
export function untypedInvalidParameter(message: string): InvalidParameterValueException {
  return new InvalidParameterValueException({ ...USER, Type: "", message });
}

export function notFound(message: string): ResourceNotFoundException {
  return new ResourceNotFoundException({ ...USER, message, Message: message });
}

export function conflict(message: string): ResourceConflictException {
  return new ResourceConflictException({ ...USER, message });
}

export function resourceInUse(message: string): ResourceInUseException {
  return new ResourceInUseException({ ...USER, message, Message: message });
}

/** An alias and the version that it points to cannot both have provisioned concurrency. */
export function alreadyProvisioned(): ResourceConflictException {
  return conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
}

export function preconditionFailed(
  getter: "GetFunction/GetAlias" | "GetPolicy" | "GetResourcePolicy" | "GetLayerPolicy",
): PreconditionFailedException {
  const message = `The Revision Id provided does not match the latest Revision Id. Call the ${getter} API to retrieve the latest Revision Id`;
  return new PreconditionFailedException({ ...USER, message });
}

/** `arn` is the function's ARN, qualified the way the operation prints it. */
export function functionNotFound(arn: string): ResourceNotFoundException {
  return notFound(`Function not found: ${arn}`);
}

export function resourceDoesNotExist(): ResourceNotFoundException {
  return notFound("The resource you requested does not exist.");
}

/** Not AWS's: every attempt to write lost against another client. Retryable like AWS's own conflicts. */
export function tooManyWriters(arn: string): ResourceConflictException {
  return conflict(`The resource is being changed by too many clients at once: ${arn}`);
}

export function updateInProgress(functionArn: string): ResourceConflictException {
  return conflict(
    `The operation cannot be performed at this time. An update is in progress for resource: ${functionArn}`,
  );
}

function unreadableZip(): InvalidParameterValueException {
  return invalidParameter("Could not unzip uploaded file. Please check your file, then try to upload again.");
}

export function zipRefused(problem: ZipProblem): InvalidParameterValueException {
  if (problem === "too-large") return unzippedTooLarge();
  return problem === "empty" ? invalidParameter("Uploaded file must be a non-empty zip") : unreadableZip();
}

export function unzippedTooLarge(): InvalidParameterValueException {
  return invalidParameter(`Unzipped size must be smaller than ${LIMITS.unzippedBytes} bytes`);
}

/** The zip in the request itself. */
export function zippedTooLarge(): ServiceError {
  return new ServiceError(
    "RequestEntityTooLargeException",
    413,
    `Zipped size must be smaller than ${LIMITS.zippedBytes} bytes`,
  );
}

/** S3's refusal of an object; `version` where one was asked for. */
export function getObjectFailed(
  code: string,
  message: string,
  version: string | undefined,
): InvalidParameterValueException {
  const read = version === undefined ? "GetObject" : "GetObjectVersion";
  return invalidParameter(`Error occurred while ${read}. S3 Error Code: ${code}. S3 Error Message: ${message}`);
}

/** As `getObjectFailed`, where the caller may not read it. `object` is bucket and key. */
export function deniedByS3(object: string, message: string, version: string | undefined): ServiceError {
  const read = version === undefined ? "GetObject" : "GetObjectVersion";
  return new ServiceError(
    "AccessDeniedException",
    403,
    `Your access has been denied by S3, please make sure your request credentials have permission to ${read} for ${object}. S3 Error Code: AccessDenied. S3 Error Message: ${message}`,
  );
}

/** Code that is to stay in S3, where Lambda itself may not read it. */
export function closedToLambda({
  bucket,
  key,
}: {
  readonly bucket: string;
  readonly key: string;
}): InvalidParameterValueException {
  return invalidParameter(
    `Lambda service principal lambda.amazonaws.com does not have s3:GetObject and s3:GetObjectVersion permission on s3://${bucket}/${key}. Update the bucket policy to grant the Lambda service principal access and retry.`,
  );
}

export function codeStorageExceeded(): CodeStorageExceededException {
  return new CodeStorageExceededException({ ...USER, message: "Code storage limit exceeded." });
}

export function capacityProviderLimit(limit: number): CapacityProviderLimitExceededException {
  return new CapacityProviderLimitExceededException({
    ...USER,
    message: `An account can have at most ${limit} capacity providers in a region.`,
  });
}

export function providerVersionLimit(limit: number): FunctionVersionsPerCapacityProviderLimitExceededException {
  return new FunctionVersionsPerCapacityProviderLimitExceededException({
    ...USER,
    message: `A capacity provider can have at most ${limit} function versions.`,
  });
}

/** `bytes` is the size that the policy would have. */
export function policyTooLong(bytes: number, limit: number): PolicyLengthExceededException {
  return new PolicyLengthExceededException({
    ...USER,
    message: `The final policy size (${bytes}) is bigger than the limit (${limit}).`,
  });
}

export function tooManyTags(): InvalidParameterValueException {
  return invalidParameter("Number of tags exceeds resource tag limit.");
}

/** AWS's words for what the policy of another account's resource does not grant. */
export function notAuthorized(
  { kind, arn }: Pick<Principal, "kind" | "arn">,
  { action, resource }: Pick<Need, "action" | "resource">,
  isDenied: boolean,
): ServiceError {
  const who = kind === "anonymous" ? "anonymous" : arn;
  const why = isDenied
    ? "with an explicit deny in a resource-based policy"
    : `because no resource-based policy allows the ${action} action`;
  const message = `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  return new ServiceError("AccessDeniedException", 403, message);
}

/** What AWS says to a function name, ARN or qualifier that leads nowhere here. `region` is the caller's. */
export function referenceError(problem: ReferenceProblem, region: string): Error {
  switch (problem.kind) {
    case "malformed":
      return new ServiceError(
        "ValidationException",
        400,
        `1 validation error detected: Value '${problem.text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${FUNCTION_NAME_PATTERN}`,
        { messageKey: "message" },
      );
    case "qualifier-mismatch":
      return invalidParameter("The derived qualifier from the function name does not match the specified qualifier.");
    case "other-region":
      return notFound(`Functions from '${problem.region}' are not reachable in this region ('${region}')`);
    case "other-account":
      return new ServiceError("AccessDeniedException", 403, "");
  }
}
