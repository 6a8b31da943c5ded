/** Every error that STS answers with here, as AWS words it (recorded against AWS 2025). None of them is in its model. */
import { ServiceError } from "../../wire/index.ts";

const BAD_REQUEST = 400;

export const invalidRoleArn = (arn: string): ServiceError =>
  new ServiceError("ValidationError", BAD_REQUEST, `${arn} is invalid`);
export const duplicateTagKeys = (): ServiceError =>
  new ServiceError(
    "InvalidParameterValue",
    BAD_REQUEST,
    "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
  );
export const transitiveTagMissing = (): ServiceError =>
  new ServiceError(
    "InvalidParameterValue",
    BAD_REQUEST,
    "The specified transitive tag key must be included in the requested tags.",
  );
/** AWS's wording for a key id that it did not issue is not known. */
export const unknownAccessKey = (): ServiceError =>
  new ServiceError("ValidationError", BAD_REQUEST, "The access key ID is not one that names an account.");
