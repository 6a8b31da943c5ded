/**
 * An OCI image layout: a folder with `index.json` and `blobs/sha256/`. It may be somebody else's, so every file is opened below the
 * folder only, without following a link out of it.
 */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { hasErrorCode } from "../base/index.ts";
import { MANIFEST_BYTES_MAX } from "./limits.ts";
import { hexOf, MEDIA_TYPES, parseManifest } from "./manifest.ts";
import { ImageProblem } from "./problems.ts";
import type { ImageBytes, ManifestBytes } from "./source.ts";
import { collected, sha256 } from "./verified.ts";

/** Throws ImageProblem where there is none. `isAllowed` is asked with the real path of each file. */
export async function openLayout(
  folder: string,
  wanted: { readonly tag: string | undefined; readonly digest: string | undefined },
  isAllowed: (realPath: string) => boolean,
): Promise<ImageBytes> {
  const root = await realPathOf(folder);
  const read = async (...names: string[]): Promise<AsyncIterable<Uint8Array>> => {
    const path = await realPathOf(join(root, ...names));
    if (!isAllowed(path) || !(path === root || path.startsWith(root + sep))) {
      throw new ImageProblem("no-permission", `${join(folder, ...names)} leads out of its folder`);
    }
    if (!(await stat(path)).isFile()) throw new ImageProblem("does-not-exist", `${join(folder, ...names)} is no file`);
    return createReadStream(path);
  };
  const blob = (digest: string): Promise<AsyncIterable<Uint8Array>> => read("blobs", "sha256", hexOf(digest));
  const index = async (): Promise<Buffer> => collected(await read("index.json"), MANIFEST_BYTES_MAX);
  const first = wanted.digest ?? named(await index(), wanted.tag, folder);
  return {
    async manifest(digest = first): Promise<ManifestBytes> {
      const bytes = await collected(await blob(digest), MANIFEST_BYTES_MAX);
      return { bytes, digest: sha256(bytes), mediaType: undefined };
    },
    blob,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The digest that `index.json` gives a tag; without one there must be a single image. */
function named(bytes: Uint8Array, tag: string | undefined, folder: string): string {
  const index = parseManifest(bytes, MEDIA_TYPES.ociIndex);
  if (index.kind !== "index") throw new ImageProblem("broken", `index.json of ${folder} is no index`);
  const manifests = index.manifests.map(({ digest, names }) => ({ digest, tags: names.map(tagOf) }));
  const [first, ...more] = manifests;
  const found =
    tag === undefined ? (more.length === 0 ? first : undefined) : manifests.find(({ tags }) => tags.includes(tag));
  if (found !== undefined) return found.digest;
  const tags = [...new Set(manifests.flatMap((manifest) => manifest.tags))].slice(0, 10);
  const said = tags.length === 0 ? "" : ` It has ${tags.join(", ")}.`;
  throw new ImageProblem(
    "does-not-exist",
    `${folder} has no image ${tag ?? "by itself, so name one by its tag"}.${said}`,
  );
}

/** `latest` of `docker.io/library/name:latest`. */
function tagOf(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}

async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) {
      throw new ImageProblem("does-not-exist", `${path} is not there`, { cause: error });
    }
    throw error;
  }
}
