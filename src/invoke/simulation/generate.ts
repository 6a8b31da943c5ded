/** Draws plans from seeds: which actions, how often, how far apart. Every choice of a history is made here. */
import { SeededRandom } from "../../base/testing/seeded-random.ts";
import type { Action, FaultMode, FaultPoint, InvokeAction, Plan, Step, Target, Try } from "./plan.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NAMES = ["alpha", "beta", "gamma"] as const;
const ALIASES = ["live", "next"] as const;

export function generatePlan(seed: number): Plan {
  const random = new SeededRandom(seed);
  // A third of all histories is free of faults, so that nothing is excused in them.
  const draw = new Draw(random, random.chance(0.33));
  const steps: Step[] = NAMES.map((name) => ({ at: SECOND, action: { kind: "create", name, pendingMs: 0 } }));
  const count = random.between(20, 60);
  let at = SECOND;
  for (let i = 0; i < count; i++) {
    at += draw.gap();
    steps.push({ at, action: draw.action(i) });
  }
  return { seed, accountConcurrency: random.between(2, 10), latencyMs: random.pick([0, 1, 1, 3, 20]), steps };
}

class Draw {
  readonly #random: SeededRandom;
  readonly #misfortune: 0 | 1;

  constructor(random: SeededRandom, calm: boolean) {
    this.#random = random;
    this.#misfortune = calm ? 0 : 1;
  }

  gap(): number {
    const random = this.#random;
    switch (random.weighted({ none: 35, moment: 15, seconds: 18, minute: 18, minutes: 11, hours: 3 })) {
      case "none":
        return 0;
      case "moment":
        return random.between(1, 50);
      case "seconds":
        return random.between(50, 5 * SECOND);
      case "minute":
        return random.between(5 * SECOND, 70 * SECOND);
      case "minutes":
        return random.between(MINUTE, 12 * MINUTE);
      case "hours":
        return random.between(12 * MINUTE, 3 * HOUR);
    }
  }

  action(index: number): Action {
    const random = this.#random;
    const name = random.pick(NAMES);
    switch (
      random.weighted({
        async: 42,
        sync: 16,
        reserve: 7,
        provision: 3,
        configure: 7,
        "dead-letter": 2,
        update: 3,
        publish: 4,
        "delete-version": 2,
        "move-alias": 4,
        delete: 2,
        create: 3,
        fault: 9 * this.#misfortune,
        redeliver: this.#misfortune,
        crash: 1.5 * this.#misfortune,
        restart: this.#misfortune,
      })
    ) {
      case "async":
        return this.#invoke("async", name, `e${index}`);
      case "sync":
        return this.#invoke("sync", name, `s${index}`);
      case "reserve":
        return { kind: "reserve", name, ...(random.chance(0.8) && { amount: random.pick([0, 1, 1, 1, 2, 2, 3]) }) };
      case "provision":
        return { kind: "provision", name, nth: random.below(8), requested: random.pick([0, 1, 1, 2]) };
      case "configure":
        return this.#configure(name);
      case "dead-letter": {
        const target = random.pick<Target | undefined>(["dead-queue", "dead-queue", "denied", undefined]);
        return { kind: "dead-letter", name, ...(target !== undefined && { target }) };
      }
      case "update":
        return { kind: "update", name };
      case "publish":
        return { kind: "publish", name };
      case "delete-version":
        return { kind: "delete-version", name, nth: random.below(8) };
      case "move-alias":
        return {
          kind: "move-alias",
          name,
          alias: random.pick(ALIASES),
          nth: random.below(8),
          ...(random.chance(0.3) && { weight: 0.5 }),
        };
      case "delete":
        return { kind: "delete", name };
      case "create":
        return { kind: "create", name, pendingMs: random.pick([0, 500, 5 * SECOND, 15 * SECOND]) };
      case "fault":
        return this.#fault();
      case "redeliver":
        return { kind: "redeliver", name };
      case "crash":
        return { kind: "crash", downMs: this.#down() };
      case "restart":
        return { kind: "restart", downMs: this.#down() };
    }
  }

  #down(): number {
    return this.#random.pick([SECOND, 5 * SECOND, 30 * SECOND, 10 * MINUTE]);
  }

  #invoke(type: "sync" | "async", name: string, label: string): InvokeAction {
    const random = this.#random;
    const qualifier = random.weighted({ none: 6, live: 1.5, next: 0.5, 1: 1, 2: 0.5, $LATEST: 0.5 });
    return {
      kind: "invoke",
      type,
      label,
      name,
      ...(qualifier !== "none" && { qualifier }),
      script: this.#script(),
      ...(type === "async" && random.chance(0.02) && { loops: true as const }),
    };
  }

  #script(): readonly Try[] {
    const random = this.#random;
    const failure = (): Try => ({ outcome: random.pick(["error", "error", "timeout", "exit"]), ms: this.#duration() });
    const refused = (): Try => ({ outcome: random.pick(["capacity", "system", "unprovidable"]), ms: random.below(50) });
    const good = (): Try => ({ outcome: "ok", ms: this.#duration() });
    const times = (most: number, make: () => Try): Try[] => Array.from({ length: random.between(1, most) }, make);
    switch (random.weighted({ fine: 45, flaky: 22, broken: 18, refused: 12, hopeless: 1 })) {
      case "fine":
        return [good()];
      case "flaky":
        return [...times(2, failure), good()];
      case "broken":
        return [failure()];
      case "refused":
        return [...times(4, refused), random.chance(0.5) ? failure() : good()];
      case "hopeless":
        return [refused()];
    }
  }

  #duration(): number {
    const random = this.#random;
    switch (random.weighted({ short: 70, seconds: 20, long: 9, longest: 1 })) {
      case "short":
        return random.below(300);
      case "seconds":
        return random.between(300, 14 * SECOND);
      case "long":
        return random.between(14 * SECOND, 100 * SECOND);
      case "longest":
        return 15 * MINUTE;
    }
  }

  #configure(name: string): Action {
    const random = this.#random;
    return {
      kind: "configure",
      name,
      qualifier: random.pick(["$LATEST", "$LATEST", "$LATEST", "live", "1"]),
      ...(random.chance(0.6) && { retries: random.below(3) }),
      ...(random.chance(0.4) && { ageSeconds: random.pick([60, 61, 90, 200, 3600, 21_600]) }),
      ...(random.chance(0.5) && { onSuccess: random.pick<Target>(["sink-good", "sink-good", "queue", "nowhere"]) }),
      ...(random.chance(0.5) && { onFailure: random.pick<Target>(["sink-bad", "sink-bad", "queue", "denied"]) }),
    };
  }

  #fault(): Action {
    const random = this.#random;
    const point: FaultPoint = random.weighted({
      send: 25,
      receive: 15,
      ack: 20,
      nack: 10,
      extend: 8,
      depth: 6,
      list: 3,
      settled: 8,
      deliver: 10,
    });
    const mode: FaultMode = random.weighted({
      "fail-before": 30,
      "fail-after": 25,
      slow: 20,
      "crash-before": 12,
      "crash-after": 13,
    });
    const times = mode.startsWith("crash") ? 1 : random.pick([1, 1, 1, 2, 5]);
    return { kind: "fault", point, mode, times, ms: random.pick([100, SECOND, 20 * SECOND]) };
  }
}
