/**
 * The `process` driver's /tmp that outlives its sandbox: the folder itself, moved beside the sandbox's and from there into
 * the next one's. It lies below the server's own folder, so a killed server's is removed with that.
 */
import { renameSync, rmSync } from "node:fs";
import type { KeptTmp } from "../driver.ts";

export class KeptFolder implements KeptTmp {
  readonly #path: string;
  /** Where it was moved to; that sandbox's now. */
  #givenTo: string | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Moves `folder` to `path`. */
  static from(folder: string, path: string): KeptFolder {
    renameSync(folder, path);
    return new KeptFolder(path);
  }

  static own(keptTmp: KeptTmp): KeptFolder {
    if (!(keptTmp instanceof KeptFolder)) throw new Error("this /tmp was kept by another driver");
    return keptTmp;
  }

  moveTo(folder: string): void {
    renameSync(this.#path, folder);
    this.#givenTo = folder;
  }

  /** The sandbox that it was moved to did not start. */
  takeBack(): void {
    if (this.#givenTo === undefined) return;
    renameSync(this.#givenTo, this.#path);
    this.#givenTo = undefined;
  }

  close(): void {
    if (this.#givenTo === undefined) rmSync(this.#path, { recursive: true, force: true });
  }
}
