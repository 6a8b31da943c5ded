/**
 * The one sandbox specification as data: a pure function from SandboxSpec to an OCI runtime configuration. An OCI runtime
 * carries it out mechanically; nothing about isolation is decided anywhere else.
 */
import { resources } from "../cgroup/cgroup.ts";
import type { SandboxSpec, Template } from "../driver.ts";
import { seccompProgram } from "./seccomp.ts";

/** Places on the host that belong to one sandbox. */
export interface Placement {
  /** The prepared root folder, read-only inside: shared by all sandboxes, or of this one alone where it has layers. */
  readonly root: string;
  /** Folder of this sandbox on the shared tmpfs, with `task`, `opt`, `tmp`, `mnt` and `passwd`. */
  readonly slot: string;
  /** For example `/lambent/INSTANCE/ID`. Absent: the runtime is started inside its control group, with limits set. */
  readonly cgroupPath?: string;
  /** A path that opens the network namespace; absent: a new, empty one. */
  readonly networkNamespace?: string;
  /** A path that opens the pid namespace; absent: a new one, whose first process is the program itself. */
  readonly pidNamespace?: string;
  /** No runtime can give more open files than its caller has. */
  readonly openFilesMax: number;
  /** User and group id, never 0. */
  readonly uid: number;
  readonly cgroupVersion: 1 | 2;
  /** `process.arch`. */
  readonly architecture: string;
}

export interface OciMount {
  readonly destination: string;
  readonly type?: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface OciConfig {
  readonly ociVersion: string;
  readonly process: {
    readonly terminal: false;
    readonly user: { readonly uid: number; readonly gid: number };
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly cwd: string;
    readonly capabilities: Readonly<Record<string, readonly string[]>>;
    readonly noNewPrivileges: true;
    readonly oomScoreAdj: number;
    readonly rlimits: readonly { readonly type: string; readonly soft: number; readonly hard: number }[];
  };
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hooks?: { readonly createContainer: readonly { readonly path: string; readonly args: readonly string[] }[] };
  readonly hostname: string;
  readonly mounts: readonly OciMount[];
  readonly linux: {
    readonly cgroupsPath?: string;
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
    readonly resources?: ReturnType<typeof resources>;
    readonly rootfsPropagation: "rslave";
    readonly maskedPaths: readonly string[];
    readonly readonlyPaths: readonly string[];
    readonly seccomp: ReturnType<typeof seccompProgram>;
  };
}

/** Sandboxes die before anything of the host when the whole machine runs out of memory. */
const OOM_SCORE = 800;
const MOUNT_PROGRAM = "/bin/mount";
const MAX_LOCKED_MEMORY = 64 * 1024;
const MAX_QUEUED_SIGNALS = 4096;
const MAX_MESSAGE_QUEUE = 819_200;
const CAPABILITY_SETS = ["bounding", "effective", "inheritable", "permitted", "ambient"];
const TEMPLATE_CAPABILITIES = [...["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_DAC_OVERRIDE"]];
const MASKED = ["acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list"];
const READONLY = ["bus", "fs", "irq", "sys", "sysrq-trigger"];

export function ociConfig(spec: SandboxSpec, place: Placement): OciConfig {
  const network = place.networkNamespace === undefined ? {} : { path: place.networkNamespace };
  const pids = place.pidNamespace === undefined ? {} : { path: place.pidNamespace };
  const namespaces = [
    { type: "pid", ...pids },
    { type: "mount" },
    { type: "ipc" },
    { type: "uts" },
    { type: "network", ...network },
  ];
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: place.uid, gid: place.uid },
      args: spec.args,
      env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
      cwd: spec.cwd,
      capabilities: Object.fromEntries(CAPABILITY_SETS.map((set) => [set, []])),
      noNewPrivileges: true,
      oomScoreAdj: OOM_SCORE,
      rlimits: [
        limit("RLIMIT_NOFILE", Math.min(spec.limits.openFiles, place.openFilesMax)),
        limit("RLIMIT_CORE", 0),
        limit("RLIMIT_MEMLOCK", MAX_LOCKED_MEMORY),
        limit("RLIMIT_SIGPENDING", MAX_QUEUED_SIGNALS),
        limit("RLIMIT_MSGQUEUE", MAX_MESSAGE_QUEUE),
      ],
    },
    root: { path: place.root, readonly: spec.root === undefined },
    hostname: spec.hostname ?? "sandbox",
    mounts: [...systemMounts(), ...slotMounts(place.slot, spec), ...spec.mounts.map(givenMount)],
    ...(spec.root === undefined ? {} : { hooks: ownRootHooks(place.root) }),
    linux: {
      ...(place.cgroupPath === undefined ? {} : { cgroupsPath: place.cgroupPath, resources: resources(spec.limits) }),
      namespaces: place.cgroupVersion === 2 ? [...namespaces, { type: "cgroup" }] : namespaces,
      rootfsPropagation: "rslave",
      maskedPaths: MASKED.map((name) => `/proc/${name}`),
      readonlyPaths: READONLY.map((name) => `/proc/${name}`),
      seccomp: seccompProgram(place.architecture),
    },
  };
}

/**
 * The process that others are forked from: it sees what they will see, has a network without a way out, and keeps the rights
 * that its forks need to isolate themselves. It is no sandbox: nobody's code ever runs in it.
 */
export function templateConfig(
  spec: SandboxSpec & { readonly template: Template },
  place: Pick<Placement, "root" | "cgroupPath">,
): object {
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: spec.template.args,
      env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
      cwd: "/",
      capabilities: Object.fromEntries(CAPABILITY_SETS.map((set) => [set, TEMPLATE_CAPABILITIES])),
      noNewPrivileges: false,
      // Its forks have it too.
      oomScoreAdj: OOM_SCORE,
    },
    root: { path: place.root, readonly: true },
    hostname: spec.hostname ?? "sandbox",
    mounts: [...systemMounts(), ...spec.mounts.map(givenMount)],
    linux: {
      cgroupsPath: place.cgroupPath,
      namespaces: [{ type: "mount" }, { type: "ipc" }, { type: "uts" }, { type: "network" }],
      rootfsPropagation: "private",
    },
  };
}

/** Processes of other users are not shown: the first one of the namespace belongs to the host. */
function systemMounts(): readonly OciMount[] {
  const dev = ["nosuid", "noexec", "mode=755", "size=64k", "nr_inodes=32"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev", "hidepid=2"] },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: dev },
  ];
}

/** Slaves of the shared tmpfs: what the driver mounts there later, with its own flags, appears inside. */
function slotMounts(slot: string, { root }: Pick<SandboxSpec, "root">): readonly OciMount[] {
  const later = ["rbind", "rslave", "nosuid", "nodev"];
  const code = [
    { destination: "/var/task", source: `${slot}/task`, options: later },
    { destination: "/opt", source: `${slot}/opt`, options: later },
  ];
  return [
    // A root of its own has its code in it.
    ...(root === undefined ? code : []),
    { destination: "/tmp", source: `${slot}/tmp`, options: later },
    { destination: "/mnt", source: `${slot}/mnt`, options: later },
    { destination: "/etc/passwd", source: `${slot}/passwd`, options: ["bind", "ro", "nosuid", "nodev", "noexec"] },
  ];
}

/**
 * Runtimes put the root in place without the flags that it was mounted with: they come back before anything runs in it, and the
 * runtime is not asked to make it read-only after that, which would take them away again.
 */
function ownRootHooks(root: string): NonNullable<OciConfig["hooks"]> {
  const args = ["mount", "-o", "remount,bind,ro,nosuid,nodev", root];
  return { createContainer: [{ path: MOUNT_PROGRAM, args }] };
}

function givenMount(mount: SandboxSpec["mounts"][number]): OciMount {
  const access = mount.writable === true ? "rw" : "ro";
  return { destination: mount.target, source: mount.source, options: ["bind", access, "nosuid", "nodev"] };
}

function limit(type: string, value: number): { readonly type: string; readonly soft: number; readonly hard: number } {
  return { type, soft: value, hard: value };
}
