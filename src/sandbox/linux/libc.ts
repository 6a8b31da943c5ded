/**
 * The C library's functions that Node has no word for, called in the server's own process: namespaces, mounts, loop
 * devices, sockets in another namespace. Loaded at first use. Every call is synchronous and acts on the main thread
 * alone; errors are thrown as system errors with `code` and `syscall`, as Node's own are.
 */

import type * as ffi from "node:ffi";
import { createRequire } from "node:module";
import { constants } from "node:os";

const SIGNATURES = {
  unshare: { arguments: ["i32"], return: "i32" },
  setns: { arguments: ["i32", "i32"], return: "i32" },
  mount: { arguments: ["pointer", "pointer", "pointer", "u64", "pointer"], return: "i32" },
  umount2: { arguments: ["pointer", "i32"], return: "i32" },
  setxattr: { arguments: ["pointer", "pointer", "pointer", "u64", "i32"], return: "i32" },
  socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
  socketpair: { arguments: ["i32", "i32", "i32", "pointer"], return: "i32" },
  bind: { arguments: ["i32", "pointer", "u32"], return: "i32" },
  listen: { arguments: ["i32", "i32"], return: "i32" },
  setsockopt: { arguments: ["i32", "i32", "i32", "pointer", "u32"], return: "i32" },
  send: { arguments: ["i32", "pointer", "u64", "i32"], return: "i64" },
  sendmsg: { arguments: ["i32", "pointer", "i32"], return: "i64" },
  memfd_create: { arguments: ["pointer", "u32"], return: "i32" },
  fcntl: { arguments: ["i32", "i32", "i32"], return: "i32" },
  recv: { arguments: ["i32", "pointer", "u64", "i32"], return: "i64" },
  ioctl: { arguments: ["i32", "u64", "u64"], return: "i32" },
  pipe2: { arguments: ["pointer", "i32"], return: "i32" },
  prctl: { arguments: ["i32", "u64", "u64", "u64", "u64"], return: "i32" },
  waitid: { arguments: ["i32", "i32", "pointer", "i32"], return: "i32" },
  waitpid: { arguments: ["i32", "pointer", "i32"], return: "i32" },
  if_nametoindex: { arguments: ["pointer"], return: "i32" },
  posix_spawn: { arguments: ["pointer", "pointer", "pointer", "pointer", "pointer", "pointer"], return: "i32" },
  posix_spawn_file_actions_init: { arguments: ["pointer"], return: "i32" },
  posix_spawn_file_actions_adddup2: { arguments: ["pointer", "i32", "i32"], return: "i32" },
  posix_spawn_file_actions_destroy: { arguments: ["pointer"], return: "i32" },
  posix_spawnattr_init: { arguments: ["pointer"], return: "i32" },
  posix_spawnattr_setsigdefault: { arguments: ["pointer", "pointer"], return: "i32" },
  posix_spawnattr_setsigmask: { arguments: ["pointer", "pointer"], return: "i32" },
  posix_spawnattr_setflags: { arguments: ["pointer", "i16"], return: "i32" },
  posix_spawnattr_destroy: { arguments: ["pointer"], return: "i32" },
  getrlimit: { arguments: ["i32", "pointer"], return: "i32" },
  setrlimit: { arguments: ["i32", "pointer"], return: "i32" },
  lseek: { arguments: ["i32", "i64", "i32"], return: "i64" },
  __errno_location: { arguments: [], return: "pointer" },
  syscall: { arguments: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], return: "i64" },
} as const satisfies ffi.FunctionDefinitions;

type Functions = ReturnType<typeof ffi.dlopen<typeof SIGNATURES>>["functions"];
type Module = Pick<typeof ffi, "dlopen" | "getInt32" | "getRawPointer">;

/** The first name of each number. Made once: refusals that are expected come with every sandbox. */
const ERROR_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, value]) => [value, name]),
);

let loaded: { readonly module: Module; readonly functions: Functions } | undefined;

/** True when this Node can call the C library in-process: Linux, and not switched off by a permission flag. */
export function hasLibc(): boolean {
  if (process.platform !== "linux") return false;
  try {
    load();
    return true;
  } catch {
    return false;
  }
}

/** Calls `name`; throws a system error when it returns -1 (unless errno is in `tolerated`: then -1 is returned). */
export function libc<N extends Exclude<keyof Functions, "__errno_location">>(
  name: N,
  args: Parameters<Functions[N]>,
  tolerated: readonly string[] = [],
): number {
  const { module, functions } = load();
  const call: (...args: never) => number | bigint = functions[name];
  const result = Number(Reflect.apply(call, undefined, args));
  if (result !== -1) return result;
  const errno = module.getInt32(functions.__errno_location());
  const code = errorName(errno);
  if (tolerated.includes(code)) return -1;
  throw Object.assign(new Error(`${code}: ${name} failed`), { code, errno: -errno, syscall: name });
}

/** `ENOENT` for 2, and so on. Node's own table lacks some, for example ECHILD. */
export function errorName(errno: number): string {
  return ERROR_NAMES.get(errno) ?? `errno ${errno}`;
}

/** System call numbers that are the same on every architecture. */
export const SYS = {
  openTree: 428n,
  moveMount: 429n,
  fsopen: 430n,
  fsconfig: 431n,
  fsmount: 432n,
  mountSetattr: 442n,
} as const;

/** A system call without a C wrapper. Missing arguments are zero. */
export function systemCall(number: bigint, ...args: readonly bigint[]): number {
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = args;
  return libc("syscall", [number, a, b, c, d, e, f]);
}

/** Address of `bytes`; the caller keeps `bytes` alive until the call that uses it has returned. */
export function addressOf(bytes: Buffer): bigint {
  return load().module.getRawPointer(bytes);
}

/** A zero-terminated string for C. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

/** Another library of C functions, for example `libseccomp.so.2`; null is the C library. Throws where one is missing. */
export function openLibrary<const D extends ffi.FunctionDefinitions>(
  name: string | null,
  definitions: D,
): ReturnType<typeof ffi.dlopen<D>>["functions"] {
  return load().module.dlopen(name, definitions).functions;
}

function load(): { readonly module: Module; readonly functions: Functions } {
  if (loaded === undefined) {
    const module = withoutExperimentalWarning((): Module => createRequire(import.meta.url)("node:ffi"));
    loaded = { module, functions: module.dlopen(null, SIGNATURES).functions };
  }
  return loaded;
}

/** `node:ffi` warns that it is experimental; people who start a server need not read that. Other warnings pass. */
function withoutExperimentalWarning<T>(action: () => T): T {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
