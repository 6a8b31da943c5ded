/** Functions that are container images: what goes with the package type, and images that cannot be had. */
import { create, PARAMETER, type Row } from "../support/refusal.ts";

const ECR = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
const TOGETHER = "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.";
const absent = (uri: string): string => `Source image ${uri} does not exist. Provide a valid source image.`;
const invalid = (uri: string): string => `Source image ${uri} is not valid. Provide a valid source image.`;
const denied = (why: string): string =>
  `Lambda does not have permission to access the ECR image. Check the ECR permissions. (${why})`;

/** CreateFunction with PackageType Image and nothing that does not go with it. */
const image = (settings: object, ImageUri = `${ECR}/none:v1`): ReturnType<typeof create> =>
  create({ PackageType: "Image", Runtime: undefined, Handler: undefined, Code: { ImageUri }, ...settings });

export const images: readonly Row[] = [
  ["a handler for an image", image({ Handler: "index.handler" }), 400, PARAMETER, TOGETHER],
  ["a runtime for an image", image({ Runtime: "nodejs24.x" }), 400, PARAMETER, TOGETHER],
  [
    "settings of images for a zip",
    create({ ImageConfig: { Command: ["x"] } }),
    400,
    PARAMETER,
    "Please don't provide ImageConfig for a function with packageType Zip.",
  ],
  [
    "an image that is not called one",
    create({ Code: { ImageUri: `${ECR}/none:v1` } }),
    400,
    PARAMETER,
    "Please provide a source for function code.",
  ],
  [
    "an image that is not called one, without a runtime",
    create({ Runtime: undefined, Handler: undefined, Code: { ImageUri: `${ECR}/none:v1` } }),
    400,
    PARAMETER,
    "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
  ],
  [
    "an image under a code signing configuration",
    image({ CodeSigningConfigArn: `arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00123456789abcdef` }),
    400,
    PARAMETER,
    "Code signing is not supported for functions created with container images.",
  ],
  ["an image that is not there", image({}), 400, PARAMETER, absent(`${ECR}/none:v1`)],
  ["an image without a tag", image({}, `${ECR}/none`), 400, PARAMETER, invalid(`${ECR}/none`)],
  ["an image without a registry", image({}, "none:latest"), 400, PARAMETER, invalid("none:latest")],
  [
    "an image of another region",
    image({}, "000000000000.dkr.ecr.eu-west-1.amazonaws.com/none:v1"),
    400,
    PARAMETER,
    invalid("000000000000.dkr.ecr.eu-west-1.amazonaws.com/none:v1"),
  ],
  [
    "an image of another account",
    image({}, "111111111111.dkr.ecr.us-east-1.amazonaws.com/none:v1"),
    403,
    "AccessDeniedException",
    denied("111111111111.dkr.ecr.us-east-1.amazonaws.com/none:v1 may not be read by this account"),
  ],
  [
    "a file of the server",
    image({}, "docker-archive:/etc/passwd"),
    403,
    "AccessDeniedException",
    denied("docker-archive:/etc/passwd is in no folder that the server was started with as --image-folder"),
  ],
  [
    "a registry that the server was not started with",
    image({}, "public.ecr.aws/lambda/nodejs:24"),
    403,
    "AccessDeniedException",
    denied("the server was not started with --image-registry public.ecr.aws"),
  ],
];
