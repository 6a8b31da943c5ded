/**
 * Every error that CloudWatch Logs answers with here, as AWS words it. Handlers throw what these functions make; no
 * message stands anywhere else in the room. Messages were recorded against AWS where not noted otherwise.
 */
import {
  InvalidParameterException,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  SessionTimeoutException,
  TooManyTagsException,
  ValidationException,
} from "@aws-sdk/client-cloudwatch-logs";

const $metadata = {};
const invalid = (message: string): InvalidParameterException => new InvalidParameterException({ message, $metadata });

export const groupExists = (): ResourceAlreadyExistsException =>
  new ResourceAlreadyExistsException({ message: "The specified log group already exists", $metadata });
export const streamExists = (): ResourceAlreadyExistsException =>
  new ResourceAlreadyExistsException({ message: "The specified log stream already exists", $metadata });
export const groupNotFound = (): ResourceNotFoundException =>
  new ResourceNotFoundException({ message: "The specified log group does not exist.", $metadata });
export const streamNotFound = (): ResourceNotFoundException =>
  new ResourceNotFoundException({ message: "The specified log stream does not exist.", $metadata });

export const prefixAndPattern = (): InvalidParameterException =>
  invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
export const nameAndIdentifier = (): ValidationException =>
  new ValidationException({ message: "LogGroup name and LogGroup ARN are mutually exclusive parameters.", $metadata });
/** AWS's wording is not known. */
export const nameOrIdentifier = (): InvalidParameterException =>
  invalid("One of LogGroup name or LogGroup ARN must be specified.");
/** AWS's wording is not known. */
export const namesAndPrefix = (): InvalidParameterException =>
  invalid("LogStream names and LogStream name prefix are mutually exclusive parameters.");
export const lastEventTimeWithPrefix = (): InvalidParameterException =>
  invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
export const invalidToken = (): InvalidParameterException => invalid("The specified nextToken is invalid.");

export const unorderedBatch = (): InvalidParameterException =>
  invalid("Log events in a single PutLogEvents request must be in chronological order.");
export const eventTooLarge = (bytes: number, max: number): InvalidParameterException =>
  invalid(`Log event too large: ${bytes} bytes exceeds limit of ${max}`);
export const batchTooLarge = (bytes: number, max: number): InvalidParameterException =>
  invalid(`Upload too large: ${bytes} bytes exceeds limit of ${max}`);
export const batchSpanTooLong = (): InvalidParameterException =>
  invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");

/** The part after the colon is ours: AWS does not say what is wrong. */
export const invalidPattern = (reason: string): InvalidParameterException =>
  invalid(`Invalid filter pattern: ${reason}`);
/** AWS's wording is not known. */
export const invalidRetention = (days: number): InvalidParameterException =>
  invalid(`Invalid retention value ${days}. Valid values are those listed for PutRetentionPolicy.`);
/** AWS's wording is not known. */
export const invalidIdentifier = (identifier: string): InvalidParameterException =>
  invalid(`Invalid log group identifier: ${identifier}`);
export const tooManyTags = (resourceName: string, max: number): TooManyTagsException =>
  new TooManyTagsException({ message: `A resource can have at most ${max} tags.`, resourceName, $metadata });
/** AWS's wording is not known. */
export const deletionProtected = (): ValidationException =>
  new ValidationException({ message: "The log group has deletion protection enabled.", $metadata });
/** AWS's wording is not known. */
export const oneGroupForStreams = (): InvalidParameterException =>
  invalid("Log stream names or prefixes can be given for one log group only.");
export const sessionTimedOut = (): SessionTimeoutException =>
  new SessionTimeoutException({ message: "The session has timed out.", $metadata });
