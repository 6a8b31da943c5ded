/**
 * Turns a process into one function's: a spare if there is one that may serve, else a new one, with code, limits and variables attached.
 * Knows no pools and no invocations. Invariant: a process whose assignment failed has ended.
 */
import type { Clock } from "../base/index.ts";
import type { KeptTmp } from "../sandbox/index.ts";
import type { ChannelListener } from "./channel.ts";
import type { Assigned } from "./environment-options.ts";
import type { Provision } from "./provision.ts";
import { type LaunchPlan, type ProcessServices, RuntimeProcess } from "./runtime-process.ts";
import type { Spares } from "./spares.ts";
import type { VersionPool } from "./version-pool.ts";

export interface AssignmentRequest {
  readonly pool: Pick<VersionPool, "version" | "initializationType">;
  readonly plan: LaunchPlan;
  readonly logStream: string;
  /** When whoever waits for it began to wait, monotonic. */
  readonly beganMs: number;
  readonly listener: ChannelListener;
  /** The /tmp of the environment's process before: only a process made for it can have it. */
  readonly keptTmp: KeptTmp | undefined;
}

export type AssignerServices = ProcessServices & { readonly clock: Clock };

export class Assigner {
  readonly #services: AssignerServices;
  readonly #provision: Provision;
  readonly #spares: Spares;

  constructor(services: AssignerServices, provision: Provision, spares: Spares) {
    this.#services = services;
    this.#provision = provision;
    this.#spares = spares;
  }

  async assign({ pool, plan, logStream, beganMs, listener, keptTmp }: AssignmentRequest): Promise<Assigned> {
    const { version, initializationType } = pool;
    const { clock } = this.#services;
    const startMs = clock.monotonicMs();
    const provisions = this.#provision.of(version);
    // Awaited below; without a handler a rejection while the process starts would count as unhandled.
    provisions.catch(() => undefined);
    const spare = keptTmp === undefined ? this.#spares.take(plan) : undefined;
    const process = await (spare ?? RuntimeProcess.start(this.#services, plan, keptTmp));
    const pathInside = (path: string): string => process.sandbox.pathInside(path);
    try {
      const sandboxMs = clock.monotonicMs() - startMs;
      const { assignment, variables } = await provisions;
      const { channel, addresses } = await process.assign(assignment, listener, {
        clock,
        random: this.#services.random,
        version,
        extensions: plan.extensions,
      });
      return {
        process,
        channel,
        handler: version.handler,
        taskRoot: pathInside("/var/task"),
        pathInside,
        lateArgs: plan.late
          ? plan.runtime
              .lateArgs(plan.interpreter, { memoryMb: version.memoryMb, variables: version.variables })
              .map(pathInside)
          : undefined,
        entry: plan.image?.entry,
        variables: variables({ initializationType, plan, logStream, addresses, pathInside }),
        timings: {
          source: spare === undefined ? "direct" : "spare",
          waitMs: startMs - beganMs,
          sandboxMs,
          attachMs: clock.monotonicMs() - startMs - sandboxMs,
        },
      };
    } catch (error) {
      await process.end();
      throw error;
    }
  }
}
