/**
 * From a function's name to an answer: version, concurrency slot, environment. Knows neither HTTP nor sandboxes, writes no
 * disk on the synchronous path, and throws nothing that belongs to AWS's API: refusals are values, so that every way in
 * (API, event sources, function URLs, queues) words them itself.
 */

import { type Clock, type MetricSink, type Random, Turns, UserError } from "../base/index.ts";
import {
  CapacityExceeded,
  type Environments,
  type InvocationRequest,
  type InvocationResult,
  type ProvisionedTarget,
} from "../environments/index.ts";
import type { FunctionDirectory, Resolution, Resolved } from "../lambda/index.ts";
import type { Place } from "../wire/index.ts";
import { Concurrency, type ConcurrencyDemand, type Slot, type ThrottleReason } from "./concurrency.ts";
import { recordConcurrency } from "./concurrency-metrics.ts";
import { BOUNDS, LIMITS } from "./limits.ts";
import { METRICS, subjectOf } from "./metrics.ts";
import { timesInTrace, traceOf } from "./trace.ts";

export interface InvokeTarget extends Place {
  /** Any form of name that AWS accepts. */
  readonly functionName: string;
  readonly qualifier?: string | undefined;
  /** The invocation's own trace, from `continueTrace`; without it no recursive loop is seen. */
  readonly traceId?: string | undefined;
  /** On whose behalf: required by functions that isolate tenants, and refused by all others. */
  readonly tenantId?: string | undefined;
}

/** A function that isolates tenants was invoked without one, or another one for a tenant. */
export interface TenantRefusal {
  readonly kind: "tenant-missing" | "tenant-unexpected";
}

/** What one invocation brings, besides its target. */
export type Invocation = Omit<InvocationRequest, "invokedFunctionArn">;

/** Why an invocation does not even start. */
export type Refusal =
  | Exclude<Resolution, Resolved>
  | TenantRefusal
  | { readonly kind: "throttled"; readonly reason: ThrottleReason }
  /** The function was invoked too often in one chain of invocations, and is not allowed to loop. */
  | { readonly kind: "recursive" }
  /** The function is still being created, or could not be. */
  | { readonly kind: "not-ready"; readonly state: string; readonly reason: string | undefined };

/** A slot is taken: `run` must be called, once. */
export interface Admission {
  readonly kind: "admitted";
  readonly resolved: Resolved;
  /** Rejects for bugs, and with Unprovidable when the runtime cannot be provided here. */
  run(invocation: Invocation): Promise<InvocationResult>;
}

/** The function's runtime cannot be provided on this machine; `message` says how to get it. */
export class Unprovidable extends Error {
  override readonly name = "Unprovidable";
}

export interface DispatcherOptions {
  readonly directory: FunctionDirectory;
  readonly environments: Environments;
  readonly clock: Clock;
  readonly random: Random;
  readonly accountConcurrency: number;
  readonly metrics?: MetricSink;
}

export class Dispatcher implements Disposable {
  readonly #options: DispatcherOptions;
  readonly #concurrency: Concurrency;
  readonly #turns = new Turns();
  readonly #following: Disposable;
  /** What functions have provisioned, until `start`; environments that are made at once would slow the server's start. */
  #waiting: Map<string, readonly ProvisionedTarget[]> | undefined = new Map();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#concurrency = new Concurrency(options.accountConcurrency);
    this.#following = options.directory.onChange(({ functionArn, revisions, deployed, provisioned, claim }) => {
      this.#concurrency.claim(functionArn, claim);
      options.environments.retire(functionArn, revisions);
      if (this.#waiting === undefined) options.environments.provision(functionArn, provisioned);
      else if (provisioned.length > 0 || this.#waiting.has(functionArn)) this.#waiting.set(functionArn, provisioned);
      if (deployed !== undefined) options.environments.expect(deployed);
    });
  }

  /** Makes the environments that functions have provisioned, from now on at once. */
  start(): void {
    for (const [functionArn, provisioned] of this.#waiting ?? [])
      this.#options.environments.provision(functionArn, provisioned);
    this.#waiting = undefined;
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  /** The version that would run now, without taking a slot: for DryRun and for events that run later. */
  resolve(target: InvokeTarget): Resolution | TenantRefusal {
    const resolution = this.#options.directory.resolve(target);
    if (resolution.kind !== "resolved") return resolution;
    const isolates = resolution.version.tenantIsolation !== undefined;
    if (isolates === (target.tenantId !== undefined)) return resolution;
    return { kind: isolates ? "tenant-missing" : "tenant-unexpected" };
  }

  /** The trace of an invocation of `target`, continued from the caller's header; loops are counted in it. */
  continueTrace(header: string | undefined, target: InvokeTarget): string {
    const resolution = this.#options.directory.resolve(target);
    return traceOf(header, resolution.kind === "resolved" ? resolution.version : target, this.#options);
  }

  /** Takes a slot for one invocation, after waiting a moment for a function that is just being created. */
  admit(target: InvokeTarget): Admission | Refusal | Promise<Admission | Refusal> {
    const resolution = this.resolve(target);
    if (resolution.kind !== "resolved") return resolution;
    return resolution.state.name === "Active" ? this.#take(resolution, target) : this.#admitLater(target);
  }

  async #admitLater(target: InvokeTarget): Promise<Admission | Refusal> {
    const { clock, directory } = this.#options;
    const limit = new AbortController();
    using _timer = clock.schedule(BOUNDS.pendingWaitMs, () => limit.abort());
    const settled = (): Resolution | TenantRefusal | undefined => {
      const resolution = this.resolve(target);
      return resolution.kind === "resolved" && resolution.state.name === "Pending" ? undefined : resolution;
    };
    const resolution = await directory.until(settled, limit.signal).catch(() => this.resolve(target));
    if (resolution.kind !== "resolved") return resolution;
    const { state } = resolution;
    return state.name === "Active"
      ? this.#take(resolution, target)
      : { kind: "not-ready", state: state.name, reason: state.reason };
  }

  #take(resolved: Resolved, { traceId }: InvokeTarget): Admission | Refusal | Promise<Admission | Refusal> {
    const { version, provisioned, provisionedTotal, maxEnvironments, reservedConcurrency, recursiveLoop } = resolved;
    if (
      traceId !== undefined &&
      recursiveLoop === "Terminate" &&
      timesInTrace(traceId, version) > LIMITS.loopInvocations
    ) {
      this.#options.metrics?.record(METRICS.recursiveInvocationsDropped, subjectOf(version));
      return { kind: "recursive" };
    }
    if (maxEnvironments === 0) return { kind: "not-ready", state: "Deactivated", reason: undefined };
    const demand = {
      accountId: version.accountId,
      region: version.region,
      functionArn: version.functionArn,
      version: version.version,
      reserved: reservedConcurrency,
      provisioned,
      provisionedTotal,
      claimed: this.#options.directory.claimedConcurrency(version),
      maxEnvironments,
    };
    const slot = this.#concurrency.take(demand);
    return typeof slot === "string" ? this.#takeNext(resolved, demand, slot) : this.#admitted(resolved, slot);
  }

  /** No slot is free: the next one that is given back in a moment, or none. */
  #takeNext(
    resolved: Resolved,
    demand: ConcurrencyDemand,
    reason: ThrottleReason,
    waitMs: number = BOUNDS.slotWaitMs,
  ): Refusal | Promise<Admission | Refusal> {
    const { clock, metrics } = this.#options;
    const beganMs = clock.monotonicMs();
    const freed = waitMs > 0 ? this.#concurrency.answeredFor(demand, reason)?.next(waitMs, clock) : undefined;
    if (freed === undefined) {
      metrics?.record(METRICS.throttles, subjectOf(resolved.version));
      return { kind: "throttled", reason };
    }
    return freed.then(() => {
      const slot = this.#concurrency.take(demand);
      if (typeof slot !== "string") return this.#admitted(resolved, slot);
      return this.#takeNext(resolved, demand, slot, waitMs - (clock.monotonicMs() - beganMs));
    });
  }

  #admitted(resolved: Resolved, slot: Slot): Admission {
    return { kind: "admitted", resolved, run: (invocation) => this.#run(resolved, slot, invocation) };
  }

  async #run(resolved: Resolved, slot: Slot, invocation: Invocation): Promise<InvocationResult> {
    let result: InvocationResult | undefined;
    try {
      const turn = this.#turns.enter(resolved.version.functionArn);
      if (turn !== undefined) await turn;
      const request = { ...invocation, invokedFunctionArn: resolved.invokedFunctionArn };
      result = await this.#options.environments.invoke(resolved.version, request);
      return result;
    } catch (error) {
      if (error instanceof CapacityExceeded) {
        this.#options.metrics?.record(METRICS.throttles, subjectOf(resolved.version));
      }
      if (!(error instanceof UserError)) throw error;
      throw new Unprovidable(error.nextStep === undefined ? error.message : `${error.message} ${error.nextStep}`, {
        cause: error,
      });
    } finally {
      void this.#giveBack(resolved, slot, result);
    }
  }

  /** The slot is free when the function is done, which may be after its answer. */
  async #giveBack(resolved: Resolved, slot: Slot, result: InvocationResult | undefined): Promise<void> {
    const { metrics } = this.#options;
    if (result?.done === undefined) this.#concurrency.giveBack(slot);
    else await this.#concurrency.giveBackAfter(slot, result.done);
    if (metrics !== undefined && result !== undefined) recordConcurrency(metrics, resolved, slot);
  }
}
