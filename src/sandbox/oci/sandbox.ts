/**
 * One sandbox of the `oci` driver, from the bundle that the runtime carries out to the removal of the last trace.
 * Invariant: once `exited` has resolved nothing of it runs (its pid namespace is closed, so the kernel ends all other
 * processes, and waited for); once `destroy` has resolved nothing of it exists.
 */
import { once } from "node:events";
import type { Server } from "node:net";
import type { Duplex, Readable } from "node:stream";
import type { Timer } from "../../base/index.ts";
import { Cgroup } from "../cgroup/cgroup.ts";
import { Freezer } from "../cgroup/freezer.ts";
import type { Assignment, KeptTmp, Sandbox, SandboxExit, SandboxLimits, SandboxSpec, SandboxUsage } from "../driver.ts";
import { hasErrorCode, ignoring, UNSEEN } from "../errors.ts";
import { KILL_WAIT_MS } from "../limits.ts";
import { bindMount, cloneMount, makeBindMount, makeUnion, mountUnion, unmountAll } from "../linux/mounts.ts";
import { residentPeak } from "../linux/proc.ts";
import { mountFileSystems, placeFileSystems, withMnt } from "./file-systems.ts";
import type { OciHost } from "./host.ts";
import { OciKeptTmp } from "./kept-tmp.ts";
import type { Network } from "./network.ts";
import { type PlacedMount, removeTraces, type StartedContainer, startContainer } from "./start.ts";
import { startFork } from "./start-fork.ts";

const MIB = 2 ** 20;

export class OciSandbox implements Sandbox {
  readonly id: string;
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<SandboxExit>;
  readonly #host: OciHost;
  readonly #cgroup: Cgroup;
  readonly #freezer: Freezer;
  readonly #network: Network;
  readonly #pid: number;
  readonly #started: Pick<StartedContainer, "ended" | "end" | "place">;
  readonly #servers = new Set<Server>();
  readonly #tmpReady: Promise<void>;
  readonly #tmpWasKept: boolean;
  readonly #uid: number;
  #frozen = false;
  #limits: SandboxLimits;
  #ended = false;
  #outOfMemory = false;
  #usage: SandboxUsage = { peakMemoryMb: 0, residentMb: 0, pids: 0 };
  #watch: Timer | undefined;
  readonly #gone = Promise.withResolvers<void>();
  #destroying = false;

  private constructor(host: OciHost, spec: SandboxSpec, uid: number, started: StartedContainer) {
    this.id = spec.id;
    this.#uid = uid;
    this.#tmpWasKept = spec.keptTmp !== undefined;
    this.channel = started.channel;
    this.stdout = started.stdout;
    this.stderr = started.stderr;
    this.#host = host;
    this.#cgroup = new Cgroup(host.options.layout, host.cgroupPath(spec.id));
    this.#freezer = new Freezer(host.options.layout, host.cgroupPath(spec.id));
    this.#network = started.network;
    // Not earlier: a runtime that finds a mount at the slot would bind that mount instead of the slot, for good.
    this.#tmpReady = started.tmp.then((tmp) => tmp.placeAt(this.#slot("tmp")));
    // attach awaits it and hears of a failure.
    this.#tmpReady.catch(() => undefined);
    this.#pid = started.pid;
    this.#started = started;
    this.#limits = spec.limits;
    this.#cgroup.killTogetherOnOutOfMemory();
    this.exited = this.#waitForExit();
  }

  static async start(host: OciHost, spec: SandboxSpec, uid: number): Promise<OciSandbox> {
    return new OciSandbox(host, spec, uid, (await forked(host, spec, uid)) ?? (await startContainer(host, spec, uid)));
  }

  pathInside(path: string): string {
    return path;
  }

  async attach(assignment: Assignment): Promise<void> {
    await Promise.all([this.#tmpReady, this.#network.ready]);
    const { limits } = assignment;
    this.#cgroup.setLimits(limits);
    if (limits.tmpMb !== this.#limits.tmpMb && !this.#tmpWasKept) {
      unmountAll(this.#slot("tmp"));
      (await this.#host.makeTmp(limits.tmpMb)).placeAt(this.#slot("tmp"));
    }
    this.#limits = limits;
    const fileSystems = await mountFileSystems(this.#host, assignment.fileSystems ?? [], this.#uid);
    if (this.#destroying && fileSystems.length > 0) {
      for (const { mount } of fileSystems) mount.close();
      throw new Error("the sandbox was destroyed before it had its file systems");
    }
    // What waits without code takes no memory that it has not had from the start.
    if (this.#host.options.layout.version === 1 && this.#watch === undefined) this.#watchMemory();
    if (this.#started.place !== undefined) {
      await this.#started.place(this.#forFork(assignment, fileSystems));
      return;
    }
    for (const { target, sources } of assignment.mounts) {
      const place = this.#slot(target === "/opt" ? "opt" : "task");
      const [first, ...more] = sources;
      if (first === undefined) continue;
      if (more.length === 0) bindMount(first, place);
      else mountUnion(sources, place);
    }
    placeFileSystems(this.#slot("mnt"), fileSystems);
  }

  async listen(server: Server, host: string, port: number): Promise<{ readonly host: string; readonly port: number }> {
    const fd = this.#host.networks.listen(this.#network, host, port);
    server.listen({ fd });
    await once(server, "listening");
    this.#servers.add(server);
    return { host, port };
  }

  async usage(): Promise<SandboxUsage> {
    if (!this.#ended) this.#measure();
    return this.#usage;
  }

  takeRefusedPorts(): readonly number[] {
    return this.#destroying ? [] : this.#network.refused.take();
  }

  signal(name: "SIGTERM" | "SIGKILL"): void {
    if (this.#ended) return;
    ignoring(["ESRCH"], () => process.kill(this.#pid, name));
    this.thaw();
  }

  freeze(): void {
    if (this.#frozen || this.#ended || this.#destroying) return;
    this.#frozen = true;
    this.#freezer.freeze();
    // Nothing that stands still takes memory.
    this.#watch?.cancel();
  }

  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.#freezer.thaw();
    if (this.#watch !== undefined && !this.#ended) this.#watchMemory();
  }

  async keepTmp(): Promise<KeptTmp> {
    await this.#tmpReady;
    return new OciKeptTmp(cloneMount(this.#slot("tmp")), this.#uid);
  }

  /** Resolves when `destroy` is done; rejects with what made it fail. */
  get destroyed(): Promise<void> {
    return this.#gone.promise;
  }

  destroy(): Promise<void> {
    if (!this.#destroying) {
      this.#destroying = true;
      this.#gone.resolve(this.#destroy());
    }
    return this.#gone.promise;
  }

  async #destroy(): Promise<void> {
    // A fork has its own: the kernel lets go of the disk when the fork's end does, in the background.
    if (this.#started.place !== undefined) unmountAll(this.#slot("tmp"));
    this.signal("SIGKILL");
    if (!this.#ended) this.#cgroup.kill();
    await this.#exitedOrLate();
    for (const server of this.#servers) server.close();
    this.#servers.clear();
    this.channel.destroy();
    // What somebody reads ends by itself after its last byte; what nobody reads would keep its descriptor.
    for (const stream of [this.stdout, this.stderr]) if (stream.readableFlowing === null) stream.destroy();
    // attach heard of a failure; here only the end of the work matters.
    await this.#tmpReady.catch(() => undefined);
    this.#network.close();
    this.#freezer.close();
    await removeTraces(this.#host, this.id);
  }

  async #exitedOrLate(): Promise<void> {
    // The kernel's time, not the injected clock's.
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, KILL_WAIT_MS);
    await Promise.race([this.exited, late.promise]);
    clearTimeout(timer);
    if (!this.#ended) this.#host.options.log.error("a sandbox does not end", { id: this.id });
  }

  async #waitForExit(): Promise<SandboxExit> {
    const status = await this.#started.ended;
    this.#measure();
    await this.#started.end();
    this.#ended = true;
    this.#watch?.cancel();
    const outOfMemory = this.#outOfMemory || this.#cgroup.oomKills() > 0;
    return { ...status, outOfMemory };
  }

  #measure(): void {
    try {
      const peak = Math.ceil(this.#cgroup.peakMemory() / MIB);
      const resident = Math.ceil(residentPeak(this.#pid) / MIB);
      this.#usage = {
        peakMemoryMb: Math.max(this.#usage.peakMemoryMb, peak),
        residentMb: Math.max(this.#usage.residentMb, resident),
        pids: this.#cgroup.pids(),
      };
    } catch (error) {
      if (!hasErrorCode(error, ...UNSEEN)) throw error;
    }
  }

  /** v1 kills one process of a group that is out of memory; the sandbox ends as a whole, as on v2. */
  #watchMemory(): void {
    this.#watch = this.#host.memoryWatch.listen(() => {
      if (this.#outOfMemory || this.#cgroup.oomKills() === 0) return;
      this.#outOfMemory = true;
      this.signal("SIGKILL");
    });
  }

  /** What a fork takes to its places itself: nothing of it is mounted where other sandboxes would copy it. */
  #forFork({ mounts }: Assignment, fileSystems: readonly PlacedMount[]): readonly PlacedMount[] {
    using made = new DisposableStack();
    const placed = [{ target: "/tmp", mount: cloneMount(this.#slot("tmp")) }];
    made.defer(() => {
      for (const { mount } of [...placed, ...fileSystems]) mount.close();
    });
    for (const { target, sources } of mounts) {
      const [first, ...more] = sources;
      if (first === undefined) continue;
      if (more.length === 0) placed.push({ target, mount: makeBindMount(first) });
      else placed.push({ target, mount: makeUnion(sources, this.#slot("union")) });
    }
    placed.push(...withMnt(fileSystems));
    made.move();
    return placed;
  }

  #slot(name: string): string {
    return this.#host.path("slots", this.id, name);
  }
}

/** Undefined when there is nothing to fork from, or that failed: then the runtime makes the sandbox. */
async function forked(host: OciHost, spec: SandboxSpec, uid: number): Promise<StartedContainer | undefined> {
  const found = await host.templates.find(spec);
  if (found === undefined) return undefined;
  try {
    return await startFork(host, spec, uid, found);
  } catch (error) {
    host.options.log.warn("a sandbox could not be forked from its template", { id: spec.id, error });
    return undefined;
  }
}
