/** Code signing configurations, customers' keys, and packages that are not what they should be. */
import { ABSENT, CODE, create, missing, one, P, PARAMETER, pattern, type Row, VALIDATION } from "../support/refusal.ts";

const CONFIGS = "/2020-04-22/code-signing-configs";
const ARN = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00123456789abcdef";
const FUNCTIONS = "/2020-06-30/functions";
const GONE = `The Lambda code signing configuration ${ARN} can not be found.`;
const LOST = `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${ARN}.`;
const NOT_FOUND = "CodeSigningConfigNotFoundException";
const ARN_PATTERN =
  "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:code-signing-config:csc-[a-z0-9]{17}";
const KEY = "arn:aws:kms:us-east-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef";
const unusable = (subject: string): string =>
  `Lambda was unable to configure access to your ${subject} because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: NotFoundException KMS Message: Key '${KEY}' does not exist`;
const publishers = { AllowedPublishers: { SigningProfileVersionArns: ["nobody"] } };

export const codeSigning: readonly Row[] = [
  ["get a missing code signing configuration", ["GET", `${CONFIGS}/${ARN}`], 404, ABSENT, GONE],
  ["update a missing code signing configuration", ["PUT", `${CONFIGS}/${ARN}`, {}], 404, ABSENT, GONE],
  ["delete a missing code signing configuration", ["DELETE", `${CONFIGS}/${ARN}`], 404, ABSENT, GONE],
  [
    "list the functions of a missing code signing configuration",
    ["GET", `${CONFIGS}/${ARN}/functions`],
    404,
    ABSENT,
    GONE,
  ],
  [
    "get a code signing configuration that is none",
    ["GET", `${CONFIGS}/none`],
    400,
    VALIDATION,
    one("codeSigningConfigArn", "none", pattern(ARN_PATTERN)),
  ],
  [
    "a missing configuration for a function",
    ["PUT", `${FUNCTIONS}/here/code-signing-config`, { CodeSigningConfigArn: ARN }],
    404,
    NOT_FOUND,
    LOST,
  ],
  [
    "a missing configuration for a missing function",
    ["PUT", `${FUNCTIONS}/none/code-signing-config`, { CodeSigningConfigArn: ARN }],
    404,
    NOT_FOUND,
    LOST,
  ],
  ["create a function with a missing configuration", create({ CodeSigningConfigArn: ARN }), 404, NOT_FOUND, LOST],
  [
    "the configuration of a missing function",
    ["GET", `${FUNCTIONS}/none/code-signing-config`],
    404,
    ABSENT,
    missing("none"),
  ],
  [
    "take the configuration from a missing function",
    ["DELETE", `${FUNCTIONS}/none/code-signing-config`],
    404,
    ABSENT,
    missing("none"),
  ],
  [
    "a publisher that is no ARN",
    ["POST", CONFIGS, publishers],
    400,
    VALIDATION,
    one(
      "allowedPublishers.signingProfileVersionArns",
      "[nobody]",
      "Member must satisfy constraint: [Member must have length less than or equal to 10000, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*), Member must not be null]",
    ),
  ],
  ["variables under a missing key", create({ KMSKeyArn: KEY }), 400, PARAMETER, unusable("environment variables")],
  [
    "code under a missing key",
    create({ Code: { ...Object(CODE), SourceKMSKeyArn: KEY } }),
    400,
    PARAMETER,
    unusable("source code"),
  ],
  [
    "configure a missing key",
    ["PUT", `${P}/here/configuration`, { KMSKeyArn: KEY }],
    400,
    PARAMETER,
    unusable("environment variables"),
  ],
];
