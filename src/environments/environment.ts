/**
 * One execution environment: a process of a runtime that serves one function version, one invocation at a time, and one
 * log stream. It turns channel events, exits and time limits into AWS's outcomes and log lines. It does not know who
 * invokes, how environments are chosen, or how a sandbox is made.
 *
 * Invariants: every invocation gets exactly one answer; everything that a function wrote before its answer is in the log
 * before END; an environment whose process failed in any way is ended, never reused. Life: lifecycle.ts.
 */
import type { Clock, Timer } from "../base/index.ts";
import type { SandboxExit } from "../sandbox/index.ts";
import type { ChannelEvent, RuntimeChannel } from "./channel.ts";
import type { EnvironmentOptions } from "./environment-options.ts";
import { type Failure, invalidEntrypoint, processEnded, reportedByRuntime, timedOut } from "./failure.ts";
import { FunctionLog } from "./function-log.ts";
import { type ColdStart, failed, Invocation, type Outcome } from "./invocation.ts";
import { type EnvironmentState, type LifecycleEvent, type ShutdownReason, transition } from "./lifecycle.ts";
import { CHANNEL_CLOSE_GRACE_MS, REFUSED_PORTS_EVERY_MS, USAGE_INTERVAL_MS } from "./limits.ts";
import { MemoryFigures } from "./memory-figures.ts";
import { initReport, initStart, start } from "./platform-events.ts";
import { ProcessOutput } from "./process-output.ts";
import type { RuntimeProcess } from "./runtime-process.ts";
import type { FunctionVersion, InvocationRequest, InvocationResult } from "./types.ts";

const KILLED: SandboxExit = { code: undefined, signal: "SIGKILL", outOfMemory: false };

export class Environment {
  readonly id: string;
  readonly version: FunctionVersion;
  readonly createdMs: number;
  readonly #options: EnvironmentOptions;
  readonly #clock: Clock;
  readonly #log: FunctionLog;
  #state: EnvironmentState = { kind: "waiting" };
  #since: number;
  /** Counts processes: events of an earlier one are dropped. */
  #incarnation = 0;
  #process: RuntimeProcess | undefined;
  #channel: RuntimeChannel | undefined;
  #output: ProcessOutput | undefined;
  /** Ends the init that is under way. */
  #initEnded: ((failure: Failure | undefined) => void) | undefined;
  /** The invocation that the init under way belongs to; empty before the first. */
  #initRequestId = "";
  #coldStart: ColdStart | undefined;
  #invocation: Invocation | undefined;
  #startedMs = 0;
  #deadline: Timer | undefined;
  #invocations = 0;
  readonly #memory = new MemoryFigures();
  #measuredMs = Number.NEGATIVE_INFINITY;
  readonly #refusedPorts = new Set<number>();
  #refusedPortsMs = Number.NEGATIVE_INFINITY;
  #ending: Promise<void> | undefined;

  constructor(options: EnvironmentOptions) {
    this.id = options.id;
    this.version = options.version;
    this.#options = options;
    this.#clock = options.clock;
    this.createdMs = this.#since = options.clock.now();
    this.#log = new FunctionLog(options.logStream, options.version, options.clock);
  }

  get state(): EnvironmentState {
    return this.#state;
  }

  /** Epoch milliseconds of the last change of state. */
  get since(): number {
    return this.#since;
  }

  get invocations(): number {
    return this.#invocations;
  }

  get peakMemoryMb(): number {
    return this.#memory.privateMb;
  }

  /** Init ahead of the first invocation. Resolves also when it failed: then `run` tries again, as AWS does. */
  async start(): Promise<void> {
    this.#apply({ kind: "assigned" });
    const failure = await this.#initialise("init", "", this.#options.initTimeoutMs);
    if (failure === undefined) return;
    if (this.#state.kind === "shutdown") return;
    this.#apply({ kind: "failed" });
  }

  /** Runs one invocation; the environment must be idle, or its init must have failed. */
  run(request: InvocationRequest): Promise<InvocationResult> {
    const invocation = new Invocation(request, this.version);
    if (this.#state.kind === "broken") return this.#runWithInit(invocation);
    this.#begin(invocation, this.#clock.monotonicMs(), this.version.timeoutMs);
    return invocation.result;
  }

  /** Kills the process; an invocation in flight is answered with AWS's error for a killed runtime. */
  end(reason: ShutdownReason): Promise<void> {
    this.#ending ??= this.#endNow(reason);
    return this.#ending;
  }

  /* ------------------------------------------------------------------------------------------------------- init */

  async #initialise(phase: "init" | "invoke", requestId: string, limitMs: number): Promise<Failure | undefined> {
    const { version, runtimeVersion, logStreamName, notice } = this.#options;
    const beganMs = this.#clock.monotonicMs();
    this.#initRequestId = requestId;
    this.#incarnation += 1;
    const incarnation = this.#incarnation;
    const assigned = await this.#options.assign({
      event: (event) => {
        if (incarnation === this.#incarnation) this.#receive(event);
      },
      chunk: (bytes) => (incarnation === this.#incarnation ? this.#streamed(bytes) : undefined),
    });
    const { process } = assigned;
    if (this.#state.kind === "shutdown") {
      await process.end();
      return processEnded(requestId, KILLED);
    }
    this.#process = process;
    this.#channel = assigned.channel;
    const { stdout, stderr } = process.sandbox;
    const output = new ProcessOutput([stdout, stderr], this.#log, this.#clock);
    this.#output = output;
    void process.sandbox.exited.then(async (exit) => {
      await process.hungUp(this.#clock);
      this.#processExited(process, exit);
    });

    this.#log.platform(initStart(version, runtimeVersion, logStreamName, phase));
    if (notice !== undefined && phase === "init") this.#log.remark(notice);
    const initMs = this.#clock.monotonicMs();
    const failure = await new Promise<Failure | undefined>((resolve) => {
      const timer = this.#clock.schedule(Math.max(1, limitMs - (phase === "invoke" ? initMs - beganMs : 0)), () =>
        resolve(timedOut(requestId, this.version.timeoutMs)),
      );
      this.#initEnded = (reason) => {
        timer.cancel();
        resolve(reason);
      };
      assigned.channel.init(assigned);
    });
    this.#initEnded = undefined;
    const durationMs = this.#clock.monotonicMs() - initMs;
    if (failure === undefined) {
      if (phase === "init") {
        this.#coldStart = { timings: { ...assigned.timings, initMs: durationMs }, initDurationMs: durationMs };
      }
      this.#log.platform(initReport(phase, durationMs, undefined));
      this.#apply({ kind: "ready" });
      return;
    }
    await this.#endProcess(process, output);
    this.#log.platform(initReport(phase, durationMs, failure));
    return failure;
  }

  /** The first invocation after a failed init pays for the second try; its caller sees the second failure. */
  async #runWithInit(invocation: Invocation): Promise<InvocationResult> {
    const beganMs = this.#clock.monotonicMs();
    const { requestId } = invocation.request;
    const { timeoutMs } = this.version;
    this.#apply({ kind: "retried" });
    let failure: Failure | undefined;
    try {
      failure = await this.#initialise("invoke", requestId, timeoutMs);
    } catch (error) {
      await this.end("failure");
      throw error;
    }
    const remainingMs = timeoutMs - (this.#clock.monotonicMs() - beganMs);
    if (failure === undefined) {
      this.#begin(invocation, beganMs, Math.max(1, remainingMs));
      return invocation.result;
    }
    this.#invocation = invocation;
    this.#log.follow(invocation.tail);
    this.#log.platform(start(this.version, requestId));
    this.#startedMs = beganMs;
    this.#conclude(failed(asPlatformFailure(failure)));
    void this.end(failure.platform?.status === "timeout" ? "timeout" : "failure");
    return invocation.result;
  }

  /* ------------------------------------------------------------------------------------------------- invocation */

  #begin(invocation: Invocation, startedMs: number, budgetMs: number): void {
    const { request } = invocation;
    this.#apply({ kind: "invoked", requestId: request.requestId });
    this.#invocations += 1;
    this.#invocation = invocation;
    this.#startedMs = startedMs;
    this.#deadline = this.#clock.schedule(budgetMs, () => this.#outOfTime());
    this.#log.follow(invocation.tail);
    this.#log.platform(start(this.version, request.requestId));
    this.#channel?.invoke({
      requestId: request.requestId,
      deadlineMs: Math.floor(this.#clock.now() + budgetMs),
      invokedFunctionArn: request.invokedFunctionArn,
      traceId: request.traceId,
      clientContext: request.clientContext,
      payload: request.payload,
    });
  }

  #receive(event: ChannelEvent): void {
    switch (event.kind) {
      case "waiting":
        return;
      case "initDone":
        this.#initEnded?.(undefined);
        return;
      case "initError":
        this.#initEnded?.(reportedByRuntime(event.errorType, event.body));
        return;
      case "noEntrypoint":
        this.#initEnded?.(invalidEntrypoint(this.#initRequestId, event.message));
        return;
      case "response":
        this.#answered((invocation) => invocation.output(event.body));
        return;
      case "error":
        this.#answered(() => failed(reportedByRuntime(event.errorType, event.body)));
        return;
      case "refused":
        this.#answered(() => failed(event.failure));
        return;
      case "streamStart":
        this.#invocation?.streamStarted(event.contentType);
        return;
      case "streamEnd": {
        const failure =
          event.errorType === undefined
            ? undefined
            : reportedByRuntime(event.errorType, Buffer.from(event.errorBody ?? ""));
        this.#answered((invocation) => invocation.streamEnded(failure));
        return;
      }
      case "log":
        this.#log.framed(event.body.toString("utf8"), event.timeMs, event.level);
        return;
      case "free":
        if (this.#state.kind === "busy" && this.#state.answered) void this.#settle();
        return;
      case "violation":
        this.#log.remark(`the runtime broke the protocol of its channel and was ended: ${event.reason}`);
        this.#process?.sandbox.signal("SIGKILL");
        return;
      case "closed": {
        const process = this.#process;
        this.#clock.schedule(CHANNEL_CLOSE_GRACE_MS, () => process?.sandbox.signal("SIGKILL"));
        return;
      }
      default:
        event satisfies never;
    }
  }

  #answered(outcome: (invocation: Invocation) => Outcome): void {
    const invocation = this.#invocation;
    if (invocation !== undefined && this.#awaitsAnswer()) this.#conclude(outcome(invocation));
  }

  #awaitsAnswer(): boolean {
    return this.#state.kind === "busy" && !this.#state.answered;
  }

  #streamed(chunk: Uint8Array): Promise<void> | undefined {
    if (!this.#awaitsAnswer()) return undefined;
    const next = this.#invocation?.streamChunk(chunk);
    if (next === undefined || next instanceof Promise) return next;
    this.#conclude(failed(next));
    void this.#finishAndEnd(next, "failure");
    return undefined;
  }

  /** The answer is known: tells the caller, unless it wants the log, whose end is not written yet. */
  #conclude(outcome: Outcome, durationMs = this.#clock.monotonicMs() - this.#startedMs): void {
    if (this.#state.kind === "busy") this.#apply({ kind: "answered" });
    this.#invocation?.conclude(outcome, durationMs, this.#memory.reportedMb, this.#coldStart);
    this.#coldStart = undefined;
  }

  /** After an answer: what the function wrote comes into the log, then END and REPORT, then the next invocation. */
  async #settle(): Promise<void> {
    this.#deadline?.cancel();
    await this.#output?.drain();
    if (this.#state.kind !== "busy") return;
    if (this.#clock.monotonicMs() - this.#measuredMs >= USAGE_INTERVAL_MS) await this.#measure();
    if (this.#state.kind !== "busy") return;
    this.#noteRefusedPorts();
    this.#writeEnd(this.#invocation?.outcome?.failure);
    this.#apply({ kind: "settled" });
    this.#options.onIdle(this);
  }

  #writeEnd(failure: Failure | undefined): void {
    const written = this.#invocation?.writeEnd(this.#log, failure, this.#memory.reportedMb, this.#clock.now());
    if (written === undefined) return;
    this.#invocation = undefined;
    this.#options.onReport(written);
  }

  /* ------------------------------------------------------------------------------------------------------- ends */

  #outOfTime(): void {
    const requestId = this.#invocation?.request.requestId ?? "";
    const failure = timedOut(requestId, this.version.timeoutMs);
    if (this.#awaitsAnswer()) this.#conclude(failed(failure), this.version.timeoutMs);
    void this.#finishAndEnd(failure, "timeout");
  }

  #processExited(process: RuntimeProcess, exit: SandboxExit): void {
    if (process !== this.#process || this.#ending !== undefined) return;
    if (exit.outOfMemory) this.#memory.exhausted(this.version.memoryMb);
    const failure = processEnded(this.#invocation?.request.requestId ?? this.#initRequestId, exit);
    if (this.#initEnded !== undefined) {
      this.#initEnded(failure);
      return;
    }
    if (this.#awaitsAnswer()) this.#conclude(failed(failure));
    void this.#finishAndEnd(failure, "failure");
  }

  /** Ends the environment because of `failure`; what it wrote until then still comes before END. */
  #finishAndEnd(failure: Failure, reason: ShutdownReason): Promise<void> {
    this.#deadline?.cancel();
    this.#ending ??= this.#shutDown(reason, failure);
    return this.#ending;
  }

  async #endNow(reason: ShutdownReason): Promise<void> {
    this.#deadline?.cancel();
    const requestId = this.#invocation?.request.requestId ?? "";
    const killed = processEnded(requestId, KILLED);
    this.#initEnded?.(killed);
    if (this.#awaitsAnswer()) this.#conclude(failed(killed));
    await this.#shutDown(reason, this.#invocation?.outcome?.failure);
  }

  async #shutDown(reason: ShutdownReason, failure: Failure | undefined): Promise<void> {
    this.#apply({ kind: "ended", reason });
    this.#options.onEnded(this);
    this.#noteRefusedPorts();
    const process = this.#process;
    if (process !== undefined) await this.#endProcess(process, this.#output);
    this.#writeEnd(failure);
    this.#log.close();
    this.#options.onGone(this);
  }

  async #endProcess(process: RuntimeProcess, output: ProcessOutput | undefined): Promise<void> {
    const measured = this.#measure();
    this.#process = undefined;
    this.#channel = undefined;
    await measured;
    await output?.drain();
    await process.end();
    await output?.end();
  }

  async #measure(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#measuredMs = this.#clock.monotonicMs();
    try {
      this.#memory.note(await process.sandbox.usage(), this.version.memoryMb);
    } catch (error) {
      this.#options.log.debug("cannot measure a sandbox that is going away", { environment: this.id, error });
    }
  }

  /** Looks at most ten times a second: what one look leaves is found by the next. */
  #noteRefusedPorts(): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#refusedPortsMs < REFUSED_PORTS_EVERY_MS) return;
    this.#refusedPortsMs = now;
    for (const port of this.#process?.sandbox.takeRefusedPorts() ?? []) {
      if (this.#refusedPorts.has(port)) continue;
      this.#refusedPorts.add(port);
      this.#log.remark(
        `connection to localhost:${port} was refused: inside a function, localhost is the function's own; ` +
          `start Lambent with --expose ${port} to reach the service on your machine`,
      );
    }
  }

  #apply(event: LifecycleEvent): void {
    this.#state = transition(this.#state, event);
    this.#since = this.#clock.now();
  }
}

/** REPORT names the error type of a failed init also when the runtime itself reported it. */
function asPlatformFailure(failure: Failure): Failure {
  return failure.platform === undefined ? { ...failure, platform: { status: "error", message: undefined } } : failure;
}
