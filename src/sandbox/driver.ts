/**
 * The one interface between execution environments and isolation. A driver makes a sandbox ahead of need: its first
 * process runs and waits on the channel. Later `attach` gives the sandbox its code, limits and /tmp without entering it.
 * A driver knows nothing of Lambda, functions or runtimes; it carries out a specification and decides nothing.
 */
import type { Server } from "node:net";
import type { Duplex, Readable } from "node:stream";

/** A host folder or file that appears inside, always without set-uid bits and device files. */
export interface Mount {
  /** Absolute host path. */
  readonly source: string;
  /** Absolute path inside. */
  readonly target: string;
  readonly writable?: boolean;
}

export interface SandboxSpec {
  /** Unique, `[a-z0-9-]{1,64}`; names the cgroup, folders and log lines of this sandbox. */
  readonly id: string;
  /**
   * Program and arguments as seen from inside. The `process` driver, which has no inside, replaces paths under a mount,
   * /var/task, /opt and /tmp by their host paths, here and in the values of `env` (lists separated by colons too).
   */
  readonly args: readonly string[];
  /** The complete environment of the first process; an OCI runtime adds HOME where it is not given. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Present from the start: interpreter, bootstrap. The driver adds system folders, /proc, /dev and /tmp itself. */
  readonly mounts: readonly Mount[];
  /** A file system of its own in place of the host's system folders. Only where `isolation.ownRoot`. */
  readonly root?: SandboxRoot;
  readonly limits: SandboxLimits;
  /** The /tmp of a former sandbox, with the user whose files are in it; `limits.tmpMb` then says nothing. Taken when the sandbox starts. */
  readonly keptTmp?: KeptTmp;
  /** A process to fork from instead of starting `args`, where the driver can. Code of a user then runs after `attach` only. */
  readonly template?: Template;
  /** Host name seen inside; a neutral one by default, never the host's own. */
  readonly hostname?: string;
}

/**
 * Folders on top of one another, as a container image has them: read-only inside, without set-uid bits and device files. What a
 * layer removes from those below it is marked as by `overlayMarks`. The driver's own /proc, /dev, /tmp, /etc/passwd, /etc/hosts
 * and /etc/resolv.conf lie above them, real folders and files whatever the layers have there; so no mount follows their links.
 */
export interface SandboxRoot {
  /** Host folders, the lowest first; at least one. */
  readonly layers: readonly string[];
}

/**
 * A process that has loaded what `args` would load first, and forks on demand. A driver starts it at first need, with the
 * `env` and `mounts` of that specification, and meanwhile starts `args`.
 */
export interface Template {
  /** Equal for specifications of one interpreter whose users may share its address layout: those of one account. */
  readonly key: string;
  readonly args: readonly string[];
  /** Wait while it starts, because nobody waits for this sandbox. */
  readonly patient: boolean;
}

export interface SandboxLimits {
  /** Memory with swap included, MiB. */
  readonly memoryMb: number;
  /** Relative weight: memoryMb / 1769 vCPU as AWS shares it; no hard cap unless `cpuQuota` is set. */
  readonly cpuQuota?: number;
  /** Processes and threads. AWS: 1,024. */
  readonly pids: number;
  /** Open files per process, as given at `create`; `attach` does not change it. AWS: 1,024. */
  readonly openFiles: number;
  /** Size of /tmp, MiB. AWS: 512 to 10,240. */
  readonly tmpMb: number;
}

/**
 * A /tmp that outlives its sandbox. Whoever keeps it closes it, or gives it to the next sandbox of the same driver, whose
 * it is as soon as that runs. Held by this process alone: it vanishes when the process is killed.
 */
export interface KeptTmp {
  /** Lets go of it and of what is in it. Harmless once another sandbox has taken it. */
  close(): void;
}

/** What a waiting sandbox is given when it is assigned. Applied before any user code runs. */
export interface Assignment {
  /** For example code at /var/task and layers merged at /opt. `sources` with more than one folder are merged, later ones win. */
  readonly mounts: readonly { readonly target: "/var/task" | "/opt"; readonly sources: readonly string[] }[];
  /** Folders that other sandboxes write to as well; they outlive all of them. */
  readonly fileSystems?: readonly FileSystemMount[];
  /** Replaces the limits that the sandbox was made with. */
  readonly limits: SandboxLimits;
}

/**
 * A host folder that is writable inside: the sandbox's user owns there what the folder's owner owns. Neither set-uid bits nor
 * device files count, and what is in it is never followed by the driver.
 */
export interface FileSystemMount {
  /** Absolute host path of a folder. */
  readonly source: string;
  /** `/mnt/NAME`, one level deep. */
  readonly target: string;
}

/** How a sandbox's first process ended. The first cause wins: a kill for memory stays one. */
export interface SandboxExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The kernel killed for exceeding the memory limit. */
  readonly outOfMemory: boolean;
}

/** What a sandbox uses; 0 where the driver cannot know. */
export interface SandboxUsage {
  /** Peak memory of all processes in MiB, without what they share with others. */
  readonly peakMemoryMb: number;
  /** The most that one process had resident in MiB, shared pages included. */
  readonly residentMb: number;
  /** Processes and threads now. */
  readonly pids: number;
}

export interface Sandbox {
  readonly id: string;
  /** Connected to file descriptor 3 of the first process. */
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the first process has ended and nothing of the sandbox runs any more. Never rejects. */
  readonly exited: Promise<SandboxExit>;
  /**
   * Maps a path inside to the path that user code must use: identity where the driver has a root of its own, a host path
   * in the `process` driver.
   */
  pathInside(path: string): string;
  attach(assignment: Assignment): Promise<void>;
  /**
   * A listening TCP server reachable from this sandbox alone, at `host:port` as seen from inside (host is 127.0.0.1 or a
   * link-local address). Returns the address to use inside (the `process` driver may choose another port).
   */
  listen(server: Server, host: string, port: number): Promise<{ readonly host: string; readonly port: number }>;
  usage(): Promise<SandboxUsage>;
  /** Ports on loopback that refused a connection since the last call; empty where the driver cannot know. */
  takeRefusedPorts(): readonly number[];
  /** Sends a signal to the first process (for example SIGTERM). */
  signal(name: "SIGTERM" | "SIGKILL"): void;
  /**
   * Stops every process inside where it is: none runs, no timer fires, sockets stay open. A frozen sandbox can be measured,
   * signalled (which thaws it) and destroyed. Does not wait until the last process has stopped; idempotent.
   */
  freeze(): void;
  /** Lets the processes go on. Idempotent, and cheap where nothing is frozen. */
  thaw(): void;
  /**
   * Keeps /tmp for a later sandbox. To be called once, after `attach` and before `destroy`, which lets the kept one be;
   * nothing may be assumed of what is in it before `destroy` has resolved.
   */
  keepTmp(): Promise<KeptTmp>;
  /** Kills every process and removes every trace (cgroup, mounts, network, folders). Idempotent; resolves when done. */
  destroy(): Promise<void>;
}

/** What isolation really holds here, for the start line and `lambent doctor`. */
export interface Isolation {
  /** The driver's own name: `oci`, `process`. */
  readonly driver: string;
  /** For example `crun 1.8.1, cgroup v1 (hybrid), root`. */
  readonly summary: string;
  /** True when hostile code is contained: only then may the server listen beyond loopback. */
  readonly contains: boolean;
  /** True when each sandbox has a loopback of its own, so that a server can be offered there at any port. */
  readonly ownLoopback: boolean;
  /** True when a sandbox may have a root of its own. */
  readonly ownRoot: boolean;
  /** What does not hold, one plain sentence each (for example "/tmp size is not limited"). */
  readonly gaps: readonly string[];
}

export interface SandboxDriver extends AsyncDisposable {
  readonly isolation: Isolation;
  /**
   * Does the set-up that the first `create` would wait for. For a server that is up and has nothing else to do; safe to
   * call at any time, once or often.
   */
  prepare(): Promise<void>;
  /** True while sandboxes with this template are forked, for a fraction of a start's work. Absent: they never are. */
  hasTemplate?(key: string): boolean;
  /** Starts the first process and resolves as soon as it runs; it need not be ready. Throws a UserError naming the failed step. */
  create(spec: SandboxSpec): Promise<Sandbox>;
}
