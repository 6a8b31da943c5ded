/**
 * Every error that Signer answers with here. Its texts are not recorded anywhere that could be found: the codes are those
 * of the API's model, the words ours.
 */
import {
  AccessDeniedException,
  BadRequestException,
  ConflictException,
  NotFoundException,
  ResourceNotFoundException,
  ServiceLimitExceededException,
  ValidationException,
} from "@aws-sdk/client-signer";

const $metadata = {};
const missing = (message: string): ResourceNotFoundException => new ResourceNotFoundException({ message, $metadata });
const invalid = (message: string): ValidationException => new ValidationException({ message, $metadata });

export const profileNotFound = (name: string): ResourceNotFoundException =>
  missing(`Signing profile ${name} could not be found.`);
export const versionNotFound = (name: string, version: string): ResourceNotFoundException =>
  missing(`Version ${version} of signing profile ${name} could not be found.`);
export const profileExists = (name: string): ValidationException =>
  invalid(`A signing profile with the name ${name} already exists.`);
export const profileNotActive = (name: string, status: string): ValidationException =>
  invalid(`Signing profile ${name} is ${status}.`);
export const notYours = (name: string): AccessDeniedException =>
  new AccessDeniedException({ message: `You are not permitted to use signing profile ${name}.`, $metadata });
export const unknownPlatform = (id: string): ValidationException => invalid(`The platform ${id} is not supported.`);
export const platformNotFound = (id: string): ResourceNotFoundException =>
  missing(`Signing platform ${id} could not be found.`);
export const validityTooLong = (months: number): ValidationException =>
  invalid(`A signature is valid for one day at least, and for ${months} months at most.`);
export const tooManyVersions = (max: number): ServiceLimitExceededException =>
  new ServiceLimitExceededException({ message: `A signing profile has at most ${max} versions.`, $metadata });
export const jobNotFound = (id: string): ResourceNotFoundException => missing(`Signing job ${id} could not be found.`);
export const payloadFormat = (format: string): ValidationException =>
  invalid(`The payload is none of the format ${format}.`);
export const sourceMissing = (): ValidationException => invalid("Source and destination in S3 are required.");
export const bucketNotFound = (bucket: string): ResourceNotFoundException =>
  missing(`The S3 bucket ${bucket} does not exist.`);
export const alreadyRevoked = (): ValidationException => invalid("It is revoked already.");
export const effectiveInFuture = (): ValidationException => invalid("The effective time must not be in the future.");
export const permissionNotFound = (id: string): ResourceNotFoundException =>
  missing(`Permission ${id} could not be found.`);
export const permissionExists = (id: string): ConflictException =>
  new ConflictException({ message: `Permission ${id} already exists.`, $metadata });
export const otherRevision = (): ConflictException =>
  new ConflictException({ message: "The revision id is not that of the latest policy.", $metadata });
export const tooManyPermissions = (max: number): ServiceLimitExceededException =>
  new ServiceLimitExceededException({ message: `A signing profile has at most ${max} permissions.`, $metadata });
export const unknownAction = (action: string): ValidationException =>
  invalid(`The action ${action} cannot be permitted.`);
export const invalidToken = (): ValidationException => invalid("Invalid nextToken.");
export const taggedNotFound = (arn: string): NotFoundException =>
  new NotFoundException({ message: `Resource ${arn} could not be found.`, $metadata });
export const tooManyTags = (max: number): BadRequestException =>
  new BadRequestException({ message: `A resource has at most ${max} tags.`, $metadata });
