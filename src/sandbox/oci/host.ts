/**
 * What one server sets up once for all its sandboxes: mount namespace, shared root, folders for later mounts, control
 * group parent, networks. Everything is named after the server's instance; what dead instances left is removed first.
 */
import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Clock, Log, Random } from "../../base/index.ts";
import { Cgroup } from "../cgroup/cgroup.ts";
import { parkFreezer } from "../cgroup/freezer.ts";
import type { CgroupLayout } from "../cgroup/layout.ts";
import { OutOfMemoryWatch } from "../cgroup/out-of-memory-watch.ts";
import { makeCgroupParents } from "../cgroup/parents.ts";
import { hasErrorCode } from "../errors.ts";
import { findProgram } from "../helper.ts";
import { ownInstance } from "../instance.ts";
import { DEFAULT_TMP_MB, SERVER_OPEN_FILES, SERVER_OPEN_FILES_FEW } from "../limits.ts";
import { ChildReaper } from "../linux/children.ts";
import { hasLoopDevices } from "../linux/loop.ts";
import {
  type DetachedMount,
  detached,
  enterPrivateMountNamespace,
  favorDynamicModifications,
  makeTmpfsMount,
  mountSharedTmpfs,
  replaceByTmpfs,
  unmountBelow,
} from "../linux/mounts.ts";
import { raiseOpenFiles } from "../linux/open-files.ts";
import type { IdRange } from "../linux/userns.ts";
import { DiskImages } from "./disk-image.ts";
import { gatewayObstacle } from "./gateway.ts";
import { HostThreads } from "./host-thread-client.ts";
import { Networks } from "./network.ts";
import { CGROUP_PARENT, reapDeadInstances } from "./reaper.ts";
import { buildImageBase, buildRoot } from "./root.ts";
import { type SealedProgram, sealProgram } from "./sealed-program.ts";
import { Templates } from "./templates.ts";

export interface OciHostOptions {
  readonly runtime: string;
  readonly layout: CgroupLayout;
  /** The ids that this server may give to sandboxes when it runs in a user namespace; undefined for root of the host. */
  readonly userNamespace: IdRange | undefined;
  readonly runFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class OciHost {
  readonly options: OciHostOptions;
  readonly instance: string;
  /** Folder of this instance; `root`, `slots`, `bundles`, `state` and `disks` lie below it. */
  readonly folder: string;
  readonly networks: Networks;
  readonly templates: Templates;
  readonly children: ChildReaper = new ChildReaper();
  readonly memoryWatch: OutOfMemoryWatch;
  /** Resolves when what runs in the background is done; sandboxes can be made before. */
  readonly prepared: Promise<void>;
  /** What turned out not to hold after detection. */
  readonly gaps: string[] = [];
  /** The most that a sandbox may be given: what the server itself has. */
  readonly openFilesMax: number;
  /** For what would keep the event loop waiting for the kernel. */
  readonly #thread: HostThreads;
  readonly #images: DiskImages;
  /** Whether /tmp is a disk here, as far as is known. */
  #hasDisks: boolean;
  readonly #restoreCgroups: (() => void) | undefined;
  readonly #sealed: SealedProgram | undefined;

  /** Sets everything up; spawns helpers in the background only. Call once per process. */
  constructor(options: OciHostOptions) {
    this.options = options;
    this.memoryWatch = new OutOfMemoryWatch(options.clock);
    this.instance = ownInstance(options.random);
    this.folder = join(options.runFolder, this.instance);
    this.openFilesMax = raiseOpenFiles(SERVER_OPEN_FILES);
    if (this.openFilesMax < SERVER_OPEN_FILES_FEW)
      this.gaps.push(`few functions can run at once: the server may open only ${this.openFilesMax} files (ulimit -n)`);
    enterPrivateMountNamespace();
    this.#restoreCgroups = this.#adaptCgroups();
    if (options.layout.version === 2 || options.userNamespace !== undefined)
      makeCgroupParents(options.layout, `${CGROUP_PARENT}/${this.instance}`);
    parkFreezer(options.layout, this.cgroupPath("parked"));
    for (const name of ["root", "slots", "bundles", "state"])
      mkdirSync(this.path(name), { recursive: true, mode: 0o700 });
    try {
      mountSharedTmpfs(this.path("slots"));
      buildRoot(this.path("root"));
      buildImageBase(this.path("image-base"));
    } catch (error) {
      unmountBelow(this.folder);
      throw error;
    }
    this.#sealed = this.#sealRuntime();
    this.#thread = new HostThreads(options.clock);
    this.#images = new DiskImages(this.path("disks"));
    this.networks = new Networks(this.instance, {
      log: options.log,
      clock: options.clock,
      ...(options.userNamespace === undefined ? { thread: this.#thread } : {}),
    });
    this.templates = new Templates(this);
    this.#hasDisks = options.userNamespace === undefined && hasLoopDevices();
    this.prepared = this.#prepare().catch((error: unknown) => {
      options.log.error("cannot finish the set-up for sandboxes", { error });
    });
  }

  /** Name of the OCI runtime's program. */
  get runtimeName(): string {
    return basename(this.options.runtime);
  }

  /** What is run as the OCI runtime. */
  get runtimeProgram(): string {
    return this.#sealed?.path ?? this.options.runtime;
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  cgroupPath(id: string): string {
    return `${CGROUP_PARENT}/${this.instance}/${id}`;
  }

  /** An empty /tmp, to be placed. */
  async makeTmp(sizeMb: number): Promise<DetachedMount> {
    if (!this.#hasDisks) return makeTmpfsMount(sizeMb);
    try {
      const image = await this.#images.of(sizeMb);
      const [descriptor = -1] = await this.#thread.call({ kind: "disk", folder: this.path("disks"), image });
      return detached(descriptor);
    } catch (error) {
      if (this.#hasDisks) {
        this.options.log.warn("cannot make disks for /tmp", { error });
        this.gaps.push("/tmp is kept in memory and counts against the function's memory (making a disk failed)");
      }
      this.#hasDisks = false;
      return makeTmpfsMount(sizeMb);
    }
  }

  /** Detaches what is mounted at these places: the last of a disk takes the kernel tens of milliseconds. */
  async unmount(places: readonly string[]): Promise<void> {
    await this.#thread.call({ kind: "unmount", places });
  }

  /** Removes the folder that crun made where it thinks the hidden cgroup2 mount is; without `id`, all of them. */
  removePretendedCgroup(id = ""): void {
    const { layout } = this.options;
    if (layout.version === 1 && layout.unified !== undefined) {
      rmSync(layout.unified + this.cgroupPath(id), { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await this.prepared;
    await this.templates.close();
    await this.networks.close();
    await this.#thread.close();
    this.children.close();
    this.#sealed?.[Symbol.dispose]();
    new Cgroup(this.options.layout, `${CGROUP_PARENT}/${this.instance}`).remove();
    this.removePretendedCgroup();
    unmountBelow(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
    this.#restoreCgroups?.();
  }

  /** Undefined for runtimes that protect themselves otherwise, and where programs in memory are not run. */
  #sealRuntime(): SealedProgram | undefined {
    const { runtime, userNamespace, log } = this.options;
    if (this.runtimeName !== "crun" || userNamespace !== undefined) return undefined;
    try {
      return sealProgram(runtime, this.path("crun"));
    } catch (error) {
      log.debug("the runtime seals itself at each start, which takes longer", { error });
      return undefined;
    }
  }

  async #prepare(): Promise<void> {
    const { log } = this.options;
    const disks = this.#hasDisks
      ? this.#images.of(DEFAULT_TMP_MB).catch((error: unknown) => log.debug("no /tmp disk", { error }))
      : undefined;
    if (this.#mayOpenEgress() && !(await this.networks.openEgress())) {
      this.gaps.push("functions cannot reach the network (see the log)");
    }
    await Promise.all([disks, reapDeadInstances(this.options)]);
  }

  /** What is missing for it, detection has told already. */
  #mayOpenEgress(): boolean {
    if (findProgram("nft") === undefined) return false;
    return this.options.userNamespace === undefined || gatewayObstacle() === undefined;
  }

  /**
   * Moving a process into a control group waits 10–20 ms for the kernel on an idle machine unless `favordynmods` is on,
   * and crun refuses a host with a cgroup2 mount beside v1 controllers unless it cannot see that mount. (It then makes
   * plain folders in its place, hence the tmpfs.)
   * Returns what undoes it at the end, where that can be reached then.
   */
  #adaptCgroups(): (() => void) | undefined {
    const { layout, log } = this.options;
    const cgroup2 = layout.version === 2 ? layout.root : layout.unified;
    if (cgroup2 === undefined) return undefined;
    let restore: (() => void) | undefined;
    try {
      restore = favorDynamicModifications(cgroup2);
    } catch (error) {
      if (!hasErrorCode(error, "EINVAL", "EPERM", "EBUSY")) throw error;
      log.debug("cgroup2 option favordynmods is not available: sandboxes start slower on an idle machine");
    }
    if (layout.version === 2) return restore;
    replaceByTmpfs(cgroup2);
    return undefined;
  }
}
