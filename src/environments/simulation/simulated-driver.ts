/**
 * Sandboxes whose processes do what each invocation's plan says, in simulated time, over a real channel with real frames.
 * Watches what reaches a process: one invocation at a time, of the revision that it holds, never frozen, never after its
 * end, and never more processes than the machine has memory for.
 */
import { type Duplex, duplexPair, PassThrough } from "node:stream";
import { type Clock, sleep } from "../../base/index.ts";
import { encodeFrame, type Frame, FrameReader, FrameType } from "../../runtimes/index.ts";
import type { KeptTmp, Sandbox, SandboxDriver, SandboxExit, SandboxSpec } from "../../sandbox/index.ts";

/** What the process does with one invocation after `ms`; `late` answers and ends a moment later. */
export type Behaviour = "ok" | "error" | "hang" | "exit" | "late" | "garbage" | "hang-up" | "twice";

export interface SimulatedMachine {
  readonly clock: Clock;
  /** MiB that all sandboxes together may use. */
  readonly memoryMb: number;
  note(text: string): void;
  violate(rule: string, text: string): void;
  /** Whether the next start, or the next attachment, fails. */
  fails(point: "create" | "attach"): boolean;
}

/** What one process uses: less than what the gate expects, so that a correct gate never overcommits. */
const PROCESS_MB = 90;

export class SimulatedDriver implements SandboxDriver {
  readonly isolation: SandboxDriver["isolation"] = {
    driver: "simulated",
    summary: "",
    contains: true,
    ownLoopback: false,
    ownRoot: false,
    gaps: [],
  };
  readonly living = new Set<SimulatedSandbox>();
  readonly #machine: SimulatedMachine;

  constructor(machine: SimulatedMachine) {
    this.#machine = machine;
  }

  get availableMb(): number {
    return this.#machine.memoryMb - this.living.size * PROCESS_MB;
  }

  async create({ id }: SandboxSpec): Promise<Sandbox> {
    await sleep(this.#machine.clock, 20);
    if (this.#machine.fails("create")) throw new Error("simulated: no sandbox");
    const sandbox = new SimulatedSandbox(id, this.#machine, (ended) => this.living.delete(ended));
    this.living.add(sandbox);
    if (this.availableMb < 0) this.#machine.violate("within-memory", `${this.living.size} processes`);
    return sandbox;
  }

  async prepare(): Promise<void> {
    // There is no template to fork from.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sandbox of this.living) await sandbox.destroy();
  }
}

export class SimulatedSandbox implements Sandbox {
  readonly id: string;
  readonly channel: Duplex;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly exited: Promise<SandboxExit>;
  readonly #machine: SimulatedMachine;
  readonly #inside: Duplex;
  readonly #reader = new FrameReader();
  readonly #exit = Promise.withResolvers<SandboxExit>();
  readonly #onEnd: (sandbox: SimulatedSandbox) => void;
  #revision = "";
  #running: string | undefined;
  #frozen = false;
  #ended = false;

  constructor(id: string, machine: SimulatedMachine, onEnd: (sandbox: SimulatedSandbox) => void) {
    this.id = id;
    this.#machine = machine;
    this.#onEnd = onEnd;
    this.exited = this.#exit.promise;
    [this.channel, this.#inside] = duplexPair();
    this.#inside.on("data", (chunk: Buffer) => this.#reader.push(chunk, (frame) => void this.#heard(frame)));
    // Whoever destroys its end of the channel is gone; there is nobody to tell.
    this.#inside.on("error", () => this.end(undefined));
    this.stdout.resume();
    this.#say(FrameType.waiting, {});
  }

  /** The process ends by itself or is killed. */
  end(signal: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#machine.note(`${this.id} ends`);
    this.stdout.end();
    this.stderr.end();
    this.#inside.end();
    this.#onEnd(this);
    this.#exit.resolve({ code: signal === undefined ? 1 : undefined, signal, outOfMemory: false });
  }

  pathInside(path: string): string {
    return path;
  }

  async attach(): Promise<void> {
    await sleep(this.#machine.clock, 3);
    if (this.#machine.fails("attach")) throw new Error("simulated: no code");
  }

  listen(): Promise<never> {
    return Promise.reject(new Error("nothing listens in a simulated sandbox"));
  }

  async usage(): Promise<{ readonly peakMemoryMb: number; readonly residentMb: number; readonly pids: number }> {
    return { peakMemoryMb: PROCESS_MB, residentMb: PROCESS_MB, pids: 1 };
  }

  takeRefusedPorts(): readonly number[] {
    return [];
  }

  signal(name: string): void {
    this.#frozen = false;
    this.end(name);
  }

  freeze(): void {
    if (this.#running !== undefined)
      this.#machine.violate("thawed-while-it-runs", `${this.id} is frozen while it runs`);
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
  }

  async keepTmp(): Promise<KeptTmp> {
    return { close: () => undefined };
  }

  async destroy(): Promise<void> {
    await sleep(this.#machine.clock, 2);
    this.end("SIGKILL");
  }

  async #heard({ type, header, body }: Frame): Promise<void> {
    if (this.#ended) return;
    const { clock } = this.#machine;
    if (type === FrameType.init) {
      const [revision = "", how, ms] = String(header["handler"]).split("/");
      this.#revision = revision;
      await sleep(clock, Number(ms));
      if (how === "exit") this.end(undefined);
      else if (how === "error") this.#say(FrameType.initError, { errorType: "Runtime.Unknown" }, "{}");
      else this.#say(FrameType.initDone, {});
      return;
    }
    const requestId = String(header["requestId"]);
    const plan: { readonly revision: string; readonly behaviour: Behaviour; readonly ms: number } = JSON.parse(
      body.toString(),
    );
    this.#machine.note(`${this.id} gets ${requestId}`);
    const wrong = (rule: string): void => this.#machine.violate(rule, `${this.id} gets ${requestId}`);
    if (this.#running !== undefined) wrong("one-at-a-time");
    if (this.#frozen) wrong("thawed-while-it-runs");
    if (plan.revision !== this.#revision) wrong("own-revision");
    this.#running = requestId;
    await sleep(clock, plan.ms);
    if (!this.#ended) this.#behave(plan.behaviour, requestId);
  }

  #behave(behaviour: Behaviour, requestId: string): void {
    const answer = (): void => {
      this.#running = undefined;
      this.#say(FrameType.response, { requestId }, JSON.stringify({ requestId }));
    };
    switch (behaviour) {
      case "ok":
        answer();
        return;
      case "twice":
        answer();
        answer();
        return;
      case "error":
        this.#running = undefined;
        this.#say(FrameType.error, { requestId, errorType: "Error" }, "{}");
        return;
      case "late":
        answer();
        this.#machine.clock.schedule(5, () => this.end(undefined));
        return;
      case "exit":
        this.end(undefined);
        return;
      case "garbage":
        this.#inside.write(Buffer.from([255, 255, 255, 255, 1]));
        return;
      case "hang-up":
        this.#inside.end();
        return;
      case "hang":
        return;
    }
  }

  #say(type: FrameType, header: object, body = ""): void {
    if (this.#ended || !this.#inside.writable) return;
    for (const buffer of encodeFrame(type, header, Buffer.from(body))) this.#inside.write(buffer);
  }
}
