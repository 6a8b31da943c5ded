/**
 * Starts a program without copying this process: posix_spawn takes some 0.3 ms of the main thread where Node's own spawn,
 * which forks, takes milliseconds. Node knows nothing of the child: wait for it with ChildReaper.
 */
import { closeSync, openSync } from "node:fs";
import { addressOf, cString, libc } from "./libc.ts";

/** More than any C library needs for these opaque structures. */
const STRUCTURE_BYTES = 512;
const SETSIGDEF_AND_SETSIGMASK = 4 | 8;
const SIGNAL_SET_BYTES = 128;

export interface Program {
  /** Absolute path. */
  readonly path: string;
  /** Arguments after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What becomes descriptors 1, 2 and so on; 0 is /dev/null. All others of this process are closed on exec. */
  readonly descriptors: readonly number[];
}

/** Returns the process id of the running program; throws a system error when it cannot be started. */
export function spawnProgram(program: Program): number {
  const path = cString(program.path);
  const args = stringList([program.path, ...program.args]);
  const env = stringList(Object.entries(program.env).map(([name, value]) => `${name}=${value}`));
  const actions = Buffer.alloc(STRUCTURE_BYTES);
  const attributes = Buffer.alloc(STRUCTURE_BYTES);
  const pid = Buffer.alloc(4);
  const nothing = openSync("/dev/null", "r");
  libc("posix_spawn_file_actions_init", [actions]);
  libc("posix_spawnattr_init", [attributes]);
  try {
    for (const [to, from] of [nothing, ...program.descriptors].entries()) {
      libc("posix_spawn_file_actions_adddup2", [actions, from, to]);
    }
    // Node ignores SIGPIPE and programs inherit that; they expect defaults and nothing blocked.
    libc("posix_spawnattr_setsigdefault", [attributes, Buffer.alloc(SIGNAL_SET_BYTES, 0xff)]);
    libc("posix_spawnattr_setsigmask", [attributes, Buffer.alloc(SIGNAL_SET_BYTES)]);
    libc("posix_spawnattr_setflags", [attributes, SETSIGDEF_AND_SETSIGMASK]);
    const errno = libc("posix_spawn", [pid, path, actions, attributes, args.pointers, env.pointers]);
    if (errno !== 0) throw new Error(`cannot start ${program.path}: errno ${errno}`);
    return pid.readInt32LE(0);
  } finally {
    libc("posix_spawn_file_actions_destroy", [actions]);
    libc("posix_spawnattr_destroy", [attributes]);
    closeSync(nothing);
    // The strings must live until the call is over.
    args.texts.length = 0;
    env.texts.length = 0;
  }
}

/** A null-terminated array of C strings, with the buffers that it points into. */
function stringList(values: readonly string[]): { readonly pointers: Buffer; readonly texts: Buffer[] } {
  const texts = values.map(cString);
  const pointers = Buffer.alloc((values.length + 1) * 8);
  texts.forEach((text, index) => {
    pointers.writeBigUInt64LE(addressOf(text), index * 8);
  });
  return { pointers, texts };
}
