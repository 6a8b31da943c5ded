/**
 * A program's sealed copy in memory, to be run instead of the file. crun protects itself from what it starts: unless its own
 * file cannot be written by anybody, it mounts, unmounts and loads itself a second time at every start. A sealed copy that
 * is made once is such a file. Knows no sandboxes.
 */
import { accessSync, closeSync, constants, openSync, readFileSync, symlinkSync, writeSync } from "node:fs";
import { cString, libc } from "../linux/libc.ts";

const MFD_CLOEXEC_ALLOW_SEALING = 1 | 2;
const F_ADD_SEALS = 1033;
/** No more seals, no other size, no other content. */
const ALL_SEALS = 1 | 2 | 4 | 8;

export interface SealedProgram extends Disposable {
  /** Runs the copy, under the name that `at` ends in, while this is not disposed. */
  readonly path: string;
}

/** `at`: where a link to the copy of `program` is made; its last name is the process's. Throws where none can be made or run. */
export function sealProgram(program: string, at: string): SealedProgram {
  const name = cString("program");
  const writable = libc("memfd_create", [name, MFD_CLOEXEC_ALLOW_SEALING]);
  let descriptor: number;
  try {
    const bytes = readFileSync(program);
    for (let written = 0; written < bytes.length; ) written += writeSync(writable, bytes, written);
    libc("fcntl", [writable, F_ADD_SEALS, ALL_SEALS]);
    // What is open for writing cannot be run.
    descriptor = openSync(`/proc/self/fd/${writable}`, "r");
  } finally {
    closeSync(writable);
  }
  try {
    symlinkSync(`/proc/${process.pid}/fd/${descriptor}`, at);
    accessSync(at, constants.X_OK);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return { path: at, [Symbol.dispose]: () => closeSync(descriptor) };
}
