/**
 * Functions whose every try ends as its plan says, in simulated time. Watches each start: that the concurrency limits
 * leave room for it, that what runs is deployed, and that it is not too early or once too often.
 */
import { UserError } from "../../base/index.ts";
import {
  CapacityExceeded,
  type EnvironmentStatus,
  type Environments,
  type FunctionVersion,
  type InvocationRequest,
  type InvocationResult,
} from "../../environments/index.ts";
import { type Control, claimOf, provisionedOf } from "./control.ts";
import type { EventFacts, Ledger, TryFacts } from "./ledger.ts";
import type { Life } from "./life.ts";
import type { Outcome } from "./plan.ts";
import { checkStart } from "./start-rules.ts";

interface SimulatedEnvironmentsOptions {
  readonly life: Life;
  readonly ledger: Ledger;
  readonly control: Control;
  readonly accountConcurrency: number;
  /** The function of this event invokes itself again. */
  readonly again: (event: EventFacts, traceId: string) => void;
}

export class SimulatedEnvironments implements Environments {
  readonly #options: SimulatedEnvironmentsOptions;
  readonly #running = new Map<string, number>();
  /** When a function last had no room or could not start. */
  readonly #refusedAt = new Map<string, number>();

  constructor(options: SimulatedEnvironmentsOptions) {
    this.#options = options;
  }

  running(name: string): number {
    return this.#running.get(name) ?? 0;
  }

  /** Running invocations beyond what functions have for themselves, at least. */
  get shared(): number {
    return this.#sum((count, record) => Math.max(0, count - claimOf(record)));
  }

  /** The same at most: what is provisioned may be unused, while others of the function run. */
  get sharedAtMost(): number {
    return this.#sum((count, record) => Math.max(0, count - claimOf(record) + provisionedOf(record)));
  }

  /** Since when the function could have started at any time. */
  roomSince(name: string): number {
    return Math.max(this.#refusedAt.get(name) ?? 0, this.#refusedAt.get("") ?? 0);
  }

  get total(): number {
    return [...this.#running.values()].reduce((sum, count) => sum + count, 0);
  }

  async invoke(version: FunctionVersion, request: InvocationRequest): Promise<InvocationResult> {
    const { life, ledger } = this.#options;
    if (life.isOver) await life.pause(0);
    const event = ledger.events.get(request.requestId);
    if (event === undefined) {
      ledger.violate("request-id-is-kept", `${version.functionName} runs for an unknown request ${request.requestId}`);
      throw new Error("nobody asked for this");
    }
    const index = Math.min(event.attempts, event.script.length - 1);
    const { outcome, ms } = event.script[index] ?? { outcome: "ok", ms: 0 };
    event.attempts += 1;
    const { functionName } = version;
    const label = `${event.label} in ${functionName}:${version.version} (${version.revisionId})`;
    if (!reachesFunction(outcome)) {
      ledger.note("function", `${label} cannot start: ${outcome}`);
      await this.#occupied(functionName, ms);
      this.#refusedAt.set(functionName, life.now());
      throw refusal(outcome);
    }
    ledger.note("function", `${label} starts`);
    checkStart(this.#options, this, version, event);
    const facts: TryFacts = { startedAt: life.now(), endedAt: undefined, outcome, revision: version.revisionId };
    event.tries.push(facts);
    await this.#occupied(functionName, ms);
    facts.endedAt = life.now();
    ledger.note("function", `${label} ends: ${outcome}`);
    if (event.loops && outcome === "ok") this.#options.again(event, request.traceId);
    return resultOf(event, outcome, ms);
  }

  expect(): void {
    // Nothing is made ahead here.
  }

  retire(): void {
    // Environments hold nothing that could go stale.
  }

  provision(): void {
    // Every environment is ready at once.
  }

  allocation(): undefined {
    return undefined;
  }

  list(): readonly EnvironmentStatus[] {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing outlives its invocation.
  }

  /** Takes one of the function's slots for a while; trying to start takes one, too. */
  async #occupied(name: string, ms: number): Promise<void> {
    const { life, control, accountConcurrency } = this.#options;
    this.#count(name, 1);
    await life.pause(ms);
    const record = control.record(name);
    const reserved = record?.reservedConcurrency;
    const onDemand = (reserved ?? 0) - provisionedOf(record);
    if (reserved !== undefined && this.running(name) >= onDemand) this.#refusedAt.set(name, life.now());
    const isFull = this.sharedAtMost >= accountConcurrency - control.claimedTotal || this.total >= accountConcurrency;
    if (isFull) this.#refusedAt.set("", life.now());
    this.#count(name, -1);
  }

  #sum(share: (count: number, record: ReturnType<Control["record"]>) => number): number {
    const { control } = this.#options;
    return [...this.#running].reduce((sum, [name, count]) => sum + share(count, control.record(name)), 0);
  }

  #count(name: string, difference: number): void {
    const next = this.running(name) + difference;
    if (next === 0) this.#running.delete(name);
    else this.#running.set(name, next);
  }
}

/** Whether the function itself sees a try that ends so. */
export function reachesFunction(outcome: Outcome): boolean {
  return outcome !== "capacity" && outcome !== "system" && outcome !== "unprovidable";
}

/** What the caller of the latest try must get. */
export function payloadOf(event: EventFacts, outcome: Outcome): string {
  return JSON.stringify({ label: event.label, run: event.tries.length, outcome });
}

function resultOf(event: EventFacts, outcome: Outcome, ms: number): InvocationResult {
  return {
    payload: Buffer.from(payloadOf(event, outcome)),
    functionError: outcome === "ok" ? undefined : "Unhandled",
    errorType: outcome === "ok" ? undefined : ERROR_TYPES.get(outcome),
    logTail: undefined,
    done: undefined,
    report: {
      durationMs: ms,
      billedDurationMs: Math.ceil(ms),
      memorySizeMb: 128,
      maxMemoryUsedMb: 30,
      initDurationMs: undefined,
      coldStart: false,
      coldTimings: undefined,
    },
  };
}

const ERROR_TYPES: ReadonlyMap<Outcome, string> = new Map([
  ["error", "Error"],
  ["timeout", "Sandbox.Timedout"],
  ["exit", "Runtime.ExitError"],
]);

function refusal(outcome: Outcome): Error {
  if (outcome === "capacity") return new CapacityExceeded();
  if (outcome === "unprovidable") return new UserError("simulated", "the runtime is not here.");
  return new Error("simulated failure of the system");
}
