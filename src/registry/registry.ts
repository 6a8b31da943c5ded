/**
 * Repositories of container images: what clients push, what functions are made of. Both doors, the distribution protocol and ECR's
 * operations, go through here, so that they cannot disagree. Invariant: a manifest is only there while everything that it names is.
 */
import type { Clock, Log } from "../base/index.ts";
import type { Blobs, Records } from "../store/index.ts";
import { Content } from "./content.ts";
import { digestOfBytes, hexOf } from "./digest.ts";
import { MANIFEST_BYTES_MAX, SWEEP_INTERVAL_MS, UNNAMED_BLOB_MS } from "./limits.ts";
import { manifestParts } from "./manifest-parts.ts";
import { RegistryProblem } from "./problems.ts";
import {
  type ImageRecord,
  partOf,
  partPath,
  type RegistryTables,
  type RepositoryName,
  type RepositoryRecord,
  registryTables,
  repositoryPath,
} from "./records.ts";
import { RepositoryLocks } from "./repository-locks.ts";

export interface RegistryOptions {
  readonly store: { readonly records: Records; readonly blobs: Blobs };
  readonly clock: Clock;
  readonly log: Log;
  readonly isUsedElsewhere: (hex: string) => boolean;
}

export interface PushedManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly tag: string | undefined;
  /** What the client says it is. */
  readonly digest: string | undefined;
}

export class Registry {
  readonly tables: RegistryTables;
  readonly content: Content;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #locks = new RepositoryLocks();
  #sweep: Disposable | undefined;

  constructor({ store, clock, log, isUsedElsewhere }: RegistryOptions) {
    this.tables = registryTables(store.records);
    this.content = new Content({ tables: this.tables, blobs: store.blobs, clock, log, isUsedElsewhere });
    this.#clock = clock;
    this.#log = log;
  }

  /** To be called before anybody else: the store's content is shared. */
  async start(): Promise<void> {
    await this.content.start();
    for await (const _layer of this.tables.layers.scan("")) return this.#sweepLater();
  }

  [Symbol.dispose](): void {
    this.#sweep?.[Symbol.dispose]();
  }

  repository(name: RepositoryName): Promise<RepositoryRecord | undefined> {
    return this.tables.repositories.get(repositoryPath(name));
  }

  /** False when there is one already. */
  createRepository(record: RepositoryRecord): Promise<boolean> {
    return this.tables.repositories.create(repositoryPath(record), record);
  }

  /** Undefined when there is none. `change` may throw to leave it as it is. */
  changeRepository(
    name: RepositoryName,
    change: (record: RepositoryRecord) => RepositoryRecord,
  ): Promise<RepositoryRecord | undefined> {
    return this.tables.repositories.update(repositoryPath(name), change);
  }

  /** Removes the repository and all that is in it. `check` is asked once nobody pushes. */
  deleteRepository(name: RepositoryName, check: () => Promise<void>): Promise<RepositoryRecord | undefined> {
    return this.#locks.run(name, async () => {
      await check();
      const record = await this.tables.repositories.deleteIf(repositoryPath(name), () => undefined);
      if (record === undefined) return undefined;
      for await (const { path } of this.tables.tags.scan(partPath(name))) await this.tables.tags.delete(path);
      for await (const { path } of this.tables.images.scan(partPath(name))) await this.#removeImage(path);
      for await (const { path } of this.tables.layers.scan(partPath(name))) await this.#removeLayer(path);
      return record;
    });
  }

  /** The digest that a tag means. */
  async digestOf(name: RepositoryName, tag: string): Promise<string | undefined> {
    return (await this.tables.tags.get(partPath(name, tag)))?.digest;
  }

  image(name: RepositoryName, digest: string): Promise<ImageRecord | undefined> {
    return this.tables.images.get(partPath(name, hexOf(digest)));
  }

  /** The manifest's bytes; undefined when it has gone. */
  async manifest(digest: string): Promise<Buffer | undefined> {
    const content = await this.content.read(hexOf(digest));
    if (content === undefined) return undefined;
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async layerBytes(name: RepositoryName, digest: string): Promise<number | undefined> {
    return (await this.tables.layers.get(partPath(name, hexOf(digest))))?.sizeBytes;
  }

  /** Takes a blob in. Throws RegistryProblem. */
  async addLayer(
    name: RepositoryName,
    digest: string,
    content: AsyncIterable<Uint8Array>,
    maxBytes: number,
  ): Promise<void> {
    await this.content.add(digest, content, {
      maxBytes,
      link: (sizeBytes) => this.#link(name, digest, sizeBytes),
    });
    this.#sweepLater();
  }

  /** Makes a blob of one repository another's too; false when it is not there. */
  async mountLayer(from: RepositoryName, to: RepositoryName, digest: string): Promise<boolean> {
    const sizeBytes = await this.layerBytes(from, digest);
    if (sizeBytes === undefined) return false;
    const hex = hexOf(digest);
    this.content.use(hex);
    if (!(await this.#link(to, digest, sizeBytes))) await this.content.letGo(hex);
    this.#sweepLater();
    return true;
  }

  /** False when the repository has no such blob. Throws for one that a manifest names. */
  removeLayer(name: RepositoryName, digest: string): Promise<boolean> {
    return this.#locks.run(name, async () => {
      if ((await this.#namedBlobs(name)).has(digest)) {
        throw new RegistryProblem("DENIED", 403, "an image of the repository is made of this blob");
      }
      return this.#removeLayer(partPath(name, hexOf(digest)));
    });
  }

  /**
   * `wasThere`: nothing has changed. Takes a manifest in and lets its tag mean it. Throws RegistryProblem. `mayMove` is asked when the tag means another
   * manifest already.
   */
  pushManifest(
    name: RepositoryName,
    { bytes, mediaType, tag, digest: stated }: PushedManifest,
    mayMove: (tag: string) => void,
  ): Promise<{ readonly image: ImageRecord; readonly wasThere: boolean }> {
    return this.#locks.run(name, async () => {
      if (bytes.length > MANIFEST_BYTES_MAX) throw new RegistryProblem("MANIFEST_INVALID", 413, "manifest too large");
      const parts = manifestParts(bytes, mediaType);
      if (parts === undefined) throw new RegistryProblem("MANIFEST_INVALID", 400, "manifest invalid");
      const digest = digestOfBytes(bytes);
      if (stated !== undefined && stated !== digest) {
        throw new RegistryProblem("DIGEST_INVALID", 400, "provided digest did not match uploaded content");
      }
      await this.#requireParts(name, parts);
      const before = tag === undefined ? undefined : await this.digestOf(name, tag);
      if (tag !== undefined && before !== undefined && before !== digest) mayMove(tag);
      const found = await this.image(name, digest);
      const { artifactType, subject, blobs, manifests, contentBytes } = parts;
      const record: ImageRecord = found ?? {
        digest,
        mediaType: parts.mediaType,
        ...(artifactType !== undefined && { artifactType }),
        ...(subject !== undefined && { subject }),
        manifestBytes: bytes.length,
        contentBytes,
        pushedMs: this.#clock.now(),
        blobs,
        manifests,
      };
      if (found === undefined) {
        await this.content.add(digest, once(bytes), {
          maxBytes: MANIFEST_BYTES_MAX,
          link: () => this.tables.images.create(partPath(name, hexOf(digest)), record),
        });
      }
      if (tag !== undefined) await this.tables.tags.change(partPath(name, tag), () => ({ digest }));
      return { image: record, wasThere: found !== undefined && (tag === undefined || before === digest) };
    });
  }

  /** Takes a tag away; false when there was none. */
  removeTag(name: RepositoryName, tag: string): Promise<boolean> {
    return this.#locks.run(name, () => this.tables.tags.delete(partPath(name, tag)));
  }

  /** Removes a manifest with its tags, and the blobs that no other one of the repository names. Undefined when it was not there. */
  removeImage(name: RepositoryName, digest: string): Promise<ImageRecord | undefined> {
    return this.#locks.run(name, async () => {
      const record = await this.image(name, digest);
      if (record === undefined) return undefined;
      for (const tag of await this.tagsOf(name, digest)) await this.tables.tags.delete(partPath(name, tag));
      await this.#removeImage(partPath(name, hexOf(digest)));
      const named = await this.#namedBlobs(name);
      for (const blob of record.blobs) if (!named.has(blob)) await this.#removeLayer(partPath(name, hexOf(blob)));
      return record;
    });
  }

  /** All images, by digest, with their tags. */
  async images(
    name: RepositoryName,
  ): Promise<readonly { readonly image: ImageRecord; readonly tags: readonly string[] }[]> {
    const tags = new Map<string, string[]>();
    for await (const { path, value } of this.tables.tags.scan(partPath(name))) {
      tags.set(value.digest, [...(tags.get(value.digest) ?? []), partOf(path)]);
    }
    const images = [];
    for await (const { value } of this.tables.images.scan(partPath(name))) {
      images.push({ image: value, tags: tags.get(value.digest) ?? [] });
    }
    return images;
  }

  async tagsOf(name: RepositoryName, digest: string): Promise<readonly string[]> {
    const tags: string[] = [];
    for await (const { path, value } of this.tables.tags.scan(partPath(name))) {
      if (value.digest === digest) tags.push(partOf(path));
    }
    return tags;
  }

  async #requireParts(
    name: RepositoryName,
    { blobs, manifests }: { readonly blobs: readonly string[]; readonly manifests: readonly string[] },
  ): Promise<void> {
    for (const blob of blobs) {
      if ((await this.layerBytes(name, blob)) !== undefined) continue;
      throw new RegistryProblem("MANIFEST_BLOB_UNKNOWN", 400, `blob unknown to registry: ${blob}`);
    }
    for (const manifest of manifests) {
      if ((await this.image(name, manifest)) !== undefined) continue;
      throw new RegistryProblem("MANIFEST_BLOB_UNKNOWN", 400, `manifest unknown to registry: ${manifest}`);
    }
  }

  async #namedBlobs(name: RepositoryName): Promise<ReadonlySet<string>> {
    const named = new Set<string>();
    for await (const { value } of this.tables.images.scan(partPath(name)))
      for (const blob of value.blobs) named.add(blob);
    return named;
  }

  /** True when the repository did not have the blob yet. */
  #link(name: RepositoryName, digest: string, sizeBytes: number): Promise<boolean> {
    return this.#locks.run(name, async () => {
      if ((await this.repository(name)) === undefined) throw repositoryUnknown(name);
      return this.tables.layers.create(partPath(name, hexOf(digest)), { sizeBytes, addedMs: this.#clock.now() });
    });
  }

  async #removeImage(path: string): Promise<void> {
    if (await this.tables.images.delete(path)) await this.content.letGo(partOf(path));
  }

  async #removeLayer(path: string): Promise<boolean> {
    const removed = await this.tables.layers.delete(path);
    if (removed) await this.content.letGo(partOf(path));
    return removed;
  }

  #sweepLater(): void {
    this.#sweep ??= this.#clock.schedule(SWEEP_INTERVAL_MS, () => {
      this.#sweep = undefined;
      this.removeUnnamed().catch((error: unknown) => {
        this.#log.warn("blobs that no image is made of could not be removed", { error });
      });
    });
  }

  /** Removes blobs that no manifest came for. */
  async removeUnnamed(): Promise<void> {
    const oldest = this.#clock.now() - UNNAMED_BLOB_MS;
    let some = false;
    for await (const { value: repository } of this.tables.repositories.scan("")) {
      const named = await this.#namedBlobs(repository);
      for await (const { path, value } of this.tables.layers.scan(partPath(repository))) {
        some = true;
        if (value.addedMs >= oldest || named.has(`sha256:${partOf(path)}`)) continue;
        await this.removeLayer(repository, `sha256:${partOf(path)}`).catch((error: unknown) => {
          // A manifest has come for it just now.
          if (!(error instanceof RegistryProblem)) throw error;
        });
      }
    }
    if (some) this.#sweepLater();
  }
}

export function repositoryUnknown({ name, accountId }: RepositoryName): RegistryProblem {
  const message = `The repository with name '${name}' does not exist in the registry with id '${accountId}'`;
  return new RegistryProblem("NAME_UNKNOWN", 404, message);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
