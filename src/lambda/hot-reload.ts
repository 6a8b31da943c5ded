/**
 * Live folders: a saved file makes the next invocation run the new code, while running invocations finish on the old. A
 * folder is watched while a function runs from it. What tools write without meaning a change (.git, the depths of
 * node_modules) is left out.
 */
import { relative, sep } from "node:path";
import type { Clock, Log, Timer } from "../base/index.ts";
import type { Directory } from "./directory.ts";
import { BOUNDS } from "./limits.ts";

export interface HotReloadOptions {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Log;
}

export class HotReload implements AsyncDisposable {
  readonly #options: HotReloadOptions;
  readonly #watches = new Map<string, FolderWatch>();
  #following: Disposable | undefined;

  constructor(options: HotReloadOptions) {
    this.#options = options;
  }

  /** Watches the folders in use, and from now on those that come into use. */
  start(): void {
    this.#following = this.#options.directory.onChange(() => this.#follow());
    this.#follow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#following?.[Symbol.dispose]();
    await Promise.all([...this.#watches.values()].map((watch) => watch[Symbol.asyncDispose]()));
    this.#watches.clear();
  }

  #follow(): void {
    const { directory, clock, log } = this.#options;
    const wanted = new Set(directory.liveFolders());
    for (const [path, watch] of this.#watches) {
      if (wanted.has(path)) continue;
      this.#watches.delete(path);
      watch[Symbol.asyncDispose]().catch((error: unknown) => log.warn("a watch did not end cleanly", { path, error }));
    }
    for (const path of wanted) {
      if (this.#watches.has(path)) continue;
      if (this.#watches.size >= BOUNDS.watchedFolders) {
        log.warn("too many live folders: this one is not watched", { path });
        return;
      }
      this.#watches.set(path, new FolderWatch(path, { clock, log, changed: () => directory.folderChanged(path) }));
    }
  }
}

interface FolderWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
}

class FolderWatch implements AsyncDisposable {
  readonly #path: string;
  readonly #options: FolderWatchOptions;
  readonly #watcher: Promise<{ close(): Promise<void> } | undefined>;
  #settling: Timer | undefined;
  #files = 0;

  constructor(path: string, options: FolderWatchOptions) {
    this.#path = path;
    this.#options = options;
    this.#watcher = this.#open().catch((error: unknown) => {
      options.log.warn("a live folder cannot be watched: changes need an update of the function", { path, error });
      return undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#settling?.cancel();
    await (await this.#watcher)?.close();
  }

  async #open(): Promise<{ close(): Promise<void> }> {
    const { watch } = await import("chokidar");
    const ignored = (path: string): boolean => isNoise(relative(this.#path, path)) || this.#isTooMany(path);
    const watcher = watch(this.#path, { ignored, ignoreInitial: true, ignorePermissionErrors: true });
    watcher.on("all", () => this.#touched());
    // "all" swallows a second change of a file within 50 ms, as an editor or a build makes it: "raw" does not.
    watcher.on("raw", (_event, path) => {
      if (!isNoise(path)) this.#touched();
    });
    watcher.on("error", (error) => this.#options.log.warn("a live folder's watch failed", { path: this.#path, error }));
    return watcher;
  }

  /** Saving one file makes several events, and a build saves several files: what comes close together is one change. */
  #touched(): void {
    this.#settling ??= this.#options.clock.schedule(BOUNDS.reloadSettleMs, () => {
      this.#settling = undefined;
      this.#options.changed();
    });
  }

  #isTooMany(path: string): boolean {
    this.#files += 1;
    if (this.#files === BOUNDS.watchedFilesPerFolder + 1) {
      this.#options.log.warn("a live folder has too many files: changes of some are not seen", { path });
    }
    return this.#files > BOUNDS.watchedFilesPerFolder;
  }
}

/** The packages in node_modules are seen coming and going, but not what is inside of them. */
function isNoise(path: string): boolean {
  const segments = path.split(sep);
  if (segments.includes(".git")) return true;
  const packages = segments.indexOf("node_modules");
  return packages >= 0 && segments.length > packages + 2;
}
