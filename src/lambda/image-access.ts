/**
 * The images of functions as environments and states get to know them: unpacked, or why not. Apart from the operations, whose
 * client package a server without requests does not load.
 */
import { UserError } from "../base/index.ts";
import type { FunctionVersion, UnpackedImage } from "../environments/index.ts";
import { ImageProblem, type Images } from "../images/index.ts";
import type { CodeRecord } from "./records.ts";

type ImageRecord = Extract<CodeRecord, { kind: "image" }>;

export interface ImageFailure {
  readonly reason: string;
  readonly reasonCode: "InvalidImage" | "ImageAccessDenied" | "ImageDeleted";
}

/** What a function's state says when its image could not be had; undefined for every other error. */
export function imageFailure(error: unknown): ImageFailure | undefined {
  if (!(error instanceof ImageProblem)) return undefined;
  const { kind, message } = error;
  const reason = `The function's image cannot be used: ${message}.`;
  if (kind === "does-not-exist") return { reason, reasonCode: "ImageDeleted" };
  const isDenied = kind === "no-permission" || kind === "unreachable";
  return { reason, reasonCode: isDenied ? "ImageAccessDenied" : "InvalidImage" };
}

/** For environments and activation: the image's folders, fetched again where they are gone. Throws ImageProblem. */
export function unpackedImage(
  images: Images,
  code: Pick<ImageRecord, "digest" | "resolvedUri">,
  { accountId, region, architecture }: Pick<FunctionVersion, "accountId" | "region" | "architecture">,
): Promise<UnpackedImage> {
  const { digest, resolvedUri } = code;
  const machine = process.arch === "arm64" ? "arm64" : "x86_64";
  if (architecture !== machine) {
    const message = `the function is for ${architecture}, and this machine is ${machine}`;
    return Promise.reject(new ImageProblem("not-supported", message));
  }
  return images.unpacked({ digest, resolvedUri, architecture, place: { accountId, region } });
}

/** As `unpackedImage`, with the problem said to people: an environment knows no images. */
export async function imageForEnvironment(
  images: Images,
  code: Parameters<typeof unpackedImage>[1],
  owner: Parameters<typeof unpackedImage>[2],
): Promise<UnpackedImage> {
  try {
    return await unpackedImage(images, code, owner);
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    throw new UserError("image-unavailable", `The function's image cannot be used: ${error.message}.`, {
      cause: error,
      nextStep: "push it again, or update the function with another ImageUri",
    });
  }
}
