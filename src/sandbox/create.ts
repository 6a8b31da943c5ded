/**
 * Chooses the driver once, at server start. Never a silent fall-back: a driver asked for by name that cannot hold is an
 * error, and `auto` says in `isolation.gaps` why it settled for less.
 */
import { type Clock, type Log, type Random, UserError } from "../base/index.ts";
import type { SandboxDriver } from "./driver.ts";
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

/** Throws a UserError when the driver asked for cannot work here. Spawns nothing. */
export async function createSandboxDriver(options: SandboxDriverOptions): Promise<SandboxDriver> {
  if (options.requested === "process") return createProcessDriver(options);
  if (options.requested === "auto") {
    return createProcessDriver({ ...options, reasons: ["the oci driver is not built yet"] });
  }
  throw new UserError("sandbox-driver-unavailable", `the sandbox driver ${options.requested} is not built yet`);
}
