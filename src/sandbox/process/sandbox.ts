/**
 * One sandbox of the `process` driver: a plain child process in a process group of its own. It keeps the contract's
 * shape, not its isolation. Invariant: when `exited` has resolved, its process group is dead.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { Duplex, type Readable } from "node:stream";
import { type Clock, sleep, type Timer, UserError } from "../../base/index.ts";
import type { Assignment, KeptTmp, Sandbox, SandboxExit, SandboxSpec, SandboxUsage } from "../driver.ts";
import { ignoring } from "../errors.ts";
import { DYING_POLL_MS, MEMORY_WATCH_INTERVAL_MS } from "../limits.ts";
import { privateMemory, processStart, processTree, residentPeak } from "../linux/proc.ts";
import { KeptFolder } from "./kept-folder.ts";
import { type PathMap, pathMap } from "./paths.ts";

export class ProcessSandbox implements Sandbox {
  readonly id: string;
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<SandboxExit>;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #paths: PathMap;
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #servers = new Set<Server>();
  #memoryMb: number;
  #peakMemoryMb = 0;
  #residentMb = 0;
  #outOfMemory = false;
  #frozen = false;
  #watch: Timer | undefined;

  private constructor(
    spec: SandboxSpec,
    folder: string,
    clock: Clock,
    paths: PathMap,
    child: ChildProcess,
    pid: number,
  ) {
    const channel = child.stdio[3];
    if (!(channel instanceof Duplex) || child.stdout === null || child.stderr === null)
      throw new Error("stdio is not piped");
    this.id = spec.id;
    this.channel = channel;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.#folder = folder;
    this.#clock = clock;
    this.#paths = paths;
    this.#child = child;
    this.#pid = pid;
    this.#memoryMb = spec.limits.memoryMb;
    this.exited = this.#waitForExit();
    this.#watchMemory();
  }

  /** Starts the first process; resolves when it runs. `folder` is made here and removed by `destroy`. */
  static async start(spec: SandboxSpec, folder: string, clock: Clock): Promise<ProcessSandbox> {
    if (spec.root !== undefined)
      throw new UserError("sandbox-no-root", "plain processes cannot have a file system of their own.", {
        nextStep: "see with `lambent doctor` what isolation needs",
      });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const kept = spec.keptTmp === undefined ? undefined : KeptFolder.own(spec.keptTmp);
    if (kept === undefined) mkdirSync(`${folder}/tmp`, { mode: 0o700 });
    else kept.moveTo(`${folder}/tmp`);
    const paths = pathMap(folder, spec.mounts);
    const [program = "", ...args] = spec.args.map(paths.text);
    const env = Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, paths.text(value)]));
    if (spec.cwd === "/var/task") mkdirSync(`${folder}/start`);
    const cwd = spec.cwd === "/var/task" ? `${folder}/start` : paths.path(spec.cwd);
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    try {
      await once(child, "spawn");
    } catch (cause) {
      kept?.takeBack();
      rmSync(folder, { recursive: true, force: true });
      throw new UserError("sandbox-start-failed", `cannot start ${program}: ${String(cause)}`, { cause });
    }
    const pid = child.pid;
    if (pid === undefined) throw new Error("a spawned process has a pid");
    if (process.platform === "linux") writeFileSync(`${folder}/pid`, `${pid} ${processStart(pid) ?? ""}`);
    return new ProcessSandbox(spec, folder, clock, paths, child, pid);
  }

  pathInside(path: string): string {
    return this.#paths.path(path);
  }

  async attach(assignment: Assignment): Promise<void> {
    this.#memoryMb = assignment.limits.memoryMb;
    for (const { target, sources } of assignment.mounts) {
      const place = this.#paths.path(target);
      const [first, ...more] = sources;
      if (first === undefined) continue;
      if (more.length === 0) symlinkSync(first, place);
      else for (const source of sources) cpSync(source, place, { recursive: true, force: true });
    }
    for (const { source, target } of assignment.fileSystems ?? []) {
      mkdirSync(this.#paths.path("/mnt"), { recursive: true });
      symlinkSync(source, this.#paths.path(target));
    }
  }

  async listen(
    server: Server,
    _host: string,
    _port: number,
  ): Promise<{ readonly host: string; readonly port: number }> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.#servers.add(server);
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has an address");
    return { host: "127.0.0.1", port: address.port };
  }

  async usage(): Promise<SandboxUsage> {
    const pids = process.platform === "linux" && this.#child.exitCode === null ? this.#measure() : 0;
    return { peakMemoryMb: Math.ceil(this.#peakMemoryMb), residentMb: Math.ceil(this.#residentMb), pids };
  }

  takeRefusedPorts(): readonly number[] {
    return [];
  }

  signal(name: "SIGTERM" | "SIGKILL"): void {
    this.#child.kill(name);
    this.thaw();
  }

  freeze(): void {
    if (this.#frozen || this.#hasEnded()) return;
    this.#frozen = true;
    this.#signalGroup("SIGSTOP");
    this.#watch?.cancel();
  }

  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    if (this.#hasEnded()) return;
    this.#signalGroup("SIGCONT");
    this.#watchMemory();
  }

  async keepTmp(): Promise<KeptTmp> {
    return KeptFolder.from(`${this.#folder}/tmp`, `${this.#folder}-kept`);
  }

  async destroy(): Promise<void> {
    const members = processTree(this.#pid).map((pid) => ({ pid, start: processStart(pid) }));
    this.#killGroup();
    await this.exited;
    // A killed process runs on until the kernel has come to it.
    while (members.some(({ pid, start }) => start !== undefined && processStart(pid) === start)) {
      await sleep(this.#clock, DYING_POLL_MS);
    }
    for (const server of this.#servers) server.close();
    this.#servers.clear();
    this.channel.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #waitForExit(): Promise<SandboxExit> {
    const [code, signal]: readonly (number | string | null)[] = await once(this.#child, "exit");
    this.#watch?.cancel();
    this.#killGroup();
    return {
      code: typeof code === "number" ? code : undefined,
      signal: typeof signal === "string" ? signal : undefined,
      outOfMemory: this.#outOfMemory,
    };
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #killGroup(): void {
    this.#signalGroup("SIGKILL");
  }

  #signalGroup(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    // EPERM is macOS's answer for a group of zombies.
    ignoring(["ESRCH", "EPERM"], () => process.kill(-this.#pid, name));
  }

  #watchMemory(): void {
    if (process.platform !== "linux") return;
    this.#watch = this.#clock.schedule(MEMORY_WATCH_INTERVAL_MS, () => {
      this.#measure();
      if (this.#peakMemoryMb > this.#memoryMb) {
        this.#outOfMemory = true;
        this.#killGroup();
      } else this.#watchMemory();
    });
  }

  /** Updates the peak and returns the number of processes. */
  #measure(): number {
    const tree = processTree(this.#pid);
    const memoryMb = tree.reduce((sum, pid) => sum + privateMemory(pid), 0) / 2 ** 20;
    this.#peakMemoryMb = Math.max(this.#peakMemoryMb, memoryMb);
    this.#residentMb = Math.max(this.#residentMb, residentPeak(this.#pid) / 2 ** 20);
    return tree.length;
  }
}
