/**
 * Mounts of the sandbox room. They are made in a mount namespace that belongs to the server's main thread and the
 * processes started from it, so none of them exists for the host, and all of them vanish with the last process inside,
 * even after kill -9. The host's own later mounts still arrive (slave propagation).
 */
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmdirSync } from "node:fs";
import { hasErrorCode } from "../errors.ts";
import { addressOf, cString, libc, SYS, systemCall } from "./libc.ts";

const CLONE_NEWNS = 0x20000;
const MS = { rdonly: 1n, nosuid: 2n, nodev: 4n, remount: 32n, rec: 0x4000n, slave: 1n << 19n, shared: 1n << 20n };
const MNT_DETACH = 2;
const AT_FDCWD = -100n;
const AT_EMPTY_PATH = 0x1000n;
const AT_RECURSIVE = 0x8000n;
const OPEN_TREE_CLONE = 1n;
const OPEN_TREE_CLOEXEC = 0x80000n;
const MOVE_MOUNT_F_EMPTY_PATH = 4n;
const FSOPEN_CLOEXEC = 1n;
const FSMOUNT_CLOEXEC = 1n;
const FSCONFIG_SET_FLAG = 0n;
const FSCONFIG_SET_STRING = 1n;
const FSCONFIG_CMD_CREATE = 6n;
const ATTR = { rdonly: 1n, nosuid: 2n, nodev: 4n, idmap: 0x100000n };
const PROPAGATION_PRIVATE = 1n << 18n;

/** The namespace is the process's, so is the knowledge of it: a second driver must not cut off the first one's sandboxes. */
let entered = false;

/** Moves the main thread into a mount namespace of its own, once per process. Not reversible. */
export function enterPrivateMountNamespace(): void {
  if (entered) return;
  libc("unshare", [CLONE_NEWNS]);
  mount(null, "/", null, MS.rec | MS.slave, null);
  entered = true;
}

/** A tmpfs whose later mounts reach the sandboxes that hold a slave of it. */
export function mountSharedTmpfs(target: string): void {
  mount("lambent", target, "tmpfs", MS.nosuid | MS.nodev, "mode=711");
  mount(null, target, null, MS.shared, null);
}

/** A tmpfs for the shared, later read-only root. Device files work in it. */
export function mountRootTmpfs(target: string): void {
  mount("lambent", target, "tmpfs", MS.nosuid, "mode=755");
}

/** Hides what is mounted at `target` behind an empty tmpfs. */
export function replaceByTmpfs(target: string): void {
  unmountAll(target);
  mount("lambent", target, "tmpfs", MS.nosuid | MS.nodev, "mode=755");
}

/**
 * A mounted file system that is at no place yet: making it may take the kernel milliseconds, placing it takes none, and
 * until then nobody can stumble over it.
 */
export interface DetachedMount {
  /** For another process that is to place it. */
  readonly descriptor: number;
  /** A path to its root for this process, until it is placed or let go of: nobody else can see it meanwhile. */
  readonly root: string;
  /** Puts it at `target`, once, and lets go of it. */
  placeAt(target: string): void;
  /** Lets go of it; a mount that was never placed vanishes. */
  close(): void;
}

/** The file system on the block device `device`, without set-uid bits and device files. */
export function makeExt4Mount(device: string): DetachedMount {
  return makeMount("ext4", { source: device, noinit_itable: true });
}

/** /tmp in memory, for hosts without loop devices: its pages count against the sandbox's memory limit. */
export function makeTmpfsMount(sizeMb: number): DetachedMount {
  return makeMount("tmpfs", { source: "lambent", size: `${sizeMb}m`, mode: "1777" });
}

/** A read-only union of folders; the last of `sources` wins. */
export function mountUnion(sources: readonly string[], target: string): void {
  const lower = [...sources]
    .reverse()
    .map((path) => path.replace(/[\\:,]/g, "\\$&"))
    .join(":");
  mount("lambent", target, "overlay", MS.rdonly | MS.nosuid | MS.nodev, `lowerdir=${lower}`);
}

/**
 * A read-only root of folders with the marks of `overlayMarks`; the first of `folders` wins. They are named by descriptors,
 * since the kernel takes one page of names and an image may have a hundred layers.
 */
export function mountLayers(folders: readonly string[], target: string): void {
  const opened: number[] = [];
  try {
    for (const folder of folders) opened.push(openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY));
    const lower = opened.map((fd) => `/proc/self/fd/${fd}`).join(":");
    mount("lambent", target, "overlay", MS.rdonly | MS.nosuid | MS.nodev, `userxattr,lowerdir=${lower}`);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** A union at no place in the end; `scratch` is a folder that is made for it and not there afterwards. */
export function makeUnion(sources: readonly string[], scratch: string): DetachedMount {
  mkdirSync(scratch, { recursive: true });
  mountUnion(sources, scratch);
  try {
    return cloneMount(scratch);
  } finally {
    unmountAll(scratch);
    rmdirSync(scratch);
  }
}

/**
 * What is mounted at `place` once more: it stays there, and the file system lives until both are gone. No later mount below
 * the one reaches the other.
 */
export function cloneMount(place: string): DetachedMount {
  return privateClone(place, 0n);
}

/**
 * Puts `source` (a folder or file) at `target` without set-uid bits and device files, read-only unless `writable`. The
 * flags are set before the mount becomes visible anywhere: a flag changed later would not reach slaves.
 */
export function bindMount(source: string, target: string, options: { readonly writable?: boolean } = {}): void {
  makeBindMount(source, options).placeAt(target);
}

/** The same, at no place yet; seen through the map of owners behind the descriptor `owners`, where one is given. */
export function makeBindMount(
  source: string,
  options: { readonly writable?: boolean; readonly owners?: number } = {},
): DetachedMount {
  return privateClone(source, ATTR.nosuid | ATTR.nodev | (options.writable ? 0n : ATTR.rdonly), options.owners);
}

/** Folders of these names that nobody inside may write to, and nothing else. */
export function makeFolders(names: readonly string[]): DetachedMount {
  const mount = makeMount("tmpfs", { source: "lambent", size: "64k", nr_inodes: "64", mode: "755" });
  try {
    for (const name of names) mkdirSync(`${mount.root}/${name}`, { mode: 0o755 });
    return mount;
  } catch (error) {
    mount.close();
    throw error;
  }
}

function privateClone(source: string, added: bigint, owners?: number): DetachedMount {
  const tree = cloneTree(source);
  try {
    const attributes = Buffer.alloc(32);
    attributes.writeBigUInt64LE(owners === undefined ? added : added | ATTR.idmap, 0);
    attributes.writeBigUInt64LE(PROPAGATION_PRIVATE, 16);
    if (owners !== undefined) attributes.writeBigUInt64LE(BigInt(owners), 24);
    const empty = cString("");
    const size = BigInt(attributes.length);
    const flags = AT_EMPTY_PATH | AT_RECURSIVE;
    systemCall(SYS.mountSetattr, BigInt(tree), addressOf(empty), flags, addressOf(attributes), size);
    return detached(tree);
  } catch (error) {
    closeSync(tree);
    throw error;
  }
}

/** In a user namespace the kernel clones a place with mounts of the host's below it together with those, or not at all. */
function cloneTree(source: string): number {
  const from = cString(source);
  const clone = (flags: bigint): number =>
    systemCall(SYS.openTree, AT_FDCWD, addressOf(from), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
  try {
    return clone(0n);
  } catch (error) {
    if (!hasErrorCode(error, "EINVAL")) throw error;
    return clone(AT_RECURSIVE);
  }
}

function makeMount(type: string, options: Readonly<Record<string, string | true>>): DetachedMount {
  const typeName = cString(type);
  const context = systemCall(SYS.fsopen, addressOf(typeName), FSOPEN_CLOEXEC);
  const configure = (command: bigint, key: string | null, value: string | null): void => {
    const texts = [key, value].map((text) => (text === null ? Buffer.alloc(0) : cString(text)));
    const [keyAt = 0n, valueAt = 0n] = texts.map((text) => (text.length === 0 ? 0n : addressOf(text)));
    systemCall(SYS.fsconfig, BigInt(context), command, keyAt, valueAt);
    // The strings must live until the call is over.
    texts.length = 0;
  };
  try {
    for (const [key, value] of Object.entries(options)) {
      if (value === true) configure(FSCONFIG_SET_FLAG, key, null);
      else configure(FSCONFIG_SET_STRING, key, value);
    }
    configure(FSCONFIG_CMD_CREATE, null, null);
    return detached(systemCall(SYS.fsmount, BigInt(context), FSMOUNT_CLOEXEC, ATTR.nosuid | ATTR.nodev));
  } finally {
    closeSync(context);
  }
}

/** The mount that a descriptor stands for, for example one that another thread has made; takes the descriptor over. */
export function detached(mounted: number): DetachedMount {
  let open = true;
  const close = (): void => {
    if (open) closeSync(mounted);
    open = false;
  };
  const placeAt = (target: string): void => {
    try {
      placeMount(mounted, target);
    } finally {
      close();
    }
  };
  return { descriptor: mounted, root: `/proc/self/fd/${mounted}`, placeAt, close };
}

function placeMount(mounted: number, target: string): void {
  const from = cString("");
  const to = cString(target);
  systemCall(SYS.moveMount, BigInt(mounted), addressOf(from), AT_FDCWD, addressOf(to), MOVE_MOUNT_F_EMPTY_PATH);
}

/** Detaches whatever is mounted at `target`, all layers; nothing there is fine. */
export function unmountAll(target: string): void {
  const path = cString(target);
  while (libc("umount2", [path, MNT_DETACH], ["EINVAL", "ENOENT"]) === 0);
}

/** Options of a cgroup2 file system that a remount must repeat, or the kernel drops them for the whole host. */
const CGROUP2_OPTIONS = ["nsdelegate", "memory_localevents", "memory_recursiveprot", "memory_hugetlb_accounting"];

/**
 * Switches the option `favordynmods` of the cgroup2 file system at `target` on. Returns what switches it off again;
 * undefined where it was on, or no cgroup2 is mounted.
 */
export function favorDynamicModifications(target: string): (() => void) | undefined {
  const mounts = readFileSync("/proc/thread-self/mounts", "utf8").split("\n");
  const [, , type, text = ""] = mounts.map((line) => line.split(" ")).findLast(([, path]) => path === target) ?? [];
  const options = text.split(",");
  if (type !== "cgroup2" || options.includes("favordynmods")) return undefined;
  const kept = options.filter((option) => CGROUP2_OPTIONS.includes(option));
  const remount = (more: readonly string[]): void => mount(null, target, null, MS.remount, [...kept, ...more].join());
  remount(["favordynmods"]);
  return () => {
    try {
      remount(["nofavordynmods"]);
    } catch (error) {
      // Kernels that do not know this word switch the option off when it is not repeated.
      if (!hasErrorCode(error, "EINVAL")) throw error;
      remount([]);
    }
  };
}

/** Detaches everything mounted at or below `folder`: to be sure before a folder is removed with all it holds. */
export function unmountBelow(folder: string): void {
  const points = readFileSync("/proc/thread-self/mountinfo", "utf8")
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((point) => point === folder || point.startsWith(`${folder}/`));
  for (const point of points.reverse()) unmountAll(point);
}

/** True when this process may make mount namespaces and mounts. */
export function mayMount(): boolean {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
    return (effective & (1n << 21n)) !== 0n;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Opens a path for the length of `use`. */
export function withFile<T>(path: string, flags: string | number, use: (fd: number) => T): T {
  const fd = openSync(path, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function mount(source: string | null, target: string, type: string | null, flags: bigint, data: string | null): void {
  const text = (value: string | null): Buffer | null => (value === null ? null : cString(value));
  libc("mount", [text(source), cString(target), text(type), flags, text(data)]);
}
