/**
 * Stops all processes of a control group where they are, and lets them go on: on the way of every invocation after a pause,
 * so its file stays open once it was used. A group that is gone has nothing to stop. The two layouts' files differ here.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { ignoring, UNSEEN } from "../errors.ts";
import type { CgroupLayout } from "./layout.ts";

export class Freezer {
  readonly #file: string | undefined;
  readonly #words: { readonly frozen: string; readonly thawed: string };
  #descriptor: number | undefined;
  #closed = false;

  /** `path` is that of the group. Nothing happens where groups cannot be frozen. */
  constructor(layout: CgroupLayout, path: string) {
    const v2 = layout.version === 2;
    const folder = freezerFolder(layout);
    this.#file = folder === undefined ? undefined : `${folder}${path}/${v2 ? "cgroup.freeze" : "freezer.state"}`;
    this.#words = v2 ? { frozen: "1", thawed: "0" } : { frozen: "FROZEN", thawed: "THAWED" };
  }

  /** Does not wait until the last process has stopped. */
  freeze(): void {
    this.#write(this.#words.frozen);
  }

  /** What was killed meanwhile ends now. */
  thaw(): void {
    this.#write(this.#words.thawed);
  }

  /** Lets go of the file: nothing is frozen or thawed after that. */
  close(): void {
    this.#closed = true;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #write(word: string): void {
    const file = this.#file;
    if (file === undefined || this.#closed) return;
    ignoring(UNSEEN, () => {
      this.#descriptor ??= openSync(file, "r+");
      writeSync(this.#descriptor, word, 0);
    });
  }
}

/** True where groups of this layout can be frozen: an ordinary user's v1 groups often lack the controller. */
export function canFreeze(layout: CgroupLayout): boolean {
  return freezerFolder(layout) !== undefined;
}

/**
 * A v1 kernel patches its own code when the first group of the machine is frozen and when the last is thawed, which takes
 * 0.1 ms. An empty group at `path` that stays frozen takes that out of the way of everything else.
 */
export function parkFreezer(layout: CgroupLayout, path: string): void {
  const folder = freezerFolder(layout);
  if (layout.version === 2 || folder === undefined) return;
  mkdirSync(folder + path, { recursive: true });
  writeFileSync(`${folder}${path}/freezer.state`, "FROZEN");
}

function freezerFolder(layout: CgroupLayout): string | undefined {
  if (layout.version === 2) return layout.root;
  return layout.hierarchies.find(({ controllers }) => controllers.includes("freezer"))?.folder;
}
