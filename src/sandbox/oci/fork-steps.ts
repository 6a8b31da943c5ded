/**
 * The isolation of a process that is forked from a template, as data: the same OCI configuration that a runtime would carry
 * out, written as the system calls that do it. The fork makes them in order and decides nothing. Pure but for a look at
 * which files this kernel's /proc has.
 *
 * Two halves: what holds from the start, while no code of a user is there and the process still has rights; and, when it is
 * given its code, the last mounts and the end of all rights.
 */
import { lstatSync } from "node:fs";
import type { SyscallNumbers } from "../linux/syscalls.ts";
import type { OciConfig } from "./config.ts";

/** A number, a C string, words in memory, a descriptor that comes along (by its place), or bytes in hexadecimal. */
export type StepArgument =
  | number
  | string
  | readonly StepArgument[]
  | { readonly descriptor: number }
  | { readonly bytes: string };

/** What it is for, the number of the system call, its arguments. */
export type Step = readonly [purpose: string, number: number, ...StepArgument[]];

/** A step, or the name of steps that the template was told to keep. */
export type StepOrKept = Step | string;

/** Tells the template of steps that are the same for many forks, once, and answers with their name. */
export type Keep = (name: string, make: () => readonly Step[]) => string;

/** Places of the descriptors that come with a fork's request; those of control groups follow. */
export const FORK_DESCRIPTORS = {
  line: 0,
  stdout: 1,
  stderr: 2,
  channel: 3,
  network: 4,
  passwd: 5,
  groups: 6,
} as const;

const CLONE = { mount: 0x20000, cgroup: 0x0200_0000, uts: 0x0400_0000, ipc: 0x0800_0000, network: 0x4000_0000 };
const MNT_DETACH = 2;
const MS = { rdonly: 1, nosuid: 2, nodev: 4, noexec: 8, remount: 32, bind: 4096 };
const MOVE_MOUNT = 429;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const AT_FDCWD = -100;
const PR = { setDumpable: 4, capbsetDrop: 24, setNoNewPrivileges: 38, capAmbient: 47 };
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const CAPABILITY_VERSION_3 = 0x2008_0522;
const KEYCTL_JOIN_SESSION_KEYRING = 1;
const SECCOMP_SET_MODE_FILTER = 1;
const RLIMITS: Readonly<Record<string, number>> = {
  RLIMIT_CORE: 4,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
};

/** What holds from the start. `groups`: how many control groups there are to join. */
export function startSteps(
  syscalls: SyscallNumbers,
  config: OciConfig,
  groups: number,
  keep: Keep,
): readonly StepOrKept[] {
  return [
    keep(`start-${groups}`, () => enterSteps(syscalls, config, groups)),
    ["host name", syscalls.sethostname, config.hostname, Buffer.byteLength(config.hostname)],
  ];
}

function enterSteps(syscalls: SyscallNumbers, config: OciConfig, groups: number): readonly Step[] {
  const kinds = CLONE.mount | CLONE.ipc | CLONE.uts | (hasCgroupNamespace(config) ? CLONE.cgroup : 0);
  const place = (descriptor: number): StepArgument => ({ descriptor });
  return [
    ["new session", syscalls.setsid],
    ...Array.from(
      { length: groups },
      (_, n): Step => ["join control group", syscalls.write, place(FORK_DESCRIPTORS.groups + n), "0", 1],
    ),
    ["enter network", syscalls.setns, place(FORK_DESCRIPTORS.network), CLONE.network],
    ["new namespaces", syscalls.unshare, kinds],
    ["new keyring", syscalls.keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0],
    ...procSteps(syscalls, config),
    moveStep(FORK_DESCRIPTORS.passwd, "/etc/passwd"),
  ];
}

/** Names of the steps at a fork's second half that are the same for all of a template's forks. */
export interface KeptRights {
  readonly before: string;
  readonly after: string;
}

/**
 * Tells of the end of all rights, before the change of the user and after it. `bounding`: the capabilities that the template
 * could be given, which are all that a fork could have.
 */
export function keepRights(
  syscalls: SyscallNumbers,
  config: OciConfig,
  { filter, bounding, keep }: { readonly filter: Buffer; readonly bounding: readonly number[]; readonly keep: Keep },
): KeptRights {
  const { rlimits } = config.process;
  return {
    before: keep(`rights-${rlimits.map(({ soft, hard }) => `${soft}:${hard}`).join()}`, () => [
      ...rlimits.map(({ type, soft, hard }): Step => {
        const number = RLIMITS[type];
        if (number === undefined) throw new Error(`no number for ${type}`);
        return [type, syscalls.setrlimit, number, [soft, hard]];
      }),
      ...bounding.map((capability): Step => ["drop capability", syscalls.prctl, PR.capbsetDrop, capability, 0, 0, 0]),
      ["no ambient capabilities", syscalls.prctl, PR.capAmbient, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0],
      ["no groups", syscalls.setgroups, 0, 0],
    ]),
    after: keep("seal", () => [
      ["no capabilities", syscalls.capset, [CAPABILITY_VERSION_3], [0, 0, 0]],
      ["see itself in /proc", syscalls.prctl, PR.setDumpable, 1, 0, 0, 0],
      ["no new privileges", syscalls.prctl, PR.setNoNewPrivileges, 1, 0, 0, 0],
      ["seccomp", syscalls.seccomp, SECCOMP_SET_MODE_FILTER, 0, [filter.length / 8, { bytes: filter.toString("hex") }]],
    ]),
  };
}

/** The last mounts, whose descriptors come along in this order, and the end of all rights. */
export function attachSteps(
  syscalls: SyscallNumbers,
  config: OciConfig,
  targets: readonly string[],
  rights: KeptRights,
): readonly StepOrKept[] {
  const { uid, gid } = config.process.user;
  return [
    ...targets.map((target, at) => moveStep(at, target)),
    rights.before,
    ["group", syscalls.setresgid, gid, gid, gid],
    ["user", syscalls.setresuid, uid, uid, uid],
    rights.after,
  ];
}

function hasCgroupNamespace(config: OciConfig): boolean {
  return config.linux.namespaces.some(({ type }) => type === "cgroup");
}

function moveStep(descriptor: number, target: string): Step {
  return [`mount ${target}`, MOVE_MOUNT, { descriptor }, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH];
}

/** The new pid namespace's own /proc instead of the one that the template has, masked as the configuration says. */
function procSteps({ mount, umount2 }: SyscallNumbers, config: OciConfig): readonly Step[] {
  const options = config.mounts.find(({ destination }) => destination === "/proc")?.options ?? [];
  const own = MS.nosuid | MS.nodev | MS.noexec;
  const data = options.filter((option) => option.includes("=")).join();
  const masks = config.linux.maskedPaths.flatMap((path): readonly Step[] => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    return stat.isDirectory()
      ? [[`mask ${path}`, mount, "tmpfs", path, "tmpfs", MS.rdonly | own, "size=0k"]]
      : [[`mask ${path}`, mount, "/dev/null", path, 0, MS.bind, 0]];
  });
  const readonlys = config.linux.readonlyPaths.flatMap((path): readonly Step[] => {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return [];
    return [
      [`bind ${path}`, mount, path, path, 0, MS.bind, 0],
      [`protect ${path}`, mount, 0, path, 0, MS.bind | MS.remount | MS.rdonly | own, 0],
    ];
  });
  return [
    ["leave /proc", umount2, "/proc", MNT_DETACH],
    ["own /proc", mount, "proc", "/proc", "proc", own, data],
    ...masks,
    ...readonlys,
  ];
}
