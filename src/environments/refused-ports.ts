/**
 * Tells in a function's log which ports of its own localhost refused it, once each: whoever comes from a development
 * machine expects their services there. Knows no invocations.
 */
import type { Clock } from "../base/index.ts";
import type { Sandbox } from "../sandbox/index.ts";
import type { FunctionLog } from "./function-log.ts";
import { REFUSED_PORTS_EVERY_MS } from "./limits.ts";

export class RefusedPorts {
  readonly #log: FunctionLog;
  readonly #clock: Clock;
  readonly #told = new Set<number>();
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(log: FunctionLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Looks at most ten times a second: what one look leaves is found by the next. */
  look(sandbox: Sandbox): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#lookedMs < REFUSED_PORTS_EVERY_MS) return;
    this.#lookedMs = now;
    for (const port of sandbox.takeRefusedPorts()) {
      if (this.#told.has(port)) continue;
      this.#told.add(port);
      this.#log.remark(
        `connection to localhost:${port} was refused: inside a function, localhost is the function's own; ` +
          `start Lambent with --expose ${port} to reach the service on your machine`,
      );
    }
  }
}
