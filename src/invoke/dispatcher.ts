/**
 * From a function's name to an answer: version, concurrency slot, environment. Knows neither HTTP nor sandboxes, writes no
 * disk on the synchronous path, and throws nothing that belongs to AWS's API: refusals are values, so that every way in
 * (API, event sources, function URLs, queues) words them itself.
 */

import { type Clock, UserError } from "../base/index.ts";
import type { Environments, InvocationRequest, InvocationResult } from "../environments/index.ts";
import type { FunctionDirectory, Resolution, Resolved } from "../lambda/index.ts";
import type { Place } from "../wire/index.ts";
import { Concurrency, type ConcurrencyDemand, type ThrottleReason } from "./concurrency.ts";
import { BOUNDS } from "./limits.ts";

export interface InvokeTarget extends Place {
  /** Any form of name that AWS accepts. */
  readonly functionName: string;
  readonly qualifier?: string | undefined;
}

/** What one invocation brings, besides its target. */
export type Invocation = Omit<InvocationRequest, "invokedFunctionArn">;

/** Why an invocation does not even start. */
export type Refusal =
  | Exclude<Resolution, Resolved>
  | { readonly kind: "throttled"; readonly reason: ThrottleReason }
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
  readonly accountConcurrency: number;
}

export class Dispatcher implements Disposable {
  readonly #options: DispatcherOptions;
  readonly #concurrency: Concurrency;
  readonly #following: Disposable;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#concurrency = new Concurrency(options.accountConcurrency);
    this.#following = options.directory.onChange(({ functionArn, revisions, deployed }) => {
      options.environments.retire(functionArn, revisions);
      if (deployed !== undefined) options.environments.expect(deployed);
    });
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  /** The version that would run now, without taking a slot: for DryRun and for events that run later. */
  resolve(target: InvokeTarget): Resolution {
    return this.#options.directory.resolve(target);
  }

  /** Takes a slot for one invocation, after waiting a moment for a function that is just being created. */
  admit(target: InvokeTarget): Admission | Refusal | Promise<Admission | Refusal> {
    const resolution = this.#options.directory.resolve(target);
    if (resolution.kind !== "resolved") return resolution;
    return resolution.state.name === "Active" ? this.#take(resolution) : this.#admitLater(target);
  }

  async #admitLater(target: InvokeTarget): Promise<Admission | Refusal> {
    const { clock, directory } = this.#options;
    const limit = new AbortController();
    using _timer = clock.schedule(BOUNDS.pendingWaitMs, () => limit.abort());
    const settled = (): Resolution | undefined => {
      const resolution = directory.resolve(target);
      return resolution.kind === "resolved" && resolution.state.name === "Pending" ? undefined : resolution;
    };
    const resolution = await directory.until(settled, limit.signal).catch(() => directory.resolve(target));
    if (resolution.kind !== "resolved") return resolution;
    const { state } = resolution;
    return state.name === "Active"
      ? this.#take(resolution)
      : { kind: "not-ready", state: state.name, reason: state.reason };
  }

  #take(resolved: Resolved): Admission | Refusal {
    const { version } = resolved;
    const demand: ConcurrencyDemand = {
      accountId: version.accountId,
      region: version.region,
      functionArn: version.functionArn,
      reserved: resolved.reservedConcurrency,
      reservedTotal: this.#options.directory.reservedTotal(version),
    };
    const reason = this.#concurrency.take(demand);
    if (reason !== undefined) return { kind: "throttled", reason };
    return { kind: "admitted", resolved, run: (invocation) => this.#run(resolved, demand, invocation) };
  }

  async #run(resolved: Resolved, demand: ConcurrencyDemand, invocation: Invocation): Promise<InvocationResult> {
    try {
      const request = { ...invocation, invokedFunctionArn: resolved.invokedFunctionArn };
      return await this.#options.environments.invoke(resolved.version, request);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new Unprovidable(error.nextStep === undefined ? error.message : `${error.message} ${error.nextStep}`, {
        cause: error,
      });
    } finally {
      this.#concurrency.giveBack(demand);
    }
  }
}
