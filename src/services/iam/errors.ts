/**
 * Every error that IAM answers with here, as AWS words it. Handlers throw what these functions make; no message stands
 * anywhere else in the room. Recorded against AWS in 2026 where not noted otherwise.
 */
import {
  DeleteConflictException,
  EntityAlreadyExistsException,
  InvalidInputException,
  LimitExceededException,
  MalformedPolicyDocumentException,
  NoSuchEntityException,
} from "@aws-sdk/client-iam";
import { ServiceError } from "../../wire/index.ts";

const $metadata = {};
const missing = (message: string): NoSuchEntityException => new NoSuchEntityException({ message, $metadata });
const exists = (message: string): EntityAlreadyExistsException =>
  new EntityAlreadyExistsException({ message, $metadata });
const conflict = (message: string): DeleteConflictException => new DeleteConflictException({ message, $metadata });
const limit = (message: string): LimitExceededException => new LimitExceededException({ message, $metadata });
const malformed = (message: string): MalformedPolicyDocumentException =>
  new MalformedPolicyDocumentException({ message, $metadata });
const validation = (message: string): ServiceError => new ServiceError("ValidationError", 400, message);

export const roleNotFound = (name: string): NoSuchEntityException =>
  missing(`The role with name ${name} cannot be found.`);
export const roleExists = (name: string): EntityAlreadyExistsException =>
  exists(`Role with name ${name} already exists.`);
export const roleHasAttachedPolicies = (): DeleteConflictException =>
  conflict("Cannot delete entity, must detach all policies first.");
export const roleHasInlinePolicies = (): DeleteConflictException =>
  conflict("Cannot delete entity, must delete policies first.");
export const inlinePolicyNotFound = (name: string): NoSuchEntityException =>
  missing(`The role policy with name ${name} cannot be found.`);
export const userNotFound = (name: string): NoSuchEntityException =>
  missing(`The user with name ${name} cannot be found.`);

export const policyNotFound = (arn: string): NoSuchEntityException => missing(`Policy ${arn} was not found.`);
export const policyNotAttachable = (arn: string): NoSuchEntityException =>
  missing(`Policy ${arn} does not exist or is not attachable.`);
export const policyVersionNotFound = (arn: string, version: string): NoSuchEntityException =>
  missing(`Policy ${arn} version ${version} does not exist or is not attachable.`);
export const policyExists = (name: string): EntityAlreadyExistsException =>
  exists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
/** Not recorded; from AWS's documentation. */
export const policyIsAttached = (): DeleteConflictException => conflict("Cannot delete a policy attached to entities.");
/** Not recorded; from AWS's documentation. */
export const policyHasVersions = (): DeleteConflictException =>
  conflict(
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. " +
      "The default version is deleted with the policy.",
  );
export const defaultVersionKept = (): DeleteConflictException =>
  conflict("Cannot delete the default version of a policy.");
export const tooManyVersions = (): LimitExceededException =>
  limit(
    "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
  );
export const invalidArn = (arn: string): ServiceError => validation(`ARN ${arn} is not valid.`);

/** Quota messages: form from public reports, not recorded. */
export const quotaExceeded = (quota: string, max: number): LimitExceededException =>
  limit(`Cannot exceed quota for ${quota}: ${max}`);
export const inlinePoliciesTooLarge = (role: string, max: number): LimitExceededException =>
  limit(`Maximum policy size of ${max} bytes exceeded for role ${role}`);

export const duplicateTagKeys = (): InvalidInputException =>
  new InvalidInputException({
    message: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    $metadata,
  });
/** Not recorded. */
export const tooManyTags = (max: number): LimitExceededException =>
  limit(`The number of tags has reached the maximum limit of ${max}.`);
/** Not recorded. */
export const invalidMarker = (): ServiceError => validation("Invalid Marker.");

export const invalidJson = (): MalformedPolicyDocumentException => malformed("This policy contains invalid Json");
export const trustActionNotAllowed = (): MalformedPolicyDocumentException =>
  malformed("AssumeRole policy may only specify STS AssumeRole actions.");
export const prohibitedField = (field: string): MalformedPolicyDocumentException =>
  malformed(`Has prohibited field ${field}`);
export const missingField = (field: string): MalformedPolicyDocumentException =>
  malformed(`Missing required field ${field}`);
/** The texts for identity policies come from public reports. */
export const principalNotAllowed = (): MalformedPolicyDocumentException =>
  malformed("Policy document should not specify a principal.");
export const actionsMissing = (): MalformedPolicyDocumentException =>
  malformed("Policy statement must contain actions.");
export const resourcesMissing = (): MalformedPolicyDocumentException =>
  malformed("Policy statement must contain resources.");
export const actionWithoutVendor = (): MalformedPolicyDocumentException =>
  malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
export const resourceNotArn = (resource: string): MalformedPolicyDocumentException =>
  malformed(`Resource ${resource} must be in ARN format or "*".`);
export const syntaxErrors = (): MalformedPolicyDocumentException => malformed("Syntax errors in policy.");
