/** How much memory is really held: what remains when the garbage is gone. A plain look at the heap depends on V8's mood. */
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collections until the figure counts as settled; freed buffers leave it some turns after their collection. */
const COLLECTIONS_MAX = 50;

/** Bytes of array buffers that are still referenced, or the first figure below `enough` that a collection brings. */
export async function liveBufferBytes(enough: number): Promise<number> {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  if (typeof gc !== "function") throw new Error("V8 gives no gc()");
  let bytes = Number.POSITIVE_INFINITY;
  for (let collection = 0; collection < COLLECTIONS_MAX && bytes > enough; collection += 1) {
    gc();
    await turn();
    bytes = process.memoryUsage().arrayBuffers;
  }
  return bytes;
}
