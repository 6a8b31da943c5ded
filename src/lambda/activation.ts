/**
 * The second half of creating and updating a function: code is unpacked and the runtime looked for, then the function
 * becomes Active (or its update Successful), or Failed with a reason. What a killed server left unsettled is taken up
 * again at start. While an update is in progress, and after it failed, invocations run what ran before.
 */

import { type Clock, type Log, UserError } from "../base/index.ts";
import type { Place } from "../wire/index.ts";
import type { CodeStore } from "./code-store.ts";
import { BOUNDS } from "./limits.ts";
import type { FunctionName } from "./names.ts";
import { type FunctionRecord, headKey, isUnsettled } from "./records.ts";
import type { RuntimePolicy } from "./runtime-policy.ts";

interface Failure {
  readonly reason: string;
  readonly reasonCode:
    | "InvalidRuntime"
    | "InternalError"
    | "InvalidConfiguration"
    | "KMSKeyAccessDenied"
    | "DisabledKMSKey"
    | "InvalidStateKMSKey"
    | "KMSKeyNotFound"
    | "InvalidImage"
    | "ImageAccessDenied"
    | "ImageDeleted";
}

export interface ActivationOptions {
  readonly code: CodeStore;
  readonly runtimes: RuntimePolicy;
  /** Rejects for variables that the function's role cannot decrypt. */
  readonly openVariables: (record: FunctionRecord) => Promise<unknown>;
  /** Unpacks the image of a function that is one. Rejects when it cannot be had. */
  readonly unpackImage: (record: FunctionRecord) => Promise<unknown>;
  /** The reason that AWS gives where a customer's key or an image is in the way. */
  readonly refusalOf: (error: unknown) => Promise<Failure | undefined>;
  readonly clock: Clock;
  readonly log: Log;
  readonly newRevisionId: () => string;
  /** Compare-and-set change of a head record; undefined from `change` leaves it. Rejects when the function is gone. */
  readonly change: (
    at: Place & { readonly name: FunctionName },
    change: (record: FunctionRecord) => FunctionRecord | undefined,
  ) => Promise<FunctionRecord>;
}

export class Activation {
  readonly #options: ActivationOptions;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: ActivationOptions) {
    this.#options = options;
  }

  /** Settles the function as `record` shows it, and waits for that for a short time only. */
  async start(record: FunctionRecord): Promise<void> {
    const key = headKey(record, record.name);
    const settling = (this.#running.get(key) ?? Promise.resolve())
      .then(() => this.#settle(record))
      .catch((error: unknown) =>
        this.#options.log.warn("a function could not be settled", { function: record.name, error }),
      )
      .finally(() => {
        if (this.#running.get(key) === settling) this.#running.delete(key);
      });
    this.#running.set(key, settling);
    const { promise: waitedEnough, resolve } = Promise.withResolvers<void>();
    using _timer = this.#options.clock.schedule(BOUNDS.settleWaitMs, resolve);
    await Promise.race([settling, waitedEnough]);
  }

  /** Resolves when nothing is being settled any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #settle(record: FunctionRecord): Promise<void> {
    const { latest } = record;
    if (!isUnsettled(latest)) return;
    const failure = await this.#prepare(record);
    await this.#options.change(record, (current) => {
      const same = current.latest.configurationId === latest.configurationId && isUnsettled(current.latest);
      return same ? settled(current, failure, this.#options.newRevisionId()) : undefined;
    });
  }

  async #prepare(record: FunctionRecord): Promise<Failure | undefined> {
    const { code, settings } = record.latest;
    try {
      await this.#options.runtimes.check(settings.runtime);
      if (code.kind === "zip") await this.#options.code.unpacked(code.sha256);
      if (code.kind === "image") await this.#options.unpackImage(record);
      for (const layer of settings.layers) await this.#options.code.unpacked(layer.sha256);
      await this.#options.openVariables(record);
      return undefined;
    } catch (error) {
      const refused = await this.#options.refusalOf(error);
      if (refused !== undefined) return refused;
      if (error instanceof UserError) return { reason: sentence(error), reasonCode: "InvalidRuntime" };
      this.#options.log.error("a function's code could not be prepared", { error });
      return { reason: "The function's code could not be unpacked.", reasonCode: "InternalError" };
    }
  }
}

function sentence(error: UserError): string {
  return error.nextStep === undefined ? error.message : `${error.message} ${error.nextStep}`;
}

function settled(record: FunctionRecord, failure: Failure | undefined, revisionId: string): FunctionRecord {
  const { serving, latest, ...rest } = record;
  if (failure === undefined) {
    return {
      ...rest,
      latest: { ...latest, revisionId, state: { name: "Active" }, lastUpdate: { status: "Successful" } },
    };
  }
  if (latest.state.name === "Pending" || serving === undefined) {
    return {
      ...rest,
      latest: {
        ...latest,
        revisionId,
        state: { name: "Failed", ...failure },
        lastUpdate: { status: "Failed", ...failure },
      },
    };
  }
  return { ...rest, serving, latest: { ...latest, revisionId, lastUpdate: { status: "Failed", ...failure } } };
}
