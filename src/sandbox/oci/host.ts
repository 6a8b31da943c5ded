/**
 * What one server sets up once for all its sandboxes: mount namespace, shared root, folders for later mounts, control
 * group parent, networks. Everything is named after the server's instance; what dead instances left is removed first.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Log } from "../../base/index.ts";
import { Cgroup } from "../cgroup/cgroup.ts";
import type { CgroupLayout } from "../cgroup/layout.ts";
import { hasErrorCode } from "../errors.ts";
import { isDeadInstance, ownInstance } from "../instance.ts";
import { DEFAULT_TMP_MB } from "../limits.ts";
import { ChildReaper } from "../linux/children.ts";
import { hasLoopDevices } from "../linux/loop.ts";
import { enterPrivateMountNamespace, mountSharedTmpfs, remountCgroup2, unmountAll } from "../linux/mounts.ts";
import { reapFirewalls } from "./firewall.ts";
import { Networks } from "./network.ts";
import { buildRoot } from "./root.ts";
import { TmpDisks } from "./tmp-disk.ts";

const CGROUP_PARENT = "/lambent";

export interface OciHostOptions {
  readonly runtime: string;
  readonly layout: CgroupLayout;
  readonly runFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class OciHost {
  readonly options: OciHostOptions;
  readonly instance: string = ownInstance();
  /** Folder of this instance; `root`, `slots`, `bundles`, `state` and `disks` lie below it. */
  readonly folder: string;
  readonly networks: Networks;
  readonly children: ChildReaper = new ChildReaper();
  /** Undefined where there are no loop devices: then /tmp is a tmpfs. */
  readonly tmpDisks: TmpDisks | undefined;
  readonly #cgroup2Options: string | undefined;

  /** Sets everything up; spawns helpers in the background only. Call once per process. */
  constructor(options: OciHostOptions) {
    this.options = options;
    this.folder = join(options.runFolder, this.instance);
    enterPrivateMountNamespace();
    this.#cgroup2Options = this.#adaptCgroups();
    this.#reap();
    for (const name of ["root", "slots", "bundles", "state"])
      mkdirSync(this.path(name), { recursive: true, mode: 0o700 });
    mountSharedTmpfs(this.path("slots"));
    buildRoot(this.path("root"));
    this.tmpDisks = hasLoopDevices() ? new TmpDisks(this.path("disks")) : undefined;
    this.networks = new Networks(this.instance, options.log);
    void this.networks.openEgress().then(() => reapFirewalls());
    this.tmpDisks
      ?.prepare(DEFAULT_TMP_MB)
      .catch((error: unknown) => options.log.error("cannot make /tmp disks", { error }));
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  cgroupPath(id: string): string {
    return `${CGROUP_PARENT}/${this.instance}/${id}`;
  }

  async close(): Promise<void> {
    await this.networks.close();
    this.children.close();
    new Cgroup(this.options.layout, `${CGROUP_PARENT}/${this.instance}`).remove();
    for (const name of ["root", "slots"]) unmountAll(this.path(name));
    rmSync(this.folder, { recursive: true, force: true });
    if (this.#cgroup2Options !== undefined) remountCgroup2(this.#cgroup2Options, "nofavordynmods");
  }

  /**
   * Moving a process into a control group waits 10–20 ms for the kernel on an idle machine unless `favordynmods` is on,
   * and crun refuses a host with a cgroup2 mount beside v1 controllers unless it cannot see that mount.
   * Returns the mount to restore at the end.
   */
  #adaptCgroups(): string | undefined {
    const { layout, log } = this.options;
    const cgroup2 = layout.version === 2 ? layout.root : layout.unified;
    if (cgroup2 === undefined) return undefined;
    let restore: string | undefined;
    try {
      remountCgroup2(cgroup2, "favordynmods");
      restore = layout.version === 2 ? cgroup2 : undefined;
    } catch (error) {
      if (!hasErrorCode(error, "EINVAL", "EPERM", "EBUSY")) throw error;
      log.debug("cgroup2 option favordynmods is not available: sandboxes start slower on an idle machine");
    }
    if (layout.version === 1) unmountAll(cgroup2);
    return restore;
  }

  #reap(): void {
    const { layout, runFolder, log } = this.options;
    const parents = layout.version === 2 ? [layout.root] : layout.hierarchies;
    const dead = new Set(parents.flatMap((parent) => foldersIn(parent + CGROUP_PARENT)).filter(isDeadInstance));
    for (const instance of dead) {
      const path = `${CGROUP_PARENT}/${instance}`;
      for (const id of new Set(parents.flatMap((parent) => foldersIn(parent + path))))
        new Cgroup(layout, `${path}/${id}`).kill();
      new Cgroup(layout, path).remove();
      log.info("removed what a killed server left", { instance });
    }
    for (const instance of foldersIn(runFolder).filter(isDeadInstance))
      rmSync(join(runFolder, instance), { recursive: true, force: true });
  }
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
