/** OCI image layouts and saved archives for tests, in a folder of this machine: nothing is fetched. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { makeTar, type TestEntry } from "./tar.ts";

export interface TestLayer {
  readonly tar: Buffer;
  readonly compression?: "none" | "gzip" | "zstd";
}

export interface TestImage {
  readonly layers: readonly TestLayer[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
  /** In place of those of the layers. */
  readonly diffIds?: readonly string[];
}

export interface MadeBlob {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

export interface MadeImage {
  readonly digest: string;
  readonly manifest: Buffer;
  readonly mediaType: string;
  /** The configuration first, then the layers. */
  readonly blobs: readonly MadeBlob[];
}

const HOST_ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";
const MEDIA = "application/vnd.oci.image";
const COMPRESS = {
  none: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes, { level: 1 }),
  zstd: zstdCompressSync,
};

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export function makeImage({ layers, config = {}, architecture = HOST_ARCHITECTURE, diffIds }: TestImage): MadeImage {
  const made = layers.map(({ tar, compression = "none" }): MadeBlob => {
    const bytes = COMPRESS[compression](tar);
    const suffix = compression === "none" ? "" : `+${compression}`;
    return { bytes, digest: digestOf(bytes), mediaType: `${MEDIA}.layer.v1.tar${suffix}` };
  });
  const configBytes = Buffer.from(
    JSON.stringify({
      architecture,
      os: "linux",
      config,
      rootfs: { type: "layers", diff_ids: diffIds ?? layers.map(({ tar }) => digestOf(tar)) },
    }),
  );
  const configBlob = { bytes: configBytes, digest: digestOf(configBytes), mediaType: `${MEDIA}.config.v1+json` };
  const mediaType = `${MEDIA}.manifest.v1+json`;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: described(configBlob),
      layers: made.map(described),
    }),
  );
  return { digest: digestOf(manifest), manifest, mediaType, blobs: [configBlob, ...made] };
}

/** Writes images into the layout at `folder`, by tag. */
export function writeLayout(folder: string, images: Readonly<Record<string, MadeImage>>): string {
  mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
  const put = (digest: string, bytes: Uint8Array): void =>
    writeFileSync(join(folder, "blobs", "sha256", digest.slice(7)), bytes);
  for (const image of Object.values(images)) {
    put(image.digest, image.manifest);
    for (const { digest, bytes } of image.blobs) put(digest, bytes);
  }
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const manifests = Object.entries(images).map(([tag, { digest, manifest, mediaType }]) => ({
    mediaType,
    digest,
    size: manifest.length,
    annotations: { "org.opencontainers.image.ref.name": tag },
  }));
  writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  return folder;
}

/** The files below `folder` as a layer; programs stay executable. */
export function layerOf(folder: string): Buffer {
  const entries: TestEntry[] = [];
  const walk = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).sort()) {
      const inside = path === "" ? name : `${path}/${name}`;
      const stat = statSync(join(folder, inside));
      if (stat.isDirectory()) {
        entries.push({ path: `${inside}/`, type: "5" });
        walk(inside);
      } else entries.push({ path: inside, content: readFileSync(join(folder, inside)), mode: stat.mode & 0o777 });
    }
  };
  walk("");
  return makeTar(entries);
}

function described({ mediaType, digest, bytes }: MadeBlob): object {
  return { mediaType, digest, size: bytes.length };
}
