/**
 * The control group of one sandbox: limits, memory facts, killing, removal. Same meaning on v1 and v2; the differences
 * between the two file layouts live here and nowhere else.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import type { SandboxLimits } from "../driver.ts";
import { hasErrorCode, ignoring, UNSEEN } from "../errors.ts";
import { Freezer } from "./freezer.ts";
import { type CgroupLayout, layoutFolders } from "./layout.ts";

const MIB = 2 ** 20;
/** Kernel's default CPU weight on v1 for one whole CPU. */
const SHARES_PER_CPU = 1024;
/** AWS gives one vCPU per this much memory. */
const MEMORY_MB_PER_CPU = 1769;
/** v1's controllers that this room uses. */
const LEAN: readonly string[] = ["memory", "cpu", "pids", "freezer"];
const CPU_PERIOD_US = 100_000;

/** Resource numbers of an OCI configuration, computed from limits. */
export function resources(limits: SandboxLimits): {
  readonly memory: { readonly limit: number; readonly swap: number };
  readonly pids: { readonly limit: number };
  readonly cpu: { readonly shares: number; readonly quota?: number; readonly period?: number };
} {
  const limit = limits.memoryMb * MIB;
  const quota = limits.cpuQuota === undefined ? {} : { quota: cpuQuotaUs(limits.cpuQuota), period: CPU_PERIOD_US };
  return { memory: { limit, swap: limit }, pids: { limit: limits.pids }, cpu: { shares: cpuShares(limits), ...quota } };
}

export class Cgroup {
  readonly #layout: CgroupLayout;
  readonly #path: string;

  /** `path` is relative to the roots of the hierarchies, for example `/lambent/INSTANCE/ID`. */
  constructor(layout: CgroupLayout, path: string) {
    this.#layout = layout;
    this.#path = path;
  }

  /** Makes the group; its parents are there. Returns the files by which a process that writes `0` joins it. */
  create(): readonly string[] {
    for (const folder of this.#folders()) mkdirSync(folder);
    return this.#folders().map((folder) => `${folder}/cgroup.procs`);
  }

  /** As `create`, where there is something to limit, count or freeze only: of v1's hierarchies the others are left alone. */
  createLean(): readonly string[] {
    const folders = [...new Set(leanFolders(this.#layout))].map((folder) => folder + this.#path);
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    return folders.map((folder) => `${folder}/cgroup.procs`);
  }

  /** Replaces the limits. Throws EBUSY when more memory is in use than the new limit allows. */
  setLimits(limits: SandboxLimits): void {
    const memory = String(limits.memoryMb * MIB);
    const quota = limits.cpuQuota === undefined ? undefined : String(cpuQuotaUs(limits.cpuQuota));
    if (this.#layout.version === 2) {
      this.#write("memory", "memory.max", memory);
      // Memory with swap included: on v2 the two are limited apart. A kernel without swap lacks the file.
      if (this.#has("memory", "memory.swap.max")) this.#write("memory", "memory.swap.max", "0");
      this.#write("cpu", "cpu.weight", String(cpuWeight(limits)));
      this.#write("cpu", "cpu.max", `${quota ?? "max"} ${CPU_PERIOD_US}`);
    } else {
      const files = ["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"].filter((file) =>
        this.#has("memory", file),
      );
      // The sum with swap may never be the smaller one: it goes up first and down last.
      if (Number(memory) < Number(this.#read("memory", "memory.limit_in_bytes"))) files.reverse();
      for (const file of files) this.#write("memory", file, memory);
      this.#write("cpu", "cpu.shares", String(cpuShares(limits)));
      this.#write("cpu", "cpu.cfs_quota_us", quota ?? "-1");
    }
    this.#write("pids", "pids.max", String(limits.pids));
  }

  /** On v2 the kernel kills the whole group at once; on v1 the driver does it when it sees `oomKills` grow. */
  killTogetherOnOutOfMemory(): void {
    if (this.#layout.version === 2) this.#write("memory", "memory.oom.group", "1");
  }

  /** How many processes the kernel has killed here for memory. 0 when that cannot be seen. */
  oomKills(): number {
    const file = this.#layout.version === 2 ? "memory.events" : "memory.oom_control";
    try {
      return field(this.#read("memory", file), "oom_kill");
    } catch (error) {
      if (hasErrorCode(error, ...UNSEEN)) return 0;
      throw error;
    }
  }

  /** Bytes: the most that was ever in use, less what is only file cache now; never below what is in use now. */
  peakMemory(): number {
    const stat = this.#read("memory", "memory.stat");
    if (this.#layout.version === 2) {
      const now = field(stat, "anon") + field(stat, "shmem") + field(stat, "kernel");
      const peak = this.#has("memory", "memory.peak") ? Number(this.#read("memory", "memory.peak")) : 0;
      return Math.max(now, peak - (field(stat, "file") - field(stat, "shmem")));
    }
    const now = field(stat, "total_rss") + field(stat, "total_shmem");
    const peak = Number(this.#read("memory", "memory.max_usage_in_bytes"));
    return Math.max(now, peak - (field(stat, "total_cache") - field(stat, "total_shmem")));
  }

  /** Processes and threads inside. */
  pids(): number {
    return Number(this.#read("pids", "pids.current"));
  }

  /** Kills every process inside, also ones that fork as fast as they die. Does not wait for their end. */
  kill(): void {
    if (this.#layout.version === 2 && this.#has("", "cgroup.kill")) {
      ignoring(["ENOENT", "ENODEV"], () => this.#write("", "cgroup.kill", "1"));
      return;
    }
    const freezer = new Freezer(this.#layout, this.#path);
    freezer.freeze();
    try {
      for (const pid of this.processes()) ignoring(["ESRCH"], () => process.kill(pid, "SIGKILL"));
    } finally {
      freezer.thaw();
      freezer.close();
    }
  }

  /** Process ids as seen by the server. */
  processes(): readonly number[] {
    try {
      return this.#read("pids", "cgroup.procs").split("\n").filter(Boolean).map(Number);
    } catch (error) {
      if (hasErrorCode(error, ...UNSEEN)) return [];
      throw error;
    }
  }

  /** Removes the group, which must be empty. Returns false when the kernel still holds it: try again shortly. */
  remove(): boolean {
    return this.#folders().every(removeTree);
  }

  #folders(): readonly string[] {
    return [...new Set(layoutFolders(this.#layout))].map((folder) => folder + this.#path);
  }

  #file(controller: string, file: string): string {
    const layout = this.#layout;
    if (layout.version === 2) return `${layout.root}${this.#path}/${file}`;
    const hierarchy = layout.hierarchies.find(({ controllers }) => controllers.includes(controller));
    return `${hierarchy?.folder ?? `/sys/fs/cgroup/${controller}`}${this.#path}/${file}`;
  }

  #has(controller: string, file: string): boolean {
    return existsSync(this.#file(controller, file));
  }

  #read(controller: string, file: string): string {
    return readFileSync(this.#file(controller, file), "utf8");
  }

  #write(controller: string, file: string, value: string): void {
    writeFileSync(this.#file(controller, file), value);
  }
}

/** Removes a folder of a cgroup hierarchy and those below it. False when processes are still inside. */
function removeTree(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(`${folder}/${entry.name}`)) return false;
    }
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENODEV")) return true;
    if (hasErrorCode(error, "EBUSY", "ENOTEMPTY")) return false;
    throw error;
  }
}

function leanFolders(layout: CgroupLayout): readonly string[] {
  if (layout.version === 2) return [layout.root];
  const needed = layout.hierarchies.filter(({ controllers }) => controllers.some((name) => LEAN.includes(name)));
  return needed.map(({ folder }) => folder);
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? "0");
}

function cpuShares(limits: SandboxLimits): number {
  return Math.max(2, Math.round((limits.memoryMb / MEMORY_MB_PER_CPU) * SHARES_PER_CPU));
}

function cpuWeight(limits: SandboxLimits): number {
  return Math.min(10_000, Math.max(1, Math.round((limits.memoryMb / MEMORY_MB_PER_CPU) * 100)));
}

function cpuQuotaUs(cpus: number): number {
  return Math.max(1_000, Math.round(cpus * CPU_PERIOD_US));
}
