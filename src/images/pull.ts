/**
 * From a reference's bytes to an image that can be run: manifest and platform chosen, configuration read, and each layer that is
 * not there yet unpacked. Every byte is checked against its digest. Knows no folder but the one that it is given.
 */
import type { ExtensionFacts } from "./layer-extensions.ts";
import { type ImageBudget, type LayerMarks, LayerUnpacker } from "./layer-unpacker.ts";
import { IMAGE_BYTES_MAX, IMAGE_ENTRIES_MAX, INDEX_DEPTH_MAX, MANIFEST_BYTES_MAX } from "./limits.ts";
import {
  choosePlatform,
  hexOf,
  type ImageArchitecture,
  type ImageConfig,
  type ImageManifest,
  ociArchitecture,
  parseConfig,
  parseManifest,
} from "./manifest.ts";
import { broken, ImageProblem } from "./problems.ts";
import type { ImageBytes, ManifestBytes } from "./source.ts";
import { readTar } from "./tar-reader.ts";
import { collected, decompressed, sha256, verified } from "./verified.ts";

/** An image's manifest for one platform. */
export interface ChosenImage {
  readonly digest: string;
  readonly manifest: ImageManifest;
}

/** Reads the manifest, through indexes to the one of `architecture`. Throws ImageProblem. */
export async function chooseImage(bytes: ImageBytes, architecture: ImageArchitecture): Promise<ChosenImage> {
  let found = await checkedManifest(bytes);
  for (let depth = 0; depth < INDEX_DEPTH_MAX; depth += 1) {
    const manifest = parseManifest(found.bytes, found.mediaType);
    if (manifest.kind === "manifest") return { digest: found.digest, manifest };
    found = await checkedManifest(bytes, choosePlatform(manifest, architecture).digest);
  }
  throw new ImageProblem("not-supported", "the index leads to indexes only");
}

/** Reads and checks the configuration. Throws ImageProblem for an image of another platform. */
export async function readConfig(
  bytes: ImageBytes,
  { config }: ImageManifest,
  architecture: ImageArchitecture,
): Promise<ImageConfig> {
  const parsed = parseConfig(await collected(verified(await bytes.blob(config.digest), config), MANIFEST_BYTES_MAX));
  const wanted = ociArchitecture(architecture);
  if (parsed.architecture !== wanted || parsed.os !== "linux") {
    throw new ImageProblem(
      "not-supported",
      `the image is for ${parsed.os}/${parsed.architecture}, not for linux/${wanted}`,
    );
  }
  return parsed;
}

export function newBudget(): ImageBudget {
  return { bytes: IMAGE_BYTES_MAX, entries: IMAGE_ENTRIES_MAX };
}

/** Unpacks one layer into `folder`, which must be empty. Throws ImageProblem. */
export async function unpackLayer(
  bytes: ImageBytes,
  layer: ImageManifest["layers"][number],
  options: {
    /** Of the unpacked tar, from the configuration. */
    readonly diffId: string;
    readonly folder: string;
    readonly marks: LayerMarks;
    readonly budget: ImageBudget;
  },
): Promise<{ readonly extensions: ExtensionFacts }> {
  const { diffId, folder, marks, budget } = options;
  const packed = verified(await bytes.blob(layer.digest), layer);
  const tar = verified(limited(decompressed(packed, layer.compression), budget), { digest: diffId });
  const unpacker = new LayerUnpacker(folder, marks, budget);
  await readTar(tar, (entry) => unpacker.take(entry));
  await unpacker.finish();
  return { extensions: unpacker.extensions.facts };
}

/** The hex digests under which an image's layers are kept: those of their tars, however they were compressed. */
export function layerNames(manifest: ImageManifest, config: ImageConfig): readonly string[] {
  if (config.diffIds.length !== manifest.layers.length) {
    throw broken(`the image has ${manifest.layers.length} layers and ${config.diffIds.length} digests of them`);
  }
  return config.diffIds.map(hexOf);
}

async function checkedManifest(bytes: ImageBytes, digest?: string): Promise<ManifestBytes> {
  const found = await bytes.manifest(digest);
  const actual = sha256(found.bytes);
  if (found.digest !== actual || (digest !== undefined && digest !== actual)) {
    throw broken(`the manifest ${digest ?? found.digest} is another`);
  }
  return found;
}

/** Headers and padding count too, so that an archive of nothing cannot run for ever. */
async function* limited(tar: AsyncIterable<Uint8Array>, budget: ImageBudget): AsyncGenerator<Uint8Array, void> {
  let left = budget.bytes + TAR_OVERHEAD_MAX;
  for await (const chunk of tar) {
    left -= chunk.length;
    if (left < 0) throw new ImageProblem("too-large", "the image is larger than 10 GB when it is unpacked");
    yield chunk;
  }
}

/** What all entries of an image may need beside their content: a header, a long name, padding. */
const TAR_OVERHEAD_MAX = 2048 * IMAGE_ENTRIES_MAX;
