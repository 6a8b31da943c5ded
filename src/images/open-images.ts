/**
 * The images of this machine as other rooms have them. What finds and unpacks images is loaded by the first one: a server without
 * images has no folder of them, and then nobody asks for what is in it.
 */
import { stat } from "node:fs/promises";
import { hasErrorCode } from "../base/index.ts";
import type { ImagesOptions, Images as LoadedImages } from "./images.ts";
import type { ImageSourcesOptions } from "./sources.ts";

export interface Images
  extends AsyncDisposable,
    Pick<LoadedImages, "start" | "sweep" | "resolve" | "unpacked" | "release" | "collectLater"> {}

export type OpenImagesOptions = Omit<ImagesOptions, "sources"> & { readonly sources: ImageSourcesOptions };

export function openImages(options: OpenImagesOptions): Images {
  let loaded: LoadedImages | undefined;
  let loading: Promise<LoadedImages> | undefined;
  const load = async (): Promise<LoadedImages> => {
    const [{ Images }, { ImageSources }] = await Promise.all([import("./images.ts"), import("./sources.ts")]);
    const images = new Images({ ...options, sources: new ImageSources(options.sources) });
    await images.start();
    loaded = images;
    return images;
  };
  const open = (): Promise<LoadedImages> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return {
    async start() {
      if (await isThere(options.folder)) await open();
    },
    async sweep() {
      await loaded?.sweep();
    },
    resolve: async (...wanted) => (await open()).resolve(...wanted),
    unpacked: async (wanted) => (await open()).unpacked(wanted),
    release: (digest) => loaded?.release(digest),
    collectLater: (digest) => loaded?.collectLater(digest),
    async [Symbol.asyncDispose]() {
      await (await loading)?.[Symbol.asyncDispose]();
    },
  };
}

async function isThere(folder: string): Promise<boolean> {
  try {
    await stat(folder);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return false;
    throw error;
  }
}
