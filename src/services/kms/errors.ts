/**
 * Every error that KMS answers with here, as AWS words it. Handlers throw what these functions make; no message stands
 * anywhere else in the room. Texts from recordings of third parties and AWS's documentation; "not recorded" where neither
 * has one.
 */
import {
  AlreadyExistsException,
  DisabledException,
  IncorrectKeyException,
  InvalidArnException,
  InvalidCiphertextException,
  InvalidGrantIdException,
  InvalidKeyUsageException,
  InvalidMarkerException,
  KMSInvalidMacException,
  KMSInvalidSignatureException,
  KMSInvalidStateException,
  LimitExceededException,
  MalformedPolicyDocumentException,
  NotFoundException,
  TagException,
  UnsupportedOperationException,
} from "@aws-sdk/client-kms";
import { ServiceError } from "../../wire/index.ts";

const $metadata = {};
const missing = (message: string): NotFoundException => new NotFoundException({ message, $metadata });
export const validation = (message: string): ServiceError => new ServiceError("ValidationException", 400, message);
const denied = (message: string): ServiceError => new ServiceError("AccessDeniedException", 400, message);

export const keyNotFound = (arn: string): NotFoundException => missing(`Key '${arn}' does not exist`);
export const invalidKeyId = (id: string): NotFoundException => missing(`Invalid keyId '${id}'`);
export const otherRegion = (region: string): NotFoundException => missing(`Invalid arn ${region}`);
export const aliasNotFound = (arn: string): NotFoundException => missing(`Alias ${arn} is not found.`);
export const policyNotFound = (): NotFoundException => missing("No such policy exists");
export const aliasExists = (arn: string): AlreadyExistsException =>
  new AlreadyExistsException({ message: `An alias with the name ${arn} already exists`, $metadata });
export const aliasPrefix = (): ServiceError =>
  validation(
    'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
  );
/** Names below alias/aws/ are AWS's. Sent without a text. */
export const aliasReserved = (): ServiceError => new ServiceError("NotAuthorizedException", 400, "");
export const disabled = (arn: string): DisabledException =>
  new DisabledException({ message: `${arn} is disabled.`, $metadata });
export const pendingDeletion = (arn: string): KMSInvalidStateException =>
  new KMSInvalidStateException({ message: `${arn} is pending deletion.`, $metadata });
export const notPendingDeletion = (arn: string): KMSInvalidStateException =>
  new KMSInvalidStateException({ message: `${arn} is not pending deletion.`, $metadata });
export const wrongUsage = (arn: string, usage: string, operation: string): InvalidKeyUsageException =>
  new InvalidKeyUsageException({
    message: `${arn} key usage is ${usage} which is not valid for ${operation}.`,
    $metadata,
  });
export const wrongAlgorithm = (algorithm: string, spec: string): InvalidKeyUsageException =>
  new InvalidKeyUsageException({ message: `Algorithm ${algorithm} is incompatible with key spec ${spec}.`, $metadata });
export const tooLong = (algorithm: string, spec: string, max: number): ServiceError =>
  validation(`Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${max} bytes.`);
/** AWS sends it without a text, so that nothing can be learnt from it. */
export const invalidCiphertext = (): InvalidCiphertextException =>
  new InvalidCiphertextException({ message: "", $metadata });
export const foreignCiphertext = (): ServiceError =>
  denied(
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
  );
export const incorrectKey = (): IncorrectKeyException =>
  new IncorrectKeyException({
    message: "The key ID in the request does not identify a CMK that can perform this operation.",
    $metadata,
  });
export const invalidSignature = (): KMSInvalidSignatureException =>
  new KMSInvalidSignatureException({ message: "", $metadata });
export const invalidMac = (): KMSInvalidMacException => new KMSInvalidMacException({ message: "", $metadata });
export const digestLength = (algorithm: string): ServiceError =>
  validation(`Digest is invalid length for algorithm ${algorithm}.`);
export const oneLength = (): ServiceError => validation("Please specify either number of bytes or key spec.");
export const bytesRequired = (): ServiceError => validation("NumberOfBytes is required.");
export const unsupportedSpec = (spec: string): UnsupportedOperationException =>
  new UnsupportedOperationException({ message: `KeySpec ${spec} is not supported`, $metadata });
export const usageRequired = (spec: string): ServiceError =>
  validation(`You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys: ${spec}.`);
export const usageIncompatible = (usage: string, spec: string): ServiceError =>
  validation(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
/** Not recorded. */
export const symmetricOnly = (arn: string): UnsupportedOperationException =>
  new UnsupportedOperationException({ message: `${arn} does not support automatic key rotation.`, $metadata });
/** Not recorded. */
export const awsManaged = (arn: string): ServiceError =>
  denied(`${arn} is managed by AWS and cannot be changed by its account.`);
export const malformedPolicy = (): MalformedPolicyDocumentException =>
  new MalformedPolicyDocumentException({ message: "The new key policy is not valid.", $metadata });
export const limitExceeded = (what: string): LimitExceededException =>
  new LimitExceededException({ message: `The request was rejected because a quota was exceeded: ${what}.`, $metadata });
export const reservedTag = (): TagException =>
  new TagException({ message: "aws: prefixed tag key names are not allowed for external use.", $metadata });
export const duplicateTag = (): TagException => new TagException({ message: "Duplicate tag keys", $metadata });
export const tooManyTags = (): TagException => new TagException({ message: "Too many tags", $metadata });
export const invalidMarker = (): InvalidMarkerException =>
  new InvalidMarkerException({ message: "Could not deserialize marker", $metadata });
export const invalidGrantId = (): InvalidGrantIdException => new InvalidGrantIdException({ message: "", $metadata });
export const noAliases = (): InvalidArnException =>
  new InvalidArnException({ message: "Key Aliases are not supported for this operation.", $metadata });
export const grantUnnamed = (): ServiceError => validation("Grant token OR (grant ID, key ID) must be specified");
export const grantTokenNotFound = (token: string): NotFoundException => missing(`Unable to find grant token ${token}`);
export const otherPolicyName = (): UnsupportedOperationException =>
  new UnsupportedOperationException({ message: "Only default policy is supported", $metadata });
export const pendingWindow = (): ServiceError => validation("PendingWindowInDays must be between 7 and 30, inclusive");
