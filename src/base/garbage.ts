/**
 * V8's garbage collection, asked for. It counts objects and not what hangs on them, so a server that is quiet, or that takes in
 * much through small objects, holds memory that nobody needs.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collector: unknown;

/** `young` takes a millisecond or two, and frees what was made a moment ago. `all` also shrinks the heap, and takes tens. */
export function collectGarbage(what: "young" | "all"): void {
  if (collector === undefined) {
    setFlagsFromString("--expose-gc");
    collector = runInNewContext("gc");
  }
  if (typeof collector !== "function") return;
  collector(what === "young" ? { type: "minor" } : { type: "major", execution: "sync", flavor: "last-resort" });
}
