/**
 * What a manifest names, whatever it is the manifest of: images, indexes, charts, signatures. A registry keeps them all, and
 * checks only that what they are made of is there. Pure.
 */
import { MANIFEST_PARTS_MAX } from "./limits.ts";

export interface ManifestParts {
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  /** Digests of configuration and layers, and their sizes together. */
  readonly blobs: readonly string[];
  readonly contentBytes: number;
  /** Digests of manifests that it lists. */
  readonly manifests: readonly string[];
  readonly subject: string | undefined;
}

/** Undefined for what is no manifest. `statedType` is the request's content type. */
export function manifestParts(bytes: Uint8Array, statedType: string): ManifestParts | undefined {
  const json = parsed(bytes);
  if (json === undefined) return undefined;
  const mediaType = typeof json["mediaType"] === "string" ? json["mediaType"] : statedType;
  const config = json["config"] === undefined ? [] : [json["config"]];
  const [layers, manifests] = [listOf(json["layers"] ?? []), listOf(json["manifests"] ?? [])];
  if (layers === undefined || manifests === undefined || layers.length + manifests.length > MANIFEST_PARTS_MAX) {
    return undefined;
  }
  if (json["config"] === undefined && json["manifests"] === undefined && json["layers"] === undefined) return undefined;
  const parts = [...config, ...layers].map(described);
  const listed = manifests.map(described);
  const subject = json["subject"] === undefined ? undefined : described(json["subject"]);
  if (mediaType === "" || [...parts, ...listed].includes(undefined)) return undefined;
  const blobs = parts.flatMap((part) => part ?? []);
  return {
    mediaType,
    artifactType: artifactTypeOf(json),
    blobs: [...new Set(blobs.map(({ digest }) => digest))],
    contentBytes: blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    manifests: [...new Set(listed.flatMap((part) => part?.digest ?? []))],
    subject: subject?.digest,
  };
}

type Members = Readonly<Record<string, unknown>>;

function parsed(bytes: Uint8Array): Members | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isMembers(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function described(value: unknown): { readonly digest: string; readonly sizeBytes: number } | undefined {
  if (!isMembers(value)) return undefined;
  const { digest, size } = value;
  if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  return typeof size === "number" && Number.isSafeInteger(size) && size >= 0 ? { digest, sizeBytes: size } : undefined;
}

function artifactTypeOf(json: Members): string | undefined {
  if (typeof json["artifactType"] === "string") return json["artifactType"];
  const config = json["config"];
  return isMembers(config) && typeof config["mediaType"] === "string" ? config["mediaType"] : undefined;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
