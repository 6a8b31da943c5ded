/**
 * One template: a process that an OCI runtime started with what its forks need to isolate themselves, inside the root that
 * they will see. Nobody's code runs in it. It is sent requests over a socket and knows no sandboxes; they are the server's
 * children, not its own, and live on when it dies.
 */
import { readFileSync, rmSync } from "node:fs";
import type { Duplex } from "node:stream";
import type { SandboxSpec, Template as TemplateSpec } from "../driver.ts";
import { TEMPLATE_COMPLAINT_BYTES, TEMPLATE_START_MS } from "../limits.ts";
import { sendMessage } from "../linux/descriptors.ts";
import type { SyscallNumbers } from "../linux/syscalls.ts";
import { templateConfig } from "./config.ts";
import type { Keep, StepOrKept } from "./fork-steps.ts";
import type { OciHost } from "./host.ts";
import { prepareTargets } from "./root.ts";
import { claimBundle, complaint, removeTraces, runRuntime, writeConfig } from "./start.ts";

/** Processes of a fork, as the server sees them; both are its children. */
export interface Fork {
  /** The first of the pid namespace: it ends when the line is hung up. */
  readonly first: number;
  /** The sandbox's own. */
  readonly second: number;
  /** Resolves when that is isolated and waits for its code; rejects with what failed. */
  readonly up: Promise<void>;
  /** To be called when the sandbox's own has ended: a template cannot tell of a fork that ended before it was up. */
  readonly lost: () => void;
}

/** What a template says, a line of JSON each. */
interface Word {
  readonly id?: number;
  readonly first?: number;
  readonly second?: number;
  readonly up?: true;
  readonly failed?: string;
}

interface Expected {
  readonly fork: PromiseWithResolvers<Fork>;
  readonly up: PromiseWithResolvers<void>;
  words: number;
}

export class Template {
  /** Resolves when the process has ended. Its control group may still hold the first processes of what it forked. */
  readonly gone: Promise<void>;
  /** Numbers of the capabilities in its bounding set. */
  readonly bounding: readonly number[];
  readonly #socket: Duplex;
  readonly #descriptor: number;
  readonly #kept = new Set<string>();
  readonly #expected = new Map<number, Expected>();
  #counter = 0;
  #sending: Promise<void> = Promise.resolve();
  /** Takes the end of a process that nobody waits for. */
  readonly #collect: (pid: number) => void;

  private constructor(
    socket: Duplex,
    descriptor: number,
    pid: number,
    ends: { readonly gone: Promise<void>; readonly collect: (pid: number) => void },
  ) {
    this.#collect = ends.collect;
    this.#socket = socket;
    this.#descriptor = descriptor;
    this.gone = ends.gone;
    this.bounding = boundingSet(pid);
    let heard = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (heard + chunk).split("\n");
      heard = lines.pop() ?? "";
      for (const line of lines) this.#hear(JSON.parse(line));
    });
    socket.once("close", () => {
      for (const id of this.#expected.keys()) this.#hear({ id, failed: "the template has ended" });
    });
  }

  /** Resolves when it can fork. `name` names its control group and folders. Throws what it or the runtime complained of. */
  static async start(
    host: OciHost,
    name: string,
    spec: SandboxSpec & { readonly template: TemplateSpec },
  ): Promise<Template> {
    claimBundle(host, name);
    let streams: ReturnType<typeof runRuntime> | undefined;
    let gone: Promise<void> | undefined;
    let said = "";
    try {
      prepareTargets(host.path("root"), spec.mounts);
      writeConfig(host, name, templateConfig(spec, { root: host.path("root"), cgroupPath: host.cgroupPath(name) }));
      streams = runRuntime(host, { id: name, limits: spec.limits });
      streams.stdout.resume();
      streams.stderr.on("data", (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-TEMPLATE_COMPLAINT_BYTES);
      });
      const { channel, channelFd } = streams;
      const ready = firstWord(channel, host);
      // Awaited below, after the runtime's own end.
      ready.catch(() => undefined);
      const { code } = await host.children.wait(streams.runtimePid);
      if (code !== 0) throw new Error(complaint(host, name) || `the runtime ended with ${code}`);
      const pid = Number(readFileSync(host.path("bundles", name, "pid"), "utf8"));
      host.children.collectHelpers(streams.runtimePid, pid, host.runtimeName);
      const { stdout, stderr } = streams;
      gone = host.children.wait(pid).then(() => {
        for (const stream of [channel, stdout, stderr]) stream.destroy();
        for (const folder of ["bundles", "state"]) rmSync(host.path(folder, name), { recursive: true, force: true });
      });
      await ready;
      return new Template(channel, channelFd, pid, { gone, collect: (child) => void host.children.wait(child) });
    } catch (error) {
      streams?.[Symbol.dispose]();
      await gone;
      await removeTraces(host, name);
      throw said === "" ? error : new Error(`${String(error)}: ${said.trim()}`);
    }
  }

  /** Forks that are asked for afterwards know the steps by `name`. Names differ where steps do, and are few. */
  readonly keep: Keep = (name, make) => {
    if (this.#kept.has(name)) return name;
    this.#kept.add(name);
    // Whoever asks for a fork next meets the same obstacle.
    this.#send({ keep: name, steps: make() }, []).catch(() => undefined);
    return name;
  };

  /** `sent` is called when the descriptors may be closed. Rejects when there is no fork. */
  fork(
    { clone, setns }: SyscallNumbers,
    steps: readonly StepOrKept[],
    descriptors: readonly number[],
    sent: () => void,
  ): Promise<Fork> {
    const id = this.#counter++;
    const expected: Expected = { fork: Promise.withResolvers(), up: Promise.withResolvers(), words: 0 };
    // Told by `fork`, or to whoever waits for `up`.
    expected.up.promise.catch(() => undefined);
    this.#expected.set(id, expected);
    this.#send({ id, clone, setns, steps }, descriptors)
      .finally(sent)
      .catch((error: unknown) => this.#hear({ id, failed: String(error) }));
    return expected.fork.promise;
  }

  /** True while a fork is on its way: were the process ended now, nobody would hear of that fork and collect it. */
  get isForking(): boolean {
    return this.#expected.size > 0;
  }

  /** Ends the process; what was forked from it lives on. */
  end(): Promise<void> {
    this.#socket.destroy();
    return this.gone;
  }

  #hear({ id = -1, first, second, up, failed }: Word): void {
    const expected = this.#expected.get(id);
    // A fork may fail before the template has told of it, and a template between the two processes.
    if (expected === undefined || failed !== undefined)
      for (const pid of [first, second]) if (pid !== undefined) this.#collect(pid);
    if (expected === undefined) return;
    if (first !== undefined && second !== undefined) {
      const lost = (): void => this.#hear({ id, failed: "it ended before it was up" });
      expected.fork.resolve({ first, second, up: expected.up.promise, lost });
    }
    if (up) expected.up.resolve();
    if (failed !== undefined) for (const { reject } of [expected.fork, expected.up]) reject(new Error(failed));
    // Either word of the two may be the last.
    expected.words += 1;
    if (expected.words === 2 || failed !== undefined) this.#expected.delete(id);
  }

  #send(message: object, descriptors: readonly number[]): Promise<void> {
    // One message after the other: parts of two must not mix.
    const sent = this.#sending.then(() => {
      if (this.#socket.destroyed) throw new Error("the template has ended");
      return sendMessage(this.#descriptor, message, descriptors);
    });
    // The one whose message it was hears of it.
    this.#sending = sent.catch(() => undefined);
    return sent;
  }
}

/** Throws when the kernel does not tell. */
function boundingSet(pid: number): readonly number[] {
  const set = /^CapBnd:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (set === undefined) throw new Error("the kernel does not tell which capabilities it has");
  return [...BigInt(`0x${set}`).toString(2)].reverse().flatMap((bit, capability) => (bit === "1" ? [capability] : []));
}

function firstWord(channel: Duplex, host: OciHost): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = host.options.clock.schedule(TEMPLATE_START_MS, () => reject(new Error("it is not ready in time")));
    channel.once("data", () => {
      timer.cancel();
      resolve();
    });
    channel.once("close", () => {
      timer.cancel();
      reject(new Error("it ended before it was ready"));
    });
  });
}
