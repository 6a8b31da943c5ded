/**
 * Every error that IAM answers with here, as AWS words it. Handlers throw what these functions make; no message stands
 * anywhere else in the room. Recorded against AWS in 2026 where not noted otherwise.
 */
import {
  CredentialReportNotPresentException,
  DeleteConflictException,
  EntityAlreadyExistsException,
  InvalidInputException,
  LimitExceededException,
  MalformedPolicyDocumentException,
  NoSuchEntityException,
  PasswordPolicyViolationException,
  UnmodifiableEntityException,
} from "@aws-sdk/client-iam";
import { ServiceError } from "../../wire/index.ts";

const $metadata = {};
const missing = (message: string): NoSuchEntityException => new NoSuchEntityException({ message, $metadata });
const exists = (message: string): EntityAlreadyExistsException =>
  new EntityAlreadyExistsException({ message, $metadata });
const conflict = (message: string): DeleteConflictException => new DeleteConflictException({ message, $metadata });
const limit = (message: string): LimitExceededException => new LimitExceededException({ message, $metadata });
const invalid = (message: string): InvalidInputException => new InvalidInputException({ message, $metadata });
/** What the policy language found, in its words. */
export const malformedPolicy = (message: string): MalformedPolicyDocumentException =>
  new MalformedPolicyDocumentException({ message, $metadata });
const validation = (message: string): ServiceError => new ServiceError("ValidationError", 400, message);

export const roleNotFound = (name: string): NoSuchEntityException =>
  missing(`The role with name ${name} cannot be found.`);
export const roleExists = (name: string): EntityAlreadyExistsException =>
  exists(`Role with name ${name} already exists.`);
export const userNotFound = (name: string): NoSuchEntityException =>
  missing(`The user with name ${name} cannot be found.`);
export const userExists = (name: string): EntityAlreadyExistsException =>
  exists(`User with name ${name} already exists.`);
export const groupNotFound = (name: string): NoSuchEntityException =>
  missing(`The group with name ${name} cannot be found.`);
export const groupExists = (name: string): EntityAlreadyExistsException =>
  exists(`Group with name ${name} already exists.`);
export const profileNotFound = (name: string): NoSuchEntityException =>
  missing(`Instance Profile ${name} cannot be found.`);
export const profileExists = (name: string): EntityAlreadyExistsException =>
  exists(`Instance Profile ${name} already exists.`);
export const inlinePolicyNotFound = (kind: string, name: string): NoSuchEntityException =>
  missing(`The ${kind} policy with name ${name} cannot be found.`);
export const accessKeyNotFound = (id: string): NoSuchEntityException =>
  missing(`The Access Key with id ${id} cannot be found.`);
export const loginNotFound = (user: string): NoSuchEntityException =>
  missing(`Login Profile for User ${user} cannot be found.`);
export const loginExists = (user: string): EntityAlreadyExistsException =>
  exists(`Login Profile for user ${user} already exists.`);
/** What an entity must lose before it can be deleted, for example `detach all policies`. */
export const mustFirst = (step: string): DeleteConflictException =>
  conflict(`Cannot delete entity, must ${step} first.`);
export const protectedRole = (name: string): UnmodifiableEntityException =>
  new UnmodifiableEntityException({
    message: `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`,
    $metadata,
  });
export const linkedRoleExists = (name: string): InvalidInputException =>
  invalid(`Service role name ${name} has been taken in this account, please try a different suffix.`);
export const userNameNeeded = (): ServiceError =>
  validation("Must specify userName when calling with non-User credentials");
export const boundaryNotFound = (arn: string): NoSuchEntityException =>
  missing(`Scope ARN: ${arn} does not exist or is not attachable.`);
export const weakPassword = (): PasswordPolicyViolationException =>
  new PasswordPolicyViolationException({
    message: "Password does not conform to the account password policy.",
    $metadata,
  });
export const passwordPolicyNotFound = (accountId: string): NoSuchEntityException =>
  missing(`The Password Policy with domain name ${accountId} cannot be found.`);
export const aliasNotFound = (alias: string): NoSuchEntityException =>
  missing(`The account alias ${alias} cannot be found.`);
export const aliasTaken = (alias: string): EntityAlreadyExistsException =>
  exists(`The account alias ${alias} already exists.`);
export const oidcNotFound = (arn: string): NoSuchEntityException =>
  missing(`OpenIDConnect Provider not found for arn ${arn}`);
export const oidcExists = (url: string): EntityAlreadyExistsException =>
  exists(`Provider with url https://${url} already exists.`);
export const invalidOidcUrl = (): ServiceError => validation("Invalid Open ID Connect Provider URL");
export const samlNotFound = (arn: string): NoSuchEntityException => missing(`Manifest not found for arn ${arn}`);
export const samlExists = (name: string): EntityAlreadyExistsException =>
  exists(`SAMLProvider with name ${name} already exists`);
/** Not recorded. */
export const invalidMetadata = (): InvalidInputException => invalid("Could not parse metadata");
export const reportNotFound = (): CredentialReportNotPresentException =>
  new CredentialReportNotPresentException({ message: "Credential report not present", $metadata });
export const deletionTaskNotFound = (id: string): NoSuchEntityException =>
  missing(`Deletion Task Id ${id} cannot be found.`);

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
export const inlinePoliciesTooLarge = (kind: string, name: string, max: number): LimitExceededException =>
  limit(`Maximum policy size of ${max} bytes exceeded for ${kind} ${name}`);

export const duplicateTagKeys = (): InvalidInputException =>
  invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
/** Not recorded. */
export const tooManyTags = (max: number): LimitExceededException =>
  limit(`The number of tags has reached the maximum limit of ${max}.`);
/** Not recorded. */
export const invalidMarker = (): ServiceError => validation("Invalid Marker.");

/** `kind` as AWS prints it: `AWS`, `SERVICE`. */
export const invalidPrincipal = (kind: string, principal: string): MalformedPolicyDocumentException =>
  malformedPolicy(`Invalid principal in policy: "${kind}":"${principal}"`);
/** Of a document that a simulation is given. */
export const invalidSimulation = (fault: string): InvalidInputException => invalid(`Invalid Input Policy: ${fault}`);
