/**
 * What runs in a container image for one function: the image's configuration with what the function sets in its place. Docker's
 * rules: an entry point of the function's own still gets the image's command. Pure.
 */
import type { ImageEntry } from "../runtimes/index.ts";
import type { ImageOverrides, UnpackedImage } from "./types.ts";

export interface FunctionImage {
  readonly digest: string;
  readonly overrides: ImageOverrides;
  readonly unpacked: UnpackedImage;
}

/** The root and the program of a plan's processes. */
export interface ImagePlan {
  readonly layers: readonly string[];
  readonly entry: ImageEntry;
  readonly variables: Readonly<Record<string, string>>;
}

/** What container engines set where an image says nothing. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function imagePlan({ overrides, unpacked }: FunctionImage): ImagePlan {
  const entryPoint = overrides.entryPoint ?? unpacked.entryPoint;
  const command = overrides.command ?? unpacked.command;
  return {
    layers: unpacked.layers,
    entry: {
      args: [...entryPoint, ...command],
      workingDirectory: overrides.workingDirectory || unpacked.workingDirectory || "/",
    },
    variables: { PATH, ...unpacked.variables },
  };
}
