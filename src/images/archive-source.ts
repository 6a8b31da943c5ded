/**
 * A saved image in one tar file, compressed or not: what `docker save` writes, or an OCI layout. Its files are put into a folder
 * that goes away with the source; links among them (old versions have some) are names, never links on this machine.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { hasErrorCode } from "../base/index.ts";
import { segmentsOf } from "./layer-folders.ts";
import { openLayout } from "./layout-source.ts";
import { IMAGE_BYTES_MAX, IMAGE_LAYERS_MAX, MANIFEST_BYTES_MAX } from "./limits.ts";
import { MEDIA_TYPES, parseConfig } from "./manifest.ts";
import { broken, ImageProblem } from "./problems.ts";
import type { ImageBytes, ManifestBytes } from "./source.ts";
import { readTar } from "./tar-reader.ts";
import { collected, decompressed, sha256, sniffed } from "./verified.ts";

/** Layers and a few files around each. */
const ARCHIVE_FILES_MAX: number = 10 * IMAGE_LAYERS_MAX;

/** Files of an archive by their paths, and what other paths lead to them. */
interface Saved {
  readonly files: ReadonlyMap<string, { readonly place: string; readonly sizeBytes: number }>;
}

/** `isAllowed` is asked with the archive's real path; `folder`, which must not exist, takes what is in it. */
export async function openArchive(
  path: string,
  wanted: { readonly tag: string | undefined; readonly digest: string | undefined },
  { isAllowed, folder }: { readonly isAllowed: (realPath: string) => boolean; readonly folder: string },
): Promise<ImageBytes> {
  const file = await realpath(path).catch((error: unknown) => {
    if (!hasErrorCode(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) throw error;
    throw new ImageProblem("does-not-exist", `${path} is not there`, { cause: error });
  });
  if (!isAllowed(file)) throw new ImageProblem("no-permission", `${path} is in no folder that images may be read from`);
  if (!(await stat(file)).isFile()) throw new ImageProblem("does-not-exist", `${path} is no file`);
  await mkdir(folder, { recursive: true });
  const gone = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const saved = await unpackArchive(createReadStream(file), folder);
    const opened = saved.files.has("index.json")
      ? await openLayout(await realpath(folder), wanted, () => true)
      : await openSaved(saved, path, wanted.tag);
    return {
      manifest: (digest) => opened.manifest(digest),
      blob: (digest) => opened.blob(digest),
      [Symbol.asyncDispose]: gone,
    };
  } catch (error) {
    await gone();
    throw error;
  }
}

async function unpackArchive(content: AsyncIterable<Uint8Array>, folder: string): Promise<Saved> {
  const files = new Map<string, { place: string; sizeBytes: number }>();
  const links = new Map<string, string>();
  let budget = 2 * IMAGE_BYTES_MAX;
  const sniff = await sniffed(content);
  await readTar(decompressed(sniff.content, sniff.compression), async (entry) => {
    const segments = segmentsOf(entry.path);
    const name = segments.join("/");
    if (files.size + links.size >= ARCHIVE_FILES_MAX)
      throw new ImageProblem("too-large", "the archive has too many files");
    if (entry.type === "SymbolicLink") links.set(name, join(dirname(`/${name}`), entry.linkTarget).slice(1));
    else if (entry.type === "Link") links.set(name, segmentsOf(entry.linkTarget).join("/"));
    if (entry.type !== "File" && entry.type !== "OldFile") return;
    budget -= entry.sizeBytes;
    if (budget < 0) throw new ImageProblem("too-large", "the archive is larger than an image may be");
    const place = join(folder, ...segments);
    await mkdir(dirname(place), { recursive: true });
    await pipeline(Readable.from(entry.content), createWriteStream(place, { flags: "wx" }));
    files.set(name, { place, sizeBytes: entry.sizeBytes });
  });
  for (const [name, target] of links) {
    const found = files.get(target);
    if (found !== undefined && !files.has(name)) files.set(name, found);
  }
  return { files };
}

/** What `docker save` has written names files; a manifest with digests is made of it. */
async function openSaved({ files }: Saved, path: string, tag: string | undefined): Promise<ImageBytes> {
  const place = (name: string): { readonly place: string; readonly sizeBytes: number } => {
    const found = files.get(name);
    if (found === undefined) throw broken(`${path} has no ${name.slice(0, 200)}`);
    return found;
  };
  const read = (name: string): Promise<Buffer> => collected(createReadStream(place(name).place), MANIFEST_BYTES_MAX);
  if (!files.has("manifest.json")) throw new ImageProblem("not-supported", `${path} is no saved image`);
  const image = chosen(await read("manifest.json"), path, tag);
  const config = await read(image.config);
  const { diffIds } = parseConfig(config);
  if (diffIds.length !== image.layers.length)
    throw broken(`${path} has ${image.layers.length} layers and ${diffIds.length} digests`);
  const layers = image.layers.map((name, at) => ({ digest: diffIds[at] ?? "", ...place(name) }));
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.dockerManifest,
      config: {
        mediaType: "application/vnd.docker.container.image.v1+json",
        size: config.length,
        digest: sha256(config),
      },
      layers: layers.map(({ digest, sizeBytes }) => ({
        mediaType: "application/vnd.docker.image.rootfs.diff.tar",
        size: sizeBytes,
        digest,
      })),
    }),
  );
  const manifest: ManifestBytes = { bytes, digest: sha256(bytes), mediaType: MEDIA_TYPES.dockerManifest };
  const blobs = new Map([
    [sha256(config), place(image.config).place],
    ...layers.map((layer): [string, string] => [layer.digest, layer.place]),
  ]);
  return {
    manifest: async () => manifest,
    async blob(digest) {
      const found = blobs.get(digest);
      if (found === undefined) throw broken(`${path} has no ${digest}`);
      return createReadStream(found);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface SavedImage {
  readonly config: string;
  readonly layers: readonly string[];
  readonly tags: readonly string[];
}

function chosen(bytes: Uint8Array, path: string, tag: string | undefined): SavedImage {
  const images = parseSaved(bytes, path);
  const [first, ...more] = images;
  const found =
    tag === undefined
      ? more.length === 0
        ? first
        : undefined
      : images.find(({ tags }) => tags.some((name) => name.endsWith(`:${tag}`)));
  if (found !== undefined) return found;
  throw new ImageProblem(
    "does-not-exist",
    `${basename(path)} has no image ${tag ?? "by itself, so name one by its tag"}`,
  );
}

function parseSaved(bytes: Uint8Array, path: string): readonly SavedImage[] {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new ImageProblem("broken", `manifest.json of ${path} is no JSON`, { cause });
  }
  if (!Array.isArray(json)) throw broken(`manifest.json of ${path} is no list`);
  return json.map((value: unknown) => {
    const image: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(Object(value)));
    const { Config: config, Layers: layers, RepoTags: tags } = image;
    if (typeof config !== "string" || !Array.isArray(layers)) throw broken(`manifest.json of ${path} names no image`);
    return {
      config,
      layers: layers.filter((name) => typeof name === "string"),
      tags: Array.isArray(tags) ? tags.map(String) : [],
    };
  });
}
