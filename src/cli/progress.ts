/** A progress bar on standard error for what takes long; nothing where no person watches. */
import { SingleBar } from "cli-progress";
import type { Terminal } from "./terminal.ts";

/** Fewer files than this are done before a bar could be read. */
const SHOWN_FROM_FILES = 300;

export interface Progress extends Disposable {
  update(this: void, done: number, all: number): void;
}

export function fileProgress(verb: string, terminal: Terminal): Progress {
  if (!terminal.interactive) return { update: () => undefined, [Symbol.dispose]: () => undefined };
  const bar = new SingleBar({ format: `${verb} {bar} {value}/{total} files`, hideCursor: true, clearOnComplete: true });
  let started = false;
  return {
    update(done, all) {
      if (all < SHOWN_FROM_FILES) return;
      if (!started) bar.start(all, 0);
      started = true;
      bar.update(done);
    },
    [Symbol.dispose]() {
      if (started) bar.stop();
    },
  };
}
