/**
 * The `process` driver: no isolation at all, for macOS and quick looks. It says so in `isolation`, and the server must
 * then serve loopback only. What a killed server left (processes, folders) is removed when the first sandbox is made.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Log, Random } from "../../base/index.ts";
import type { Isolation, Sandbox, SandboxDriver, SandboxSpec } from "../driver.ts";
import { hasErrorCode, ignoring } from "../errors.ts";
import { isDeadInstance, ownInstance } from "../instance.ts";
import { processStart } from "../linux/proc.ts";
import { ProcessSandbox } from "./sandbox.ts";

export interface ProcessDriverOptions {
  /** Host folder for the sandboxes of all servers of this installation; made when needed. */
  readonly runFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Why a better driver was not chosen; shown with the gaps. */
  readonly reasons?: readonly string[];
}

const GAPS: readonly string[] = [
  "functions run as the server's own user and can read its files and processes",
  "functions can reach the host's network and loopback",
  "only memory is watched, once a second; CPU, /tmp size, processes and open files are not limited",
  "a function's process that leaves its process group outlives its environment",
];

export function createProcessDriver(options: ProcessDriverOptions): SandboxDriver {
  const instance = ownInstance(options.random);
  const sandboxes = new Set<ProcessSandbox>();
  const isolation: Isolation = {
    driver: "process",
    summary: "plain processes, no isolation",
    contains: false,
    ownLoopback: false,
    ownRoot: false,
    gaps: [...(options.reasons ?? []), ...GAPS],
  };
  let prepared = false;
  const prepare = (): void => {
    if (!prepared) reapDeadInstances(options.runFolder, options.log);
    prepared = true;
  };

  return {
    isolation,
    async prepare(): Promise<void> {
      prepare();
    },
    async create(spec: SandboxSpec): Promise<Sandbox> {
      prepare();
      const sandbox = await ProcessSandbox.start(spec, join(options.runFolder, instance, spec.id), options.clock);
      sandboxes.add(sandbox);
      void sandbox.exited.then(() => sandboxes.delete(sandbox));
      return sandbox;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([...sandboxes].map((sandbox) => sandbox.destroy()));
      rmSync(join(options.runFolder, instance), { recursive: true, force: true });
    },
  };
}

/** Kills the processes and removes the folders that servers which run no more left in `runFolder`. */
function reapDeadInstances(runFolder: string, log: Log): void {
  for (const instance of namesIn(runFolder).filter(isDeadInstance)) {
    const folder = join(runFolder, instance);
    for (const id of namesIn(folder)) killRecorded(join(folder, id, "pid"));
    rmSync(folder, { recursive: true, force: true });
    log.info("removed the sandboxes of a server that was killed", { folder });
  }
}

function killRecorded(pidFile: string): void {
  try {
    const [pid = "", start] = readFileSync(pidFile, "utf8").split(" ");
    if (processStart(Number(pid)) === start) ignoring(["ESRCH"], () => process.kill(-Number(pid), "SIGKILL"));
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT")) throw error;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
