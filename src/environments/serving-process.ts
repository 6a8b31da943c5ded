/**
 * The process that serves an environment just now, from its assignment to its end: its init, its output, its memory, and
 * its standing still between invocations. An environment may have several, one after the other. Knows no invocations.
 *
 * Invariant: a process that ended or was given up says nothing more to its environment, and nothing of it runs on.
 */
import type { Clock, Log } from "../base/index.ts";
import type { KeptTmp, SandboxExit } from "../sandbox/index.ts";
import type { ChannelEvent, ChannelInvocation, ChannelListener } from "./channel.ts";
import type { Assigned } from "./environment-options.ts";
import {
  extensionFailed,
  type Failure,
  invalidEntrypoint,
  processEnded,
  reportedByRuntime,
  timedOut,
} from "./failure.ts";
import type { FunctionLog } from "./function-log.ts";
import type { ShutdownReason } from "./lifecycle.ts";
import { CHANNEL_CLOSE_GRACE_MS, USAGE_INTERVAL_MS } from "./limits.ts";
import type { MemoryFigures } from "./memory-figures.ts";
import { extension } from "./platform-events.ts";
import { ProcessOutput } from "./process-output.ts";
import type { RefusedPorts } from "./refused-ports.ts";
import type { FunctionVersion } from "./types.ts";

/** What the environment keeps over all its processes. */
export interface EnvironmentParts {
  readonly version: FunctionVersion;
  readonly clock: Clock;
  readonly log: Log;
  readonly functionLog: FunctionLog;
  readonly memory: MemoryFigures;
  readonly refusedPorts: RefusedPorts;
}

/** What a process tells its environment once it is initialised. */
export interface ProcessListener extends ChannelListener {
  /** It ended by itself, or must be ended. */
  lost(failure: Failure): void;
}

export class ServingProcess {
  readonly timings: Assigned["timings"];
  readonly #parts: EnvironmentParts;
  readonly #assigned: Assigned;
  readonly #listener: ProcessListener;
  readonly #output: ProcessOutput;
  /** Ends the init that is under way. */
  #initEnded: ((failure: Failure | undefined) => void) | undefined;
  /** The invocation that it serves, or that its init belongs to; empty before the first. */
  #requestId = "";
  #hasExited = false;
  readonly #startedMs: number;
  #interpreterMs = 0;
  #measuredMs = Number.NEGATIVE_INFINITY;
  #givenUp = false;

  private constructor(parts: EnvironmentParts, assigned: Assigned, listener: ProcessListener) {
    this.#parts = parts;
    this.#assigned = assigned;
    this.#listener = listener;
    this.timings = assigned.timings;
    this.#startedMs = parts.clock.monotonicMs();
    const { stdout, stderr } = assigned.process.sandbox;
    this.#output = new ProcessOutput([stdout, stderr], parts.functionLog, parts.clock);
  }

  /** Finds or starts a process by `assign`, and rejects as that does. */
  static async start(
    parts: EnvironmentParts,
    assign: (listener: ChannelListener) => Promise<Assigned>,
    listener: ProcessListener,
  ): Promise<ServingProcess> {
    let receive: (event: ChannelEvent) => void = () => undefined;
    const assigned = await assign({
      event: (event) => receive(event),
      chunk: (bytes) => listener.chunk(bytes),
    });
    const serving = new ServingProcess(parts, assigned, listener);
    receive = (event) => serving.#receive(event);
    return serving;
  }

  /** How long after its assignment the runtime said that it was up; 0 when it did not say so. */
  get interpreterMs(): number {
    return this.#interpreterMs;
  }

  /** Loads the function. Called once; resolves with what kept it from being ready, if anything did. */
  async init(requestId: string, limitMs: number): Promise<Failure | undefined> {
    const { clock, version } = this.#parts;
    this.#requestId = requestId;
    const ready = new Promise<Failure | undefined>((resolve) => {
      const timer = clock.schedule(Math.max(1, limitMs), () => resolve(timedOut(requestId, version.timeoutMs)));
      this.#initEnded = (failure) => {
        timer.cancel();
        resolve(failure);
      };
    });
    const { process } = this.#assigned;
    void process.sandbox.exited.then(async (exit) => {
      this.#hasExited = true;
      await process.hungUp(clock);
      this.#exited(exit);
    });
    this.#assigned.channel.init(this.#assigned);
    const failure = await ready;
    this.#initEnded = undefined;
    return failure;
  }

  /** Makes an init under way fail; nothing happens when there is none. */
  abandonInit(failure: Failure): void {
    this.#initEnded?.(failure);
  }

  invoke(invocation: ChannelInvocation): void {
    this.#requestId = invocation.requestId;
    this.#assigned.process.sandbox.thaw();
    this.#assigned.channel.invoke(invocation);
  }

  freeze(): void {
    if (!this.#givenUp) this.#assigned.process.sandbox.freeze();
  }

  /** Resolves when all that the function has written so far is in its log. */
  drain(): Promise<void> {
    return this.#output.drain();
  }

  /** Looks at the facts of a process that has just worked, each not too often. */
  async observe(): Promise<void> {
    const { clock, refusedPorts } = this.#parts;
    if (clock.monotonicMs() - this.#measuredMs >= USAGE_INTERVAL_MS) await this.#measure();
    refusedPorts.look(this.#assigned.process.sandbox);
  }

  /**
   * Ends the process and everything around it; what it wrote until then is in the log. Extensions hear of it first, where
   * they still can. Its /tmp is kept for the next one when that is wanted and possible.
   */
  async end(reason: ShutdownReason, { keepTmp }: { readonly keepTmp: boolean }): Promise<KeptTmp | undefined> {
    this.#givenUp = true;
    const { process, channel } = this.#assigned;
    if (channel.shutdown !== undefined && !this.#hasExited) {
      process.sandbox.thaw();
      await channel.shutdown(reason, () => process.sandbox.signal("SIGTERM"));
    }
    this.#parts.refusedPorts.look(process.sandbox);
    await this.#measure();
    await this.#output.drain();
    const kept = keepTmp ? await this.#keepTmp() : undefined;
    await process.end();
    await this.#output.end();
    return kept;
  }

  async #keepTmp(): Promise<KeptTmp | undefined> {
    const { sandbox } = this.#assigned.process;
    try {
      return await sandbox.keepTmp();
    } catch (error) {
      this.#parts.log.warn("the /tmp of an environment could not be kept", { sandbox: sandbox.id, error });
      return undefined;
    }
  }

  #receive(event: ChannelEvent): void {
    const { functionLog, clock } = this.#parts;
    const { sandbox } = this.#assigned.process;
    switch (event.kind) {
      case "waiting":
        this.#interpreterMs = clock.monotonicMs() - this.#startedMs;
        return;
      case "initDone":
        this.#initEnded?.(undefined);
        return;
      case "initError":
        this.#initEnded?.(reportedByRuntime(event.errorType, event.body));
        return;
      case "noEntrypoint":
        this.#initEnded?.(invalidEntrypoint(this.#requestId, event));
        return;
      case "log":
        functionLog.framed(event.body.toString("utf8"), event.timeMs, event.level);
        return;
      case "extensions":
        for (const known of event.extensions) functionLog.platform(extension(known, event.errorType));
        return;
      case "extensionFailed":
        this.#lost(extensionFailed(this.#requestId, event.errorType, event.message));
        return;
      case "violation":
        functionLog.remark(`the runtime broke the protocol of its channel and was ended: ${event.reason}`);
        sandbox.signal("SIGKILL");
        return;
      case "closed":
        clock.schedule(CHANNEL_CLOSE_GRACE_MS, () => sandbox.signal("SIGKILL"));
        return;
      default:
        this.#listener.event(event);
    }
  }

  #exited(exit: SandboxExit): void {
    if (this.#givenUp) return;
    if (exit.outOfMemory) this.#parts.memory.exhausted(this.#parts.version.memoryMb);
    this.#lost(processEnded(this.#requestId, exit));
  }

  #lost(failure: Failure): void {
    if (this.#initEnded === undefined) this.#listener.lost(failure);
    else this.#initEnded(failure);
  }

  async #measure(): Promise<void> {
    const { clock, log, memory, version } = this.#parts;
    const { sandbox } = this.#assigned.process;
    this.#measuredMs = clock.monotonicMs();
    try {
      memory.note(await sandbox.usage(), version.memoryMb);
    } catch (error) {
      log.debug("cannot measure a sandbox that is going away", { sandbox: sandbox.id, error });
    }
  }
}
