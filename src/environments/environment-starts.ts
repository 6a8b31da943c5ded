/**
 * Makes environments and starts them: whether the machine takes another one, and when; from a spare or anew; how many there
 * are. Knows nothing of invocations, nor which environment serves whom: pools choose. Invariant: an environment whose start
 * failed has ended.
 */
import { availableParallelism } from "node:os";
import { admit } from "./admission.ts";
import { Assigner } from "./assigner.ts";
import { availableMemoryMb } from "./available-memory.ts";
import { Environment } from "./environment.ts";
import { IdleFreezer } from "./idle-freezer.ts";
import { LaunchPlans } from "./launch-plans.ts";
import { ENVIRONMENTS_MAX, FORKED_START_WEIGHT, MEMORY_ESTIMATE_MB, STARTS_PER_CORE } from "./limits.ts";
import { logStreamName } from "./log-names.ts";
import { CapacityExceeded, MemoryGate } from "./memory-gate.ts";
import type { EnvironmentsOptions } from "./options.ts";
import { Provision } from "./provision.ts";
import { forks, type LaunchPlan, RuntimeProcess } from "./runtime-process.ts";
import { Spares } from "./spares.ts";
import { StartSlots } from "./start-slots.ts";
import type { FunctionVersion } from "./types.ts";
import type { VersionPool } from "./version-pool.ts";

export const SHUTTING_DOWN = "the server is shutting down";

/** What the pools do when an environment needs room or has news. */
export interface StartsListener {
  /** Ends an idle environment to make room; false when there is none. */
  giveUpIdle(): boolean;
  /** There is something that will grow old. */
  onMade(): void;
  onFree(pool: VersionPool, environment: Environment): void;
  onEnded(pool: VersionPool, environment: Environment): void;
}

export class EnvironmentStarts {
  readonly spares: Spares;
  readonly #options: EnvironmentsOptions;
  readonly #listener: StartsListener;
  readonly #plans: LaunchPlans;
  readonly #provision: Provision;
  readonly #gate: MemoryGate;
  readonly #slots: StartSlots;
  readonly #freezer: IdleFreezer;
  readonly #assigner: Assigner;
  #count = 0;
  #disposed = false;

  constructor(options: EnvironmentsOptions, listener: StartsListener) {
    const { clock, log, settings = {} } = options;
    this.#options = options;
    this.#listener = listener;
    this.#plans = new LaunchPlans(options.runtimes, options.strictRuntimes);
    this.#provision = new Provision(options.codeFolders, options.credentials, options.fileSystems);
    this.#gate = new MemoryGate({
      clock,
      availableMb: settings.availableMemoryMb ?? availableMemoryMb(clock),
      giveUpIdle: () => listener.giveUpIdle() || this.spares.giveUp(() => this.#gate.recheck()),
      ...(settings.memoryWaitMs === undefined ? {} : { waitMs: settings.memoryWaitMs }),
    });
    this.#slots = new StartSlots(STARTS_PER_CORE * availableParallelism(), clock);
    this.#freezer = new IdleFreezer(clock, settings.freezeAfterMs);
    this.spares = new Spares({
      clock,
      log,
      start: (plan) => {
        listener.onMade();
        return RuntimeProcess.startAhead(options, plan);
      },
      isForked: (plan) => forks(options.driver, plan),
      comesSoon: (plan) => plan.launch.templateArgs === undefined || forks(options.driver, plan),
      mayStart: () => this.#gate.fits(MEMORY_ESTIMATE_MB),
      ...(settings.sparesPerRuntimeMax === undefined ? {} : { perKeyMax: settings.sparesPerRuntimeMax }),
      ...(settings.spareIdleMs === undefined ? {} : { idleMs: settings.spareIdleMs }),
    });
    this.#assigner = new Assigner(options, this.#provision, this.spares);
  }

  /** Environments that are, until nothing is left of them. */
  get count(): number {
    return this.#count;
  }

  /** True while another would be in nobody's way. */
  get hasRoom(): boolean {
    return !this.#disposed && this.#count < ENVIRONMENTS_MAX && this.#gate.fits(MEMORY_ESTIMATE_MB);
  }

  /** Gets a spare of the version's runtime and its unpacked code ready. */
  async prepare(version: FunctionVersion): Promise<void> {
    this.spares.expect(await this.#plan(await this.#opened(version)));
    await this.#provision.folders(version);
  }

  /** Resolves when another environment may be made, with the function to call when its start is over. */
  async admitNew(pool: VersionPool, signal: AbortSignal): Promise<() => void> {
    if (this.#count >= ENVIRONMENTS_MAX && !this.#listener.giveUpIdle()) throw new CapacityExceeded();
    return this.#admit(pool, signal);
  }

  /** The same for an environment whose process was lost, and which starts another. */
  admitAgain(environment: Environment): Promise<() => void> {
    return this.#admit(environment, new AbortController().signal);
  }

  /** To be called after `admitNew`. Resolves when the environment is initialised, well or not. */
  async start(pool: VersionPool, beganMs: number): Promise<Environment> {
    const version = await this.#opened(pool.version);
    const plan = await this.#plan(version);
    pool.startWeight = forks(this.#options.driver, plan) ? FORKED_START_WEIGHT : 1;
    if (this.#disposed) throw new Error(SHUTTING_DOWN);
    const environment = this.#make(pool, version, plan, beganMs);
    this.#count += 1;
    pool.all.add(environment);
    this.#listener.onMade();
    try {
      await environment.start();
    } catch (error) {
      this.end(environment);
      throw error;
    }
    if (environment.state.kind === "shutdown") throw new Error(SHUTTING_DOWN);
    return environment;
  }

  /** Ends it in the background. */
  end(environment: Environment): void {
    environment.end("spindown").catch((error: unknown) => {
      this.#options.log.error("an execution environment did not end cleanly", { environment: environment.id, error });
    });
  }

  /** To be called when memory may have become free. */
  recheck(): void {
    this.#gate.recheck();
  }

  /** Nothing starts any more. Resolves when the spares have ended. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.spares.dispose();
  }

  async #plan(version: FunctionVersion): Promise<LaunchPlan> {
    const image = await this.#provision.image(version);
    return this.#plans.plan(version, await this.#provision.extensions(version, image), image);
  }

  #admit(needs: VersionPool | Environment, signal: AbortSignal): Promise<() => void> {
    return admit({ gate: this.#gate, slots: this.#slots }, needs, signal);
  }

  /** With its variables, which are opened for each environment, so that a key that is withdrawn counts at the next start. */
  async #opened(version: FunctionVersion): Promise<FunctionVersion> {
    if (version.sealedVariables === undefined) return version;
    if (this.#options.openVariables === undefined) throw new Error("there is nobody who opens sealed variables");
    return { ...version, variables: await this.#options.openVariables(version) };
  }

  #make(pool: VersionPool, version: FunctionVersion, plan: LaunchPlan, beganMs: number): Environment {
    const { clock, random, log, logs, onReport, settings = {} } = this.#options;
    const name = logStreamName(version, clock.now(), random.hex(16));
    const { accountId, region, logging, functionName, roleArn } = version;
    const id = random.hex(8);
    return new Environment({
      id,
      version,
      clock,
      log,
      logStreamName: name,
      logStream: logs.open({ accountId, region, group: logging.group, stream: name, functionName, roleArn }),
      runtimeVersion: plan.runtime.runtimeVersion(plan.interpreter),
      notice: plan.interpreter.notice,
      initializationType: pool.initializationType,
      initTimeoutMs: settings.initTimeoutMs ?? pool.initTimeoutMs,
      freezer: this.#freezer,
      assign: (listener, keptTmp) =>
        this.#assigner.assign({
          pool: { version, initializationType: pool.initializationType },
          plan,
          logStream: name,
          beganMs,
          listener,
          keptTmp,
        }),
      onReport: (written) => onReport?.(version, { ...written, environmentId: id }),
      onFree: (environment) => this.#listener.onFree(pool, environment),
      onEnded: (environment) => this.#listener.onEnded(pool, environment),
      onGone: () => {
        this.#count -= 1;
        this.#gate.recheck();
      },
    });
  }
}
