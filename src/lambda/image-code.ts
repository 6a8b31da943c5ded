/**
 * Functions that are container images: what a request may name, the image behind its URI, and AWS's words for what is wrong with
 * it. The image is resolved to a digest when it is named; that digest is the function's code from then on, whatever becomes of the tag.
 */
import type { Runtime } from "@aws-sdk/client-lambda";
import { ImageProblem } from "../images/index.ts";
import { type Place, ServiceError } from "../wire/index.ts";
import type { UploadedCode } from "./code-upload.ts";
import type { ControlPlane } from "./control-plane.ts";
import { invalidParameter } from "./errors.ts";
import type { FunctionSettings } from "./records.ts";

type Architecture = FunctionSettings["architecture"];

/** In place of a runtime's name: what the image brings is the runtime. */
export const IMAGE_RUNTIME = "image" as Runtime;

interface ImageInput {
  readonly PackageType?: string | undefined;
  readonly Runtime?: string | undefined;
  readonly Handler?: string | undefined;
  readonly Layers?: readonly string[] | undefined;
  readonly ImageConfig?: ImageConfigInput | undefined;
  readonly CodeSigningConfigArn?: string | undefined;
  readonly Code?: { readonly ImageUri?: string | undefined };
}

interface ImageConfigInput {
  readonly EntryPoint?: readonly string[] | undefined;
  readonly Command?: readonly string[] | undefined;
  readonly WorkingDirectory?: string | undefined;
}

/** Throws AWS's refusals of members that the package type does not go with. `isImage`: what the function is, or shall be. */
export function requireForPackageType(isImage: boolean, input: ImageInput): void {
  if (!isImage) {
    if (input.ImageConfig === undefined) return;
    throw invalidParameter("Please don't provide ImageConfig for a function with packageType Zip.");
  }
  if (input.Runtime !== undefined || input.Handler !== undefined || input.Layers !== undefined) {
    throw invalidParameter(
      "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
    );
  }
  if (input.CodeSigningConfigArn) throw noSigningOfImages();
}

/** Signatures are of zips: an image's function neither gets, nor has, a code signing configuration. */
export function noSigningOfImages(): Error {
  return invalidParameter("Code signing is not supported for functions created with container images.");
}

/** What the function sets in place of the image's own configuration; undefined where it sets nothing. */
export function imageSettings(config: ImageConfigInput): NonNullable<FunctionSettings["image"]> | undefined {
  const { EntryPoint: entryPoint, Command: command, WorkingDirectory: workingDirectory } = config;
  const settings = {
    ...(entryPoint !== undefined && entryPoint.length > 0 && { entryPoint }),
    ...(command !== undefined && command.length > 0 && { command }),
    ...(workingDirectory && { workingDirectory }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

/** As GetFunctionConfiguration shows it. */
export function shownImageConfig(settings: FunctionSettings): {
  ImageConfigResponse?: { ImageConfig: { EntryPoint?: string[]; Command?: string[]; WorkingDirectory?: string } };
} {
  const { image } = settings;
  if (image === undefined) return {};
  const { entryPoint, command, workingDirectory } = image;
  return {
    ImageConfigResponse: {
      ImageConfig: {
        ...(entryPoint && { EntryPoint: [...entryPoint] }),
        ...(command && { Command: [...command] }),
        ...(workingDirectory !== undefined && { WorkingDirectory: workingDirectory }),
      },
    },
  };
}

/** Throws AWS's refusals of code of the other package type. */
export function requireCodeOfKind(isImage: boolean, input: { readonly ImageUri?: string | undefined }): void {
  if (isImage === (input.ImageUri !== undefined)) return;
  throw invalidParameter(
    isImage
      ? "Please provide ImageUri when updating a function with packageType Image."
      : "Please don't provide ImageUri when updating a function with packageType Zip.",
  );
}

/** The image that `code` names now, pinned until the result is disposed. Throws AWS's exceptions. */
export async function imageCode(
  { images }: Pick<ControlPlane, "images">,
  { ImageUri: uri }: { readonly ImageUri?: string | undefined },
  place: Place,
  architecture: Architecture,
): Promise<UploadedCode> {
  if (uri === undefined)
    throw invalidParameter("Please provide ImageUri when creating a function with packageType Image.");
  if (images === undefined) throw notValid(uri);
  const { accountId, region } = place;
  try {
    const { digest, resolvedUri } = await images.resolve(uri, { accountId, region }, architecture);
    return {
      code: { kind: "image", uri, resolvedUri, digest },
      [Symbol.dispose]: () => images.release(digest),
    };
  } catch (error) {
    throw error instanceof ImageProblem ? refusal(uri, error) : error;
  }
}

function refusal(uri: string, { kind, message }: ImageProblem): Error {
  switch (kind) {
    case "does-not-exist":
      return invalidParameter(`Source image ${uri} does not exist. Provide a valid source image.`);
    case "no-permission":
      return new ServiceError(
        "AccessDeniedException",
        403,
        `Lambda does not have permission to access the ECR image. Check the ECR permissions. (${message})`,
      );
    case "not-supported":
    case "broken":
      return invalidParameter(
        `The image manifest, config or layer media type for the source image ${uri} is not supported. (${message})`,
      );
    case "not-valid":
      return notValid(uri);
    case "too-large":
    case "unreachable":
      return invalidParameter(`Source image ${uri} is not valid. Provide a valid source image. (${message})`);
  }
}

function notValid(uri: string): Error {
  return invalidParameter(`Source image ${uri} is not valid. Provide a valid source image.`);
}
