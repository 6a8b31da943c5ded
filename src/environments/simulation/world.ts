/**
 * Histories of a machine's environments: clients invoke functions of changing revisions, processes behave and misbehave,
 * sandboxes cannot be made, memory is short, hours pass. The real pools run over a simulated driver and simulated time.
 */
import { hash } from "node:crypto";
import { createServer } from "node:net";
import type { Log } from "../../base/index.ts";
import { SeededRandom } from "../../base/testing/seeded-random.ts";
import { SimulatedClock } from "../../base/testing/simulated-clock.ts";
import { CapacityExceeded, createEnvironments, type Environments, type FunctionVersion } from "../index.ts";
import { versionOf } from "../testing/house.ts";
import { type Behaviour, SimulatedDriver } from "./simulated-driver.ts";
import { simulatedRuntime } from "./simulated-runtime.ts";

const NAMES = ["alpha", "beta", "gamma"] as const;
const MINUTE = 60_000;
const TIMEOUT_MS = 3000;

export interface History {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly fingerprint: string;
  /** Results and refusals by their kind. */
  readonly answers: ReadonlyMap<string, number>;
}

export async function runHistory(seed: number): Promise<History> {
  const world = new World(seed);
  await world.run();
  return world.history();
}

class World {
  readonly #random: SeededRandom;
  readonly #clock = new SimulatedClock();
  readonly #lines: string[] = [];
  readonly #violations: string[] = [];
  readonly #answers = new Map<string, number>();
  readonly #versions = new Map<string, FunctionVersion>();
  readonly #retired = new Set<string>();
  readonly #driver: SimulatedDriver;
  readonly #environments: Environments;
  #waiting = 0;
  #count = 0;
  #failures = { create: 0, attach: 0 };
  #everFailed = false;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    const random = this.#random;
    this.#driver = new SimulatedDriver({
      clock: this.#clock,
      memoryMb: random.pick([800, 1200, 4000]),
      note: (text) => this.#note(text),
      violate: (rule, text) => this.#violate(rule, text),
      fails: (point) => {
        if (this.#failures[point] === 0) return false;
        this.#failures[point] -= 1;
        return true;
      },
    });
    this.#environments = createEnvironments({
      driver: this.#driver,
      runtimes: { get: () => simulatedRuntime },
      codeFolders: { unpacked: async (sha256) => `/code/${sha256}` },
      logs: { open: () => ({ write: () => undefined, close: () => undefined }) },
      credentials: async () => ({ accessKeyId: "key", secretAccessKey: "secret", sessionToken: "token" }),
      endpointServer: () => createServer(),
      endpointUrl: "http://localhost:4566",
      exposePorts: [],
      strictRuntimes: false,
      clock: this.#clock,
      random,
      log: this.#log(),
      settings: { availableMemoryMb: () => this.#driver.availableMb },
    });
  }

  async run(): Promise<void> {
    for (const name of NAMES) this.#deploy(name);
    const steps = this.#random.between(20, 50);
    for (let i = 0; i < steps; i++) {
      await this.#clock.advanceTo(this.#clock.now() + this.#gap());
      this.#step();
    }
    this.#failures = { create: 0, attach: 0 };
    await this.#rest();
  }

  history(): History {
    return {
      violations: this.#violations,
      trace: this.#lines,
      fingerprint: hash("sha1", this.#lines.join("\n")),
      answers: this.#answers,
    };
  }

  #gap(): number {
    const random = this.#random;
    const kind = random.weighted({ none: 45, moment: 20, second: 20, minutes: 10, long: 3, hours: 1 });
    const most = { none: 0, moment: 30, second: 4000, minutes: 3 * MINUTE, long: 12 * MINUTE, hours: 300 * MINUTE };
    return random.between(Math.min(1, most[kind]), most[kind]);
  }

  #step(): void {
    const random = this.#random;
    const name = random.pick(NAMES);
    switch (random.weighted({ invoke: 80, update: 5, retire: 2, fail: 5, kill: 4, expect: 3 })) {
      case "invoke":
        this.#invoke(name);
        return;
      case "update":
        this.#deploy(name);
        return;
      case "retire":
        this.#retire(name, []);
        this.#versions.delete(name);
        return;
      case "fail": {
        const point = random.pick(["create", "attach"] as const);
        this.#note(`the next ${point} fails`);
        this.#failures[point] += 1;
        this.#everFailed = true;
        return;
      }
      case "kill": {
        const victims = [...this.#driver.living];
        if (victims.length > 0) random.pick(victims).end("SIGKILL");
        this.#everFailed = true;
        return;
      }
      case "expect": {
        const version = this.#versions.get(name);
        if (version !== undefined) this.#environments.expect(version);
      }
    }
  }

  #deploy(name: string): void {
    const random = this.#random;
    const revisionId = `${name}-${random.hex(3)}`;
    const how = random.weighted({ "ok/50": 60, "ok/400": 20, "ok/12000": 8, "error/30": 6, "exit/30": 6 });
    this.#note(`${revisionId} is deployed, its init is ${how}`);
    this.#versions.set(
      name,
      versionOf("simulated", {
        functionName: name,
        revisionId,
        handler: `${revisionId}/${how}`,
        code: { kind: "zip", sha256: revisionId },
        timeoutMs: TIMEOUT_MS,
      }),
    );
    this.#retire(name, [revisionId]);
  }

  #retire(name: string, current: readonly string[]): void {
    const { functionArn } = versionOf("simulated", { functionName: name });
    for (const row of this.#environments.list()) {
      const version = row.functionArn === functionArn ? row.version : undefined;
      if (version !== undefined && current.length === 0) this.#retired.add(functionArn);
    }
    if (current.length > 0) this.#retired.delete(functionArn);
    this.#environments.retire(functionArn, current);
  }

  #invoke(name: string): void {
    const version = this.#versions.get(name);
    if (version === undefined) return;
    const random = this.#random;
    const weights = { ok: 70, error: 6, hang: 4, exit: 5, late: 4, garbage: 3, "hang-up": 3, twice: 3 };
    const behaviour: Behaviour = random.weighted(weights);
    // Whoever comes just after it may meet its end.
    if (behaviour === "late") this.#everFailed = true;
    const ms = random.pick([0, 1, 5, 40, 300, 2000]);
    this.#count += 1;
    const requestId = `r${this.#count}`;
    this.#note(`${requestId} asks for ${version.revisionId}: ${behaviour}/${ms}`);
    this.#waiting += 1;
    let answers = 0;
    const answered = (what: string): void => {
      answers += 1;
      if (answers > 1) this.#violate("one-answer", `${requestId} is answered again: ${what}`);
      this.#waiting -= 1;
      this.#note(`${requestId} is answered ${what}`);
      const kind = what.split(" ")[0] ?? "";
      this.#answers.set(kind, (this.#answers.get(kind) ?? 0) + 1);
    };
    const request = {
      requestId,
      payload: Buffer.from(JSON.stringify({ revision: version.revisionId, behaviour, ms })),
      invokedFunctionArn: version.functionArn,
      traceId: "Root=1-5759e988-bd862e3fe1be46a994272793",
      tail: false,
    };
    this.#environments.invoke(version, request).then(
      ({ payload, functionError, errorType }) => {
        const text = Buffer.from(payload).toString();
        answered(functionError === undefined ? `ok ${text}` : `${errorType}`);
        if (functionError === undefined && text !== JSON.stringify({ requestId })) {
          this.#violate("own-answer", `${requestId} got ${text}`);
        }
        const good = behaviour === "ok" || behaviour === "late" || behaviour === "twice";
        if (functionError === undefined && !good) this.#violate("own-answer", `${requestId} is good, not ${behaviour}`);
        const initFails = !version.handler.includes("/ok/");
        if (functionError !== undefined && good && !initFails && !this.#everFailed) {
          const isSlow = version.handler.endsWith("/12000");
          if (!isSlow && errorType !== "Sandbox.Timedout") this.#violate("own-answer", `${requestId} got ${errorType}`);
        }
      },
      (error: unknown) => {
        const isFull = error instanceof CapacityExceeded;
        answered(isFull ? "CapacityExceeded" : `rejection ${String(error)}`);
        if (!isFull && !this.#everFailed) this.#violate("refusals-have-causes", `${requestId}: ${String(error)}`);
      },
    );
  }

  /** Nobody invokes any more: everybody is answered, and in time nothing is left. */
  async #rest(): Promise<void> {
    this.#note("nobody invokes any more");
    await this.#clock.advanceTo(this.#clock.now() + 2 * MINUTE);
    if (this.#waiting > 0) this.#violate("one-answer", `${this.#waiting} invocations wait without end`);
    const busy = this.#environments.list().filter(({ state }) => state === "busy" || state === "init");
    if (busy.length > 0) this.#violate("comes-to-rest", `${busy.length} environments are busy with nothing`);
    for (const { functionArn, id } of this.#environments.list()) {
      if (this.#retired.has(functionArn))
        this.#violate("retired-is-gone", `${id} of a deleted function is still there`);
    }
    await this.#clock.advanceTo(this.#clock.now() + 40 * MINUTE);
    const left = this.#environments.list();
    if (left.length > 0) this.#violate("ends-when-idle", `${left.length} environments are left`);
    if (this.#driver.living.size > 0) this.#violate("ends-when-idle", `${this.#driver.living.size} processes are left`);
    if (this.#clock.timers > 0) this.#violate("ends-when-idle", `${this.#clock.timers} timers are left`);
    const disposal = this.#environments[Symbol.asyncDispose]();
    await this.#clock.advanceTo(this.#clock.now() + MINUTE);
    await disposal;
  }

  #note(text: string): void {
    this.#lines.push(`+${this.#clock.monotonicMs()} ${text}`);
  }

  #violate(rule: string, text: string): void {
    this.#note(`BROKEN ${rule}: ${text}`);
    this.#violations.push(`${rule}: ${text}`);
  }

  #log(): Log {
    const write = (level: string) => (message: string) => this.#note(`log ${level} ${message}`);
    return { debug: () => undefined, info: write("info"), warn: write("warn"), error: write("error") };
  }
}
