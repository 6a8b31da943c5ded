/**
 * Manifests, indexes and configurations of images, parsed at the edge: OCI's and Docker's media types, one platform chosen.
 * Pure; knows no registry and no files.
 */
import { CONFIG_BYTES_MAX, IMAGE_LAYERS_MAX, INDEX_MANIFESTS_MAX, MANIFEST_BYTES_MAX } from "./limits.ts";
import { broken, ImageProblem } from "./problems.ts";

export const MEDIA_TYPES = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
} as const;

const INDEXES: readonly string[] = [MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerList];
const MANIFESTS: readonly string[] = [MEDIA_TYPES.ociManifest, MEDIA_TYPES.dockerManifest];
const CONFIGS: readonly string[] = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
];
const LAYERS: ReadonlyMap<string, Compression> = new Map([
  ["application/vnd.oci.image.layer.v1.tar", "none"],
  ["application/vnd.oci.image.layer.v1.tar+gzip", "gzip"],
  ["application/vnd.oci.image.layer.v1.tar+zstd", "zstd"],
  ["application/vnd.docker.image.rootfs.diff.tar", "none"],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd"],
]);

/** Annotations by which layouts name their images. */
const NAMES = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];

export type Compression = "none" | "gzip" | "zstd";
export type ImageArchitecture = "x86_64" | "arm64";

export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface ImageManifest {
  readonly kind: "manifest";
  readonly config: Descriptor;
  /** The lowest first. */
  readonly layers: readonly (Descriptor & { readonly compression: Compression })[];
}

export interface ImageIndex {
  readonly kind: "index";
  readonly manifests: readonly IndexedManifest[];
}

export interface IndexedManifest extends Descriptor {
  readonly os: string;
  readonly architecture: string;
  /** What a layout calls it: tags, or whole references. */
  readonly names: readonly string[];
}

/** What of an image's configuration a function needs. */
export interface ImageConfig {
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly architecture: string;
  readonly os: string;
  /** `sha256:` of each layer's tar, unpacked. */
  readonly diffIds: readonly string[];
}

/** Throws ImageProblem for what is no manifest, or one of something else than an image. */
export function parseManifest(bytes: Uint8Array, statedType?: string): ImageManifest | ImageIndex {
  if (bytes.length > MANIFEST_BYTES_MAX) throw new ImageProblem("too-large", "the manifest is larger than 4 MiB");
  const json = jsonObject(bytes, "manifest");
  const mediaType = text(json["mediaType"]) ?? statedType ?? guessedType(json);
  if (INDEXES.includes(mediaType)) return parseIndex(json);
  if (!MANIFESTS.includes(mediaType)) throw new ImageProblem("not-supported", `${mediaType} is no image's manifest`);
  const layers = list(json["layers"], "layers").map((value) => descriptor(value, "a layer"));
  if (layers.length === 0) throw broken("the image has no layers");
  if (layers.length > IMAGE_LAYERS_MAX) throw new ImageProblem("too-large", `the image has ${layers.length} layers`);
  const config = descriptor(json["config"], "the configuration");
  if (!CONFIGS.includes(config.mediaType)) {
    throw new ImageProblem("not-supported", `${config.mediaType} is no image's configuration`);
  }
  return { kind: "manifest", config, layers: layers.map(withCompression) };
}

/** The manifest of an index for Linux on `architecture`; attestations and other platforms are passed over. */
export function choosePlatform(index: ImageIndex, architecture: ImageArchitecture): Descriptor {
  const wanted = ociArchitecture(architecture);
  const found = index.manifests.find((manifest) => manifest.os === "linux" && manifest.architecture === wanted);
  if (found !== undefined) return found;
  throw new ImageProblem("not-supported", `the image is not there for linux/${wanted}`);
}

export function ociArchitecture(architecture: ImageArchitecture): string {
  return architecture === "arm64" ? "arm64" : "amd64";
}

/** Throws ImageProblem for a configuration that cannot be run. */
export function parseConfig(bytes: Uint8Array): ImageConfig {
  const json = jsonObject(bytes, "configuration");
  const config = isObject(json["config"]) ? json["config"] : {};
  if (JSON.stringify(config).length > CONFIG_BYTES_MAX) {
    throw new ImageProblem("too-large", `the image's configuration is larger than ${CONFIG_BYTES_MAX} bytes`);
  }
  const rootfs = isObject(json["rootfs"]) ? json["rootfs"] : {};
  const diffIds = strings(rootfs["diff_ids"]);
  for (const id of diffIds) if (!isDigest(id)) throw broken(`${id.slice(0, 100)} is no digest of a layer`);
  return {
    entryPoint: strings(config["Entrypoint"]),
    command: strings(config["Cmd"]),
    workingDirectory: text(config["WorkingDir"]) ?? "",
    variables: variablesOf(strings(config["Env"])),
    architecture: text(json["architecture"]) ?? "",
    os: text(json["os"]) ?? "",
    diffIds,
  };
}

export function isDigest(value: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(value);
}

/** The 64 digits. */
export function hexOf(digest: string): string {
  return digest.slice("sha256:".length);
}

function parseIndex(json: Members): ImageIndex {
  const manifests = list(json["manifests"], "manifests");
  if (manifests.length > INDEX_MANIFESTS_MAX) throw new ImageProblem("too-large", "the index has too many manifests");
  return {
    kind: "index",
    manifests: manifests.map((value) => {
      const annotations = isObject(value) && isObject(value["annotations"]) ? value["annotations"] : {};
      const platform = isObject(value) && isObject(value["platform"]) ? value["platform"] : {};
      return {
        ...descriptor(value, "a manifest"),
        os: text(platform["os"]) ?? "",
        architecture: text(platform["architecture"]) ?? "",
        names: NAMES.flatMap((name) => text(annotations[name]) ?? []),
      };
    }),
  };
}

function withCompression(layer: Descriptor): Descriptor & { readonly compression: Compression } {
  const compression = LAYERS.get(layer.mediaType);
  if (compression === undefined) throw new ImageProblem("not-supported", `${layer.mediaType} is no layer of an image`);
  return { ...layer, compression };
}

function guessedType(json: Members): string {
  return json["manifests"] === undefined ? MEDIA_TYPES.ociManifest : MEDIA_TYPES.ociIndex;
}

function variablesOf(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line): [string, string] => {
    const at = line.indexOf("=");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

type Members = Readonly<Record<string, unknown>>;

function jsonObject(bytes: Uint8Array, what: string): Members {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw broken(`the ${what} is no JSON object`);
}

function descriptor(value: unknown, what: string): Descriptor {
  if (!isObject(value)) throw broken(`${what} is not described`);
  const [mediaType, digest, sizeBytes] = [text(value["mediaType"]), text(value["digest"]), value["size"]];
  if (mediaType === undefined || digest === undefined || !isDigest(digest)) throw broken(`${what} has no digest`);
  if (typeof sizeBytes !== "number" || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw broken(`${what} has no size`);
  }
  return { mediaType, digest, sizeBytes };
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw broken(`the manifest has no list of ${what}`);
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
