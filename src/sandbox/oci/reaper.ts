/**
 * Removes what servers that were killed left on this host: processes and control groups, firewall tables, folders. Mounts,
 * loop devices, network namespaces and veth pairs need no reaper: they are held by the processes alone and go with them.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Log } from "../../base/index.ts";
import { Cgroup } from "../cgroup/cgroup.ts";
import { type CgroupLayout, layoutFolders } from "../cgroup/layout.ts";
import { hasErrorCode, ignoring } from "../errors.ts";
import { isDeadInstance } from "../instance.ts";
import { KILL_POLL_MS, KILL_WAIT_MS } from "../limits.ts";
import { unmountBelow } from "../linux/mounts.ts";
import { reapFirewalls } from "./firewall.ts";

/** Parent of all control groups of all Lambent servers: PARENT/INSTANCE/SANDBOX. */
export const CGROUP_PARENT = "/lambent";

export interface ReaperOptions {
  readonly layout: CgroupLayout;
  readonly runFolder: string;
  readonly log: Log;
}

/** Never throws for what it cannot remove: it says so in the log and the next server tries again. */
export async function reapDeadInstances(options: ReaperOptions): Promise<void> {
  const { layout, runFolder, log } = options;
  const subfolders = (path: string): string[] => [
    ...new Set(layoutFolders(layout).flatMap((folder) => foldersIn(folder + path))),
  ];
  const inCgroups = subfolders(CGROUP_PARENT).filter(isDeadInstance);
  const inRunFolder = foldersIn(runFolder).filter(isDeadInstance);
  for (const instance of inCgroups) {
    const path = `${CGROUP_PARENT}/${instance}`;
    // EPERM: another user namespace of this user's, out of reach on v1.
    for (const id of subfolders(path)) ignoring(["EPERM"], () => new Cgroup(layout, `${path}/${id}`).kill());
    if (!(await removeCgroup(layout, path))) log.warn("a control group of a killed server is still busy", { path });
  }
  for (const folder of inRunFolder.map((instance) => join(runFolder, instance))) {
    unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  }
  await reapFirewalls();
  for (const instance of new Set([...inCgroups, ...inRunFolder]))
    log.info("removed what a killed server left", { instance });
}

/** Removes a control group and those below it, waiting for dying processes. False when it is still busy after a while. */
export async function removeCgroup(layout: CgroupLayout, path: string): Promise<boolean> {
  const cgroup = new Cgroup(layout, path);
  // The kernel's time, not the injected clock's: a simulated clock does not make processes die faster.
  for (let waitedMs = 0; waitedMs < KILL_WAIT_MS; waitedMs += KILL_POLL_MS) {
    if (cgroup.remove()) return true;
    await setTimeout(KILL_POLL_MS);
  }
  return false;
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
