/**
 * What the registry keeps, and under which keys; manifests and blobs themselves are in the blob store, by their digests.
 *
 *   ecr/repositories/{account}/{region}/{name}         what ECR knows of a repository
 *   ecr/images/{account}/{region}/{name}/{hex}         a manifest and what it names
 *   ecr/tags/{account}/{region}/{name}/{tag}           the manifest that a tag means
 *   ecr/layers/{account}/{region}/{name}/{hex}         a blob that the repository has
 *   ecr/incoming/{hex}                                 content that is being written: a crash may have left it to nobody
 *
 * A name's slashes are escaped, so that no repository's keys begin as another's.
 */
import {
  array,
  boolean,
  integer,
  mapOf,
  object,
  optional,
  type Records,
  RecordTable,
  type ShapeType,
  type RecordTable as Table,
  text,
} from "../store/index.ts";

/** Where a registry is: each account has one per region. */
export interface RegistryPlace {
  readonly accountId: string;
  readonly region: string;
}

export interface RepositoryName extends RegistryPlace {
  readonly name: string;
}

const repositoryShape = object({
  name: text,
  accountId: text,
  region: text,
  createdMs: integer,
  /** `MUTABLE`, `IMMUTABLE` and the two with exclusions. */
  mutability: text,
  mutabilityExclusions: optional(array(object({ filterType: text, filter: text }))),
  scanOnPush: boolean,
  encryption: object({ encryptionType: text, kmsKey: optional(text) }),
  policy: optional(text),
  lifecycle: optional(object({ text, setMs: integer })),
  tags: mapOf(text),
});
export type RepositoryRecord = ShapeType<typeof repositoryShape>;

const imageShape = object({
  /** `sha256:…` */
  digest: text,
  mediaType: text,
  artifactType: optional(text),
  manifestBytes: integer,
  /** Of the layers and the configuration. */
  contentBytes: integer,
  pushedMs: integer,
  /** Digests of what it is made of, and of manifests that it lists. */
  blobs: array(text),
  manifests: array(text),
  /** What it is about, for a signature or the like. */
  subject: optional(text),
});
export type ImageRecord = ShapeType<typeof imageShape>;

const tagShape = object({ digest: text });
const layerShape = object({ sizeBytes: integer, addedMs: integer });
const incomingShape = object({ sinceMs: integer });

export interface RegistryTables {
  readonly repositories: Table<RepositoryRecord>;
  readonly images: Table<ImageRecord>;
  readonly tags: Table<ShapeType<typeof tagShape>>;
  readonly layers: Table<ShapeType<typeof layerShape>>;
  readonly incoming: Table<ShapeType<typeof incomingShape>>;
}

export function registryTables(records: Records): RegistryTables {
  return {
    repositories: new RecordTable(records, "ecr/repositories", repositoryShape),
    images: new RecordTable(records, "ecr/images", imageShape),
    tags: new RecordTable(records, "ecr/tags", tagShape),
    layers: new RecordTable(records, "ecr/layers", layerShape),
    incoming: new RecordTable(records, "ecr/incoming", incomingShape),
  };
}

export function placePath({ accountId, region }: RegistryPlace): string {
  return `${accountId}/${region}/`;
}

export function repositoryPath(repository: RepositoryName): string {
  return placePath(repository) + encodeURIComponent(repository.name);
}

/** What belongs to a repository: its tag, or the hex digest of its image or blob; without one, the beginning of all. */
export function partPath(repository: RepositoryName, part = ""): string {
  return `${repositoryPath(repository)}/${part}`;
}

/** The last part of such a path. */
export function partOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
