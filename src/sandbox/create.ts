/**
 * Chooses the driver once, at server start. Never a silent fall-back: a driver asked for by name that cannot hold is an
 * error, and `auto` says in `isolation.gaps` why it settled for less.
 */
import { existsSync, statfsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type Clock, type Log, type Random, UserError } from "../base/index.ts";
import { detectIsolation } from "./detect.ts";
import type { SandboxDriver } from "./driver.ts";
import { runHelper } from "./helper.ts";
import { enterPrivateMountNamespace } from "./linux/mounts.ts";
import { createOciDriver } from "./oci/driver.ts";
import { createProcessDriver } from "./process/driver.ts";

export interface SandboxDriverOptions {
  /** `auto`, `oci`, `process`, or the name or path of an OCI runtime (`crun`, `runc`, `runsc`, `kata-runtime`). */
  readonly requested: string;
  /** Host folder for sandboxes, on a local file system; made when needed. */
  readonly runFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Throws a UserError when the driver asked for cannot work here. Moves this process into a mount namespace. */
export async function createSandboxDriver(options: SandboxDriverOptions): Promise<SandboxDriver> {
  if (options.requested === "process") return createProcessDriver(options);
  const { runtime, layout, userNamespace, reasons: found, gaps } = await detectIsolation(options.requested);
  const reasons = [...found];
  if (runtime !== undefined && layout !== undefined) {
    const refusal = refusedNamespace() ?? (await unfitness(runtime));
    const allGaps = isOnTmpfs(options.runFolder) ? [...gaps, TMPFS_GAP] : gaps;
    if (refusal === undefined) return createOciDriver({ ...options, runtime, layout, userNamespace, gaps: allGaps });
    reasons.push(refusal);
  }
  if (options.requested === "auto") return createProcessDriver({ ...options, reasons });
  throw new UserError(
    "sandbox-driver-unavailable",
    `isolation by ${options.requested} is not available: ${reasons.join("; ")}`,
    {
      nextStep: "mend what is named, or start with --driver process to run functions without isolation",
    },
  );
}

/** The kernel charges what a loop device writes to a file in memory to the function that wrote it. */
const TMPFS_GAP = "what functions write to /tmp counts against their memory (the data folder is on a tmpfs)";
const TMPFS_MAGIC = 0x0102_1994;

/** Of a folder that may not exist yet: where it would be made. */
function isOnTmpfs(folder: string): boolean {
  if (existsSync(folder)) return statfsSync(folder).type === TMPFS_MAGIC;
  return isOnTmpfs(dirname(folder));
}

/** The first step that a container without rights fails at; taken here, so that the choice is made before the first sandbox. */
function refusedNamespace(): string | undefined {
  try {
    enterPrivateMountNamespace();
    return undefined;
  } catch (error) {
    return `the kernel refuses a mount namespace (${String(error)})`;
  }
}

/** The runtimes whose ways are known and tested; any other is asked. */
const KNOWN_RUNTIMES: readonly string[] = ["crun", "runc"];

/** Why a runtime cannot carry a sandbox out, beyond what every OCI runtime does; undefined when it can. */
async function unfitness(runtime: string): Promise<string | undefined> {
  if (KNOWN_RUNTIMES.includes(basename(runtime))) return undefined;
  const { output } = await runHelper(runtime, ["run", "--help"]);
  if (output.includes("preserve-fds")) return undefined;
  return `${runtime} cannot pass a descriptor into its sandboxes: its run command has no --preserve-fds`;
}
