/** The C library's allocator, which keeps freed memory for later: tens of megabytes after a burst, for nothing in silence. */
import { hasLibc, openLibrary } from "./libc.ts";

const DEFINITIONS = { malloc_trim: { arguments: ["u64"], return: "i32" } } as const;

type Trim = (keepBytes: bigint) => number;

/** Undefined before the first use, null where the library has no such function (musl, other systems). */
let trim: Trim | null | undefined;

/** Gives the system what the allocator keeps; takes some milliseconds. Does nothing where the library cannot. */
export function trimAllocator(): void {
  if (trim === undefined) trim = find();
  trim?.(0n);
}

function find(): Trim | null {
  if (!hasLibc()) return null;
  try {
    return openLibrary(null, DEFINITIONS).malloc_trim;
  } catch {
    return null;
  }
}
