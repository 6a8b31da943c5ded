/** One sandbox of the hello-world driver: a process in a group of its own, with a folder that stands for the paths inside. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import type { Server } from "node:net";
import { dirname, join } from "node:path";
import { Duplex, type Readable } from "node:stream";
import { UserError } from "../../../src/base/index.ts";
import type {
  Assignment,
  KeptTmp,
  Sandbox,
  SandboxExit,
  SandboxSpec,
  SandboxUsage,
} from "../../../src/sandbox/index.ts";

/** A folder that is moved out of one sandbox and copied into the next. */
class KeptFolder implements KeptTmp {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  close(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class HelloSandbox implements Sandbox {
  readonly id: string;
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<SandboxExit>;
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #folder: string;
  readonly #servers: Server[] = [];

  private constructor(id: string, folder: string, child: ChildProcess, exited: Promise<SandboxExit>) {
    const channel = child.stdio[3];
    const { stdout, stderr, pid } = child;
    if (!(channel instanceof Duplex) || stdout === null || stderr === null || pid === undefined) {
      throw new Error("a child that was spawned has a pid and pipes");
    }
    this.id = id;
    this.channel = channel;
    this.stdout = stdout;
    this.stderr = stderr;
    this.exited = exited;
    this.#child = child;
    this.#pid = pid;
    this.#folder = folder;
    void exited.then(() => this.#killGroup());
  }

  static async start(spec: SandboxSpec, folder: string): Promise<HelloSandbox> {
    mkdirSync(folder, { recursive: true });
    if (spec.keptTmp instanceof KeptFolder) cpSync(spec.keptTmp.path, join(folder, "tmp"), { recursive: true });
    else mkdirSync(join(folder, "tmp"));
    const outside = (text: string): string => pathsOutside(text, folder, spec);
    const [program = "", ...args] = spec.args.map(outside);
    const env = Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, outside(value)]));
    const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const exited = once(child, "exit").then(([code, signal]) => ({
      code: code ?? undefined,
      signal: signal ?? undefined,
      outOfMemory: false,
    }));
    try {
      await Promise.race([once(child, "spawn"), exited]);
      return new HelloSandbox(spec.id, folder, child, exited);
    } catch (cause) {
      rmSync(folder, { recursive: true });
      throw new UserError("sandbox-start-failed", `cannot start ${program}: ${String(cause)}`, { cause });
    }
  }

  pathInside(path: string): string {
    return `${this.#folder}${path}`;
  }

  async attach(assignment: Assignment): Promise<void> {
    for (const { target, sources } of assignment.mounts) {
      for (const source of sources) cpSync(source, this.pathInside(target), { recursive: true, force: true });
    }
    for (const { source, target } of assignment.fileSystems ?? []) {
      mkdirSync(dirname(this.pathInside(target)), { recursive: true });
      symlinkSync(source, this.pathInside(target));
    }
  }

  async listen(server: Server): Promise<{ readonly host: string; readonly port: number }> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.#servers.push(server);
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server does not listen on TCP");
    return { host: "127.0.0.1", port: address.port };
  }

  /** What a driver cannot know is 0. */
  async usage(): Promise<SandboxUsage> {
    return { peakMemoryMb: 0, residentMb: 0, pids: 0 };
  }

  takeRefusedPorts(): readonly number[] {
    return [];
  }

  signal(name: "SIGTERM" | "SIGKILL"): void {
    this.#child.kill(name);
    this.thaw();
  }

  freeze(): void {
    this.#signalGroup("SIGSTOP");
  }

  thaw(): void {
    this.#signalGroup("SIGCONT");
  }

  async keepTmp(): Promise<KeptTmp> {
    const kept = new KeptFolder(`${this.#folder}-kept`);
    renameSync(join(this.#folder, "tmp"), kept.path);
    return kept;
  }

  async destroy(): Promise<void> {
    this.#killGroup();
    await this.exited;
    for (const server of this.#servers.splice(0)) server.close();
    this.channel.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #killGroup(): void {
    this.#signalGroup("SIGKILL");
  }

  #signalGroup(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    try {
      process.kill(-this.#pid, name);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // The group is gone already; EPERM is macOS's answer for a group of zombies.
      if (code !== "ESRCH" && code !== "EPERM") throw error;
    }
  }
}

/** `text` with the paths that start inside a mount, /var/task, /opt, /tmp or /mnt replaced by the host's. */
function pathsOutside(text: string, folder: string, spec: SandboxSpec): string {
  const mount = spec.mounts.find(({ target }) => text.startsWith(target));
  if (mount !== undefined) return mount.source + text.slice(mount.target.length);
  return /^\/(var\/task|opt|tmp|mnt)(\/|$)/.test(text) ? folder + text : text;
}
