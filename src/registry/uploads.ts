/**
 * Blobs on their way: each upload is a file that grows, and a note of whose it is, so that a client goes on where it was, also
 * after the server was killed. Nothing of it is content yet: that it becomes when its digest is right.
 */
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, hasErrorCode, type Log, type Random } from "../base/index.ts";
import { LAYER_BYTES_MAX, SWEEP_INTERVAL_MS, UPLOAD_IDLE_MS, UPLOADS_MAX } from "./limits.ts";
import { RegistryProblem } from "./problems.ts";
import { type RepositoryName, repositoryPath } from "./records.ts";

const ID = /^[0-9a-f-]{36}$/;

export interface UploadsOptions {
  /** `<data>/registry/uploads`; made when needed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class Uploads {
  readonly #options: UploadsOptions;
  /** Being written just now: one client writes an upload. */
  readonly #busy = new Set<string>();
  #expiry: Disposable | undefined;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#expiry?.[Symbol.dispose]();
  }

  /** Begins one. Throws RegistryProblem when there are too many. */
  async begin(repository: RepositoryName): Promise<string> {
    const { folder, random } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.expire();
    if ((await readdir(folder)).length >= 2 * UPLOADS_MAX) {
      throw new RegistryProblem("TOOMANYREQUESTS", 429, "too many uploads have begun and not ended");
    }
    const id = random.uuid();
    await writeFile(this.#file(id), "", { flag: "wx", mode: 0o600 });
    await writeFile(`${this.#file(id)}.repository`, repositoryPath(repository), { flag: "wx", mode: 0o600 });
    this.#expireLater();
    return id;
  }

  /** How many bytes are there. Throws RegistryProblem for an upload that is not this repository's. */
  async size(repository: RepositoryName, id: string): Promise<number> {
    try {
      if (!ID.test(id)) throw unknownUpload();
      const owner = await readFile(`${this.#file(id)}.repository`, "utf8");
      if (owner !== repositoryPath(repository)) throw unknownUpload();
      return (await stat(this.#file(id))).size;
    } catch (error) {
      throw hasErrorCode(error, "ENOENT") ? unknownUpload() : error;
    }
  }

  /**
   * Appends; resolves with how many bytes are there then. What came before a client went away stays. `from` is where the client
   * believes to be. Throws RegistryProblem when it is elsewhere, or another client is writing.
   */
  append(
    repository: RepositoryName,
    id: string,
    content: AsyncIterable<Uint8Array>,
    from: number | undefined,
  ): Promise<number> {
    return this.#alone(id, async () => {
      let size = await this.size(repository, id);
      if (from !== undefined && from !== size) {
        throw new RegistryProblem("BLOB_UPLOAD_INVALID", 416, `the upload has ${size} bytes, not ${from}`);
      }
      const file = await open(this.#file(id), "r+");
      try {
        for await (const chunk of content) {
          if (size + chunk.length > LAYER_BYTES_MAX) throw new RegistryProblem("SIZE_INVALID", 413, "blob too large");
          for (let done = 0; done < chunk.length; ) {
            const { bytesWritten } = await file.write(chunk, done, chunk.length - done, size);
            done += bytesWritten;
            size += bytesWritten;
          }
        }
      } finally {
        await file.close();
      }
      return size;
    });
  }

  /** Hands the bytes over and forgets the upload, unless `take` throws for something that a client may try again. */
  finish(
    repository: RepositoryName,
    id: string,
    take: (content: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    return this.#alone(id, async () => {
      await this.size(repository, id);
      try {
        await take(createReadStream(this.#file(id)));
      } catch (error) {
        if (error instanceof RegistryProblem) await this.#remove(id);
        throw error;
      }
      await this.#remove(id);
    });
  }

  async cancel(repository: RepositoryName, id: string): Promise<void> {
    await this.size(repository, id);
    await this.#remove(id);
  }

  /** Removes uploads that nobody has continued for long. */
  async expire(): Promise<void> {
    const { folder, clock } = this.#options;
    for (const name of await namesIn(folder)) {
      const id = name.slice(0, 36);
      if (this.#busy.has(id) || !ID.test(id)) continue;
      if (name !== id) continue;
      const { mtimeMs } = await stat(join(folder, name));
      if (clock.now() - mtimeMs > UPLOAD_IDLE_MS) await this.#remove(id);
    }
  }

  async #alone<T>(id: string, step: () => Promise<T>): Promise<T> {
    if (this.#busy.has(id))
      throw new RegistryProblem("BLOB_UPLOAD_INVALID", 416, "another request is writing this upload");
    this.#busy.add(id);
    try {
      return await step();
    } finally {
      this.#busy.delete(id);
    }
  }

  async #remove(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
    await rm(`${this.#file(id)}.repository`, { force: true });
  }

  #expireLater(): void {
    this.#expiry ??= this.#options.clock.schedule(SWEEP_INTERVAL_MS, () => {
      this.#expiry = undefined;
      this.expire().then(
        async () => {
          if ((await namesIn(this.#options.folder)).length > 0) this.#expireLater();
        },
        (error: unknown) => this.#options.log.warn("uploads that were given up could not be removed", { error }),
      );
    });
  }

  #file(id: string): string {
    return join(this.#options.folder, id);
  }
}

function unknownUpload(): RegistryProblem {
  return new RegistryProblem("BLOB_UPLOAD_UNKNOWN", 404, "blob upload unknown to registry");
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return [];
    throw error;
  }
}
