/**
 * From a reference to the place that has its bytes, where the operator of the server allows that place: repositories of this
 * server always, folders of this machine and other registries only where they were named at the start.
 */
import { realpathSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { type Clock, hasErrorCode, type Random } from "../base/index.ts";
import { ImageProblem } from "./problems.ts";
import { type ImageReference, parseReference } from "./reference.ts";
import type { ImageBytes } from "./source.ts";

/** Whose function it is that an image is for. */
export interface ImagePlace {
  readonly accountId: string;
  readonly region: string;
}

/** Repositories of this server. */
export interface Repositories {
  /** The image, or why it cannot be had; `caller` is who wants it. */
  open(
    caller: ImagePlace,
    repository: ImagePlace & { readonly name: string },
    image: { readonly tag: string | undefined; readonly digest: string | undefined },
  ): Promise<ImageBytes | "does-not-exist" | "no-permission">;
}

export interface ImageSourcesOptions {
  /** Absent where this server has none. */
  readonly repositories?: Repositories;
  /** `localhost:4566` and the like: names of this server in references. */
  readonly ownHosts: () => readonly string[];
  /** Folders from which layouts and archives may be read. */
  readonly folders: readonly string[];
  /** Host names of registries that may be pulled from. */
  readonly registries: readonly string[];
  /** Takes what is unpacked of archives. */
  readonly scratchFolder: string;
  readonly clock: Clock;
  readonly random: Random;
}

export class ImageSources {
  readonly #options: ImageSourcesOptions;

  constructor(options: ImageSourcesOptions) {
    this.#options = options;
  }

  /** `name`: the reference without tag and digest, as it was written. Throws ImageProblem. */
  async open(uri: string, place: ImagePlace): Promise<{ readonly bytes: ImageBytes; readonly name: string }> {
    const reference = parseReference(uri, this.#options.ownHosts());
    return { bytes: await this.#open(uri, reference, place), name: reference.name };
  }

  async #open(uri: string, reference: ImageReference, place: ImagePlace): Promise<ImageBytes> {
    switch (reference.kind) {
      case "repository":
        return this.#openRepository(uri, reference, place);
      case "layout":
        this.#requireAllowed(reference.path, uri);
        return (await import("./layout-source.ts")).openLayout(reference.path, reference, (path) =>
          this.#isAllowed(path),
        );
      case "archive":
        this.#requireAllowed(reference.path, uri);
        return (await import("./archive-source.ts")).openArchive(reference.path, reference, {
          isAllowed: (path) => this.#isAllowed(path),
          folder: join(this.#options.scratchFolder, `tmp-${this.#options.random.uuid()}`),
        });
      case "remote":
        if (!this.#options.registries.includes(reference.host)) {
          throw new ImageProblem("no-permission", `the server was not started with --image-registry ${reference.host}`);
        }
        return (await import("./remote-source.ts")).openRemote(reference, this.#options.clock);
    }
  }

  async #openRepository(
    uri: string,
    reference: Extract<ImageReference, { kind: "repository" }>,
    place: ImagePlace,
  ): Promise<ImageBytes> {
    const { accountId = place.accountId, region = place.region, repository, tag, digest } = reference;
    // On the service a function and its repository are in one region.
    if (region !== place.region) throw new ImageProblem("not-valid", `${uri} is in another region than the function`);
    const found = await this.#options.repositories?.open(
      place,
      { accountId, region, name: repository },
      { tag: digest === undefined ? tag : undefined, digest },
    );
    if (found === "no-permission") throw new ImageProblem("no-permission", `${uri} may not be read by this account`);
    if (found === undefined || found === "does-not-exist") {
      throw new ImageProblem("does-not-exist", `${uri} is not in a repository of this server`);
    }
    return found;
  }

  /** Before anything of the path is looked at, so that nobody learns what this machine has. */
  #requireAllowed(path: string, uri: string): void {
    const folders = this.#options.folders.map((folder) => resolve(folder));
    if (folders.some((folder) => isBelow(path, folder)) || this.#isAllowed(path)) return;
    throw new ImageProblem(
      "no-permission",
      `${uri} is in no folder that the server was started with as --image-folder`,
    );
  }

  #isAllowed(realPath: string): boolean {
    return this.#options.folders.some((folder) => isBelow(realPath, realFolder(folder)));
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A folder that is not there allows nothing. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return resolve(folder);
    throw error;
  }
}
