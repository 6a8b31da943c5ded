/**
 * One execution environment: a place with a /tmp and a log stream in which a process of a runtime serves one function
 * version, one invocation at a time. It turns channel events, exits and time limits into AWS's outcomes and log lines. When
 * its process is lost the environment stays, and the next invocation starts another inside itself. It does not know who
 * invokes, how environments are chosen, or how a sandbox is made.
 *
 * Invariants: every invocation gets exactly one answer; everything that a function wrote before its answer is in the log
 * before END; a process that failed in any way is ended, never used again. Life: lifecycle.ts.
 */
import type { Clock, Timer } from "../base/index.ts";
import type { KeptTmp, SandboxExit } from "../sandbox/index.ts";
import type { ChannelEvent } from "./channel.ts";
import type { EnvironmentOptions } from "./environment-options.ts";
import { type Failure, processEnded, reportedByRuntime, timedOut } from "./failure.ts";
import { FunctionLog } from "./function-log.ts";
import { type ColdStart, failed, Invocation, type Outcome } from "./invocation.ts";
import { type EnvironmentState, type LifecycleEvent, type ShutdownReason, transition } from "./lifecycle.ts";
import { MemoryFigures } from "./memory-figures.ts";
import { initReport, initStart, start } from "./platform-events.ts";
import { RefusedPorts } from "./refused-ports.ts";
import { type EnvironmentParts, type ProcessListener, ServingProcess } from "./serving-process.ts";
import type { ColdTimings, FunctionVersion, InvocationRequest, InvocationResult, Restart } from "./types.ts";

const KILLED: SandboxExit = { code: undefined, signal: "SIGKILL", outOfMemory: false };

export class Environment {
  readonly id: string;
  readonly version: FunctionVersion;
  readonly createdMs: number;
  readonly #options: EnvironmentOptions;
  readonly #clock: Clock;
  readonly #log: FunctionLog;
  readonly #memory = new MemoryFigures();
  readonly #parts: EnvironmentParts;
  #state: EnvironmentState = { kind: "waiting" };
  #since: number;
  #serving: ServingProcess | undefined;
  /** Resolves when the process before is gone. */
  #cleared: Promise<void> = Promise.resolve();
  #keptTmp: KeptTmp | undefined;
  #coldStart: ColdStart | undefined;
  #failedStart: ColdTimings | undefined;
  #restart: Restart | undefined;
  #invocation: Invocation | undefined;
  #startedMs = 0;
  #deadline: Timer | undefined;
  #invocations = 0;
  #ending: Promise<void> | undefined;

  constructor(options: EnvironmentOptions) {
    const { id, version, clock, log, logStream } = options;
    this.id = id;
    this.version = version;
    this.#options = options;
    this.#clock = clock;
    this.createdMs = this.#since = clock.now();
    this.#log = new FunctionLog(logStream, version, clock);
    const refusedPorts = new RefusedPorts(this.#log, clock);
    this.#parts = { version, clock, log, functionLog: this.#log, memory: this.#memory, refusedPorts };
  }

  get state(): EnvironmentState {
    return this.#state;
  }

  /** True when `run` may be called. */
  get isFree(): boolean {
    return this.#state.kind === "idle" || this.#state.kind === "broken";
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
    if (failure !== undefined && this.#state.kind !== "shutdown") this.#apply({ kind: "failed" });
  }

  /**
   * Runs one invocation; the environment must be free. In a broken one the process starts first, and `started` is called
   * when that is over, whatever came of it.
   */
  run(request: InvocationRequest, started?: () => void): Promise<InvocationResult> {
    const invocation = new Invocation(request, this.version);
    if (this.#state.kind === "broken") return this.#runWithInit(invocation, started);
    this.#begin(invocation, this.#clock.monotonicMs(), this.version.timeoutMs);
    return invocation.result;
  }

  /** Whoever took it to run something does not: it is free as before. */
  giveBack(): void {
    if (this.isFree) this.#options.onFree(this);
  }

  /** Stops the process where it is until the next invocation; only while idle. */
  freeze(): void {
    if (this.#state.kind === "idle") this.#serving?.freeze();
  }

  /** Kills the process; an invocation in flight is answered with AWS's error for a killed runtime. */
  end(reason: ShutdownReason): Promise<void> {
    this.#ending ??= this.#shutDown(reason);
    return this.#ending;
  }

  /* ------------------------------------------------------------------------------------------------------- init */

  async #initialise(phase: "init" | "invoke", requestId: string, limitMs: number): Promise<Failure | undefined> {
    const { version, runtimeVersion, logStreamName, notice, initializationType } = this.#options;
    const beganMs = this.#clock.monotonicMs();
    const assign: Parameters<typeof ServingProcess.start>[1] = (listener) =>
      this.#options.assign(listener, this.#keptTmp);
    const serving = await ServingProcess.start(this.#parts, assign, this.#listener());
    if (this.#state.kind === "shutdown") {
      await serving.end("spindown", { keepTmp: false });
      return processEnded(requestId, KILLED);
    }
    this.#serving = serving;
    this.#log.platform(initStart(version, runtimeVersion, logStreamName, phase, initializationType));
    if (notice !== undefined && phase === "init") this.#log.remark(notice);
    const initMs = this.#clock.monotonicMs();
    const failure = await serving.init(requestId, limitMs - (phase === "invoke" ? initMs - beganMs : 0));
    const durationMs = this.#clock.monotonicMs() - initMs;
    // The two are read from the clock at different moments: the part is never more than the whole.
    const interpreterMs = Math.min(serving.interpreterMs, durationMs);
    const timings = { ...serving.timings, initMs: durationMs, interpreterMs };
    if (phase === "invoke") {
      // The environment's own wait for memory was long before: this process waited for what is not sandbox or attachment.
      const waitMs = Math.max(0, initMs - beganMs - timings.sandboxMs - timings.attachMs);
      this.#restart = { timings: { ...timings, waitMs }, failed: this.#failedStart };
    }
    this.#failedStart = undefined;
    if (failure === undefined) {
      if (phase === "init") {
        this.#coldStart = { initDurationMs: durationMs, ...(initializationType === "on-demand" && { timings }) };
      }
      this.#log.platform(initReport(phase, durationMs, undefined, initializationType));
      this.#rest({ kind: "ready" });
      return;
    }
    if (phase === "init") this.#failedStart = timings;
    await this.#clear(failure.platform?.status === "timeout" ? "timeout" : "failure");
    this.#log.platform(initReport(phase, durationMs, failure, initializationType));
    return failure;
  }

  /** The invocation after a lost process or a failed init pays for the new one; its caller sees what that fails with. */
  async #runWithInit(invocation: Invocation, started: (() => void) | undefined): Promise<InvocationResult> {
    const beganMs = this.#clock.monotonicMs();
    const passedMs = (): number => this.#clock.monotonicMs() - beganMs;
    const { requestId } = invocation.request;
    const { timeoutMs } = this.version;
    this.#apply({ kind: "retried" });
    let failure: Failure | undefined;
    try {
      await this.#cleared;
      failure = await this.#initialise("invoke", requestId, timeoutMs - passedMs());
    } catch (error) {
      await this.end("failure");
      throw error;
    } finally {
      started?.();
    }
    if (failure === undefined) {
      this.#begin(invocation, beganMs, Math.max(1, timeoutMs - passedMs()));
      return invocation.result;
    }
    this.#invocations += 1;
    this.#invocation = invocation;
    this.#log.follow(invocation.tail);
    this.#log.platform(start(this.version, invocation.request));
    this.#startedMs = beganMs;
    const platformFailure = asPlatformFailure(failure);
    this.#conclude(failed(platformFailure), { lost: true });
    this.#writeEnd(platformFailure);
    if (this.#state.kind !== "shutdown") this.#release({ kind: "failed" });
    return invocation.result;
  }

  /* ------------------------------------------------------------------------------------------------- invocation */

  #begin(invocation: Invocation, startedMs: number, budgetMs: number): void {
    const { request } = invocation;
    this.#apply({ kind: "invoked", requestId: request.requestId });
    this.#options.freezer.forget(this);
    this.#invocations += 1;
    this.#invocation = invocation;
    this.#startedMs = startedMs;
    // Of before the function hears of it, or a line of its own would stand before START.
    const nowMs = this.#clock.now();
    this.#serving?.invoke({
      requestId: request.requestId,
      deadlineMs: Math.floor(nowMs + budgetMs),
      invokedFunctionArn: request.invokedFunctionArn,
      traceId: request.traceId,
      clientContext: request.clientContext,
      tenantId: request.tenantId,
      streamed: request.stream !== undefined,
      payload: request.payload,
    });
    // The function is at work already; what it says is not read before this turn ends.
    this.#deadline = this.#clock.schedule(budgetMs, () => this.#outOfTime());
    this.#log.follow(invocation.tail);
    this.#log.platform(start(this.version, request), nowMs);
  }

  /** What this environment makes of what its next process says. */
  #listener(): ProcessListener {
    return {
      event: (event) => this.#receive(event),
      chunk: (bytes) => this.#streamed(bytes),
      lost: (failure) => this.#processLost(failure),
    };
  }

  #receive(event: ChannelEvent): void {
    switch (event.kind) {
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
      case "free":
        if (this.#state.kind !== "busy" || !this.#state.answered) return;
        this.#invocation?.done();
        void this.#settle();
        return;
      default:
        // The others concern the process alone.
        return;
    }
  }

  #answered(outcome: (invocation: Invocation) => Outcome): void {
    const invocation = this.#invocation;
    if (invocation !== undefined && this.#awaitsAnswer()) this.#conclude(outcome(invocation));
  }

  #awaitsAnswer(): boolean {
    return this.#state.kind === "busy" && !this.#state.answered;
  }

  #streamed(chunk: Uint8Array): Promise<void> | "refused" | undefined {
    if (!this.#awaitsAnswer()) return "refused";
    const next = this.#invocation?.streamChunk(chunk);
    if (next === undefined || next instanceof Promise) return next;
    // The caller has its answer; the function runs on to its end, and what it still writes is dropped.
    this.#conclude(failed(next));
    return "refused";
  }

  /** The answer is known: tells the caller, at once or when the log is complete. */
  #conclude(outcome: Outcome, { durationMs = this.#clock.monotonicMs() - this.#startedMs, lost = false } = {}): void {
    if (this.#state.kind === "busy") this.#apply({ kind: "answered" });
    const peakMemoryMb = this.#memory.reportedMb;
    this.#invocation?.conclude(outcome, {
      durationMs,
      peakMemoryMb,
      cold: this.#coldStart,
      restart: this.#restart,
      lost,
    });
    this.#coldStart = this.#restart = undefined;
  }

  /** After an answer: what the function wrote comes into the log, then END and REPORT, then the next invocation. */
  async #settle(): Promise<void> {
    const serving = this.#serving;
    if (serving === undefined) return;
    this.#deadline?.cancel();
    await serving.drain();
    if (this.#serving !== serving) return;
    await serving.observe();
    if (this.#serving !== serving) return;
    this.#writeEnd(this.#invocation?.outcome?.failure);
    this.#rest({ kind: "settled" });
    this.#options.onFree(this);
  }

  #writeEnd(failure: Failure | undefined): void {
    const written = this.#invocation?.writeEnd(this.#log, failure, this.#memory.reportedMb, this.#clock.now());
    if (written === undefined) return;
    this.#invocation = undefined;
    this.#options.onReport(written);
  }

  /* ------------------------------------------------------------------------------------------------------- ends */

  #outOfTime(): void {
    const { timeoutMs } = this.version;
    const failure = timedOut(this.#invocation?.request.requestId ?? "", timeoutMs);
    if (this.#awaitsAnswer()) this.#conclude(failed(failure), { durationMs: timeoutMs, lost: true });
    void this.#loseProcess(failure);
  }

  #processLost(failure: Failure): void {
    if (this.#awaitsAnswer()) this.#conclude(failed(failure), { lost: true });
    void this.#loseProcess(failure);
  }

  /** The process is of no use any more because of `failure`. It ends; what it wrote until then still comes before END. */
  async #loseProcess(failure: Failure): Promise<void> {
    if (this.#serving === undefined) return;
    this.#deadline?.cancel();
    // An idle one may be taken any time: whoever does waits in `run` until the process is gone.
    if (this.#state.kind === "idle") this.#apply({ kind: "failed" });
    await this.#clear(failure.platform?.status === "timeout" ? "timeout" : "failure");
    if (this.#state.kind !== "busy") return;
    this.#writeEnd(failure);
    this.#release({ kind: "failed" });
  }

  /** Ends the process that serves now, if one does, and keeps its /tmp unless the environment ends too. */
  #clear(reason: ShutdownReason): Promise<void> {
    const serving = this.#serving;
    if (serving === undefined) return this.#cleared;
    this.#serving = undefined;
    this.#options.freezer.forget(this);
    const keepTmp = this.#state.kind !== "shutdown";
    this.#cleared = serving.end(reason, { keepTmp }).then(
      (kept) => {
        this.#keptTmp = kept;
      },
      (error: unknown) => {
        this.#options.log.error("a process of an environment did not end cleanly", { environment: this.id, error });
      },
    );
    return this.#cleared;
  }

  async #shutDown(reason: ShutdownReason): Promise<void> {
    this.#deadline?.cancel();
    const killed = processEnded(this.#invocation?.request.requestId ?? "", KILLED);
    this.#serving?.abandonInit(killed);
    if (this.#awaitsAnswer()) this.#conclude(failed(killed), { lost: true });
    this.#apply({ kind: "ended", reason });
    this.#options.onEnded(this);
    await this.#clear(reason);
    this.#keptTmp?.close();
    this.#writeEnd(this.#invocation?.outcome?.failure);
    this.#log.close();
    this.#options.onGone(this);
  }

  /** Nothing runs from now on; the process is frozen when that lasts. */
  #rest(event: LifecycleEvent): void {
    this.#apply(event);
    this.#options.freezer.watch(this);
  }

  #release(event: LifecycleEvent): void {
    this.#apply(event);
    this.#options.onFree(this);
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
