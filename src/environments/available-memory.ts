/**
 * How much memory new processes may use, as the kernel says; none while the server has few files left to open, of which each
 * needs some too. Knows nothing of what it is for.
 */
import { availableMemory } from "node:process";
import { type Clock, openFilesLeft } from "../base/index.ts";
import { AVAILABLE_MEMORY_FOR_MS, OPEN_FILES_RESERVE } from "./limits.ts";

/** The kernel is asked once in a while: asking reads several files, and a thousand starts may wait at once. */
export function availableMemoryMb(clock: Clock, filesLeft: () => number = openFilesLeft): () => number {
  let askedMs = Number.NEGATIVE_INFINITY;
  let availableMb = 0;
  return () => {
    const now = clock.monotonicMs();
    if (now - askedMs >= AVAILABLE_MEMORY_FOR_MS) {
      askedMs = now;
      availableMb = filesLeft() < OPEN_FILES_RESERVE ? 0 : availableMemory() / 2 ** 20;
    }
    return availableMb;
  };
}
