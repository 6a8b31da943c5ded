/**
 * Runs one history: the real dispatcher, concurrency and asynchronous engine behind the real operations, over simulated
 * ports, on simulated time. The plan says what happens; the ledger keeps what was seen. Same plan, same history.
 */

import { SeededRandom } from "../../base/testing/seeded-random.ts";
import { SimulatedClock } from "../../base/testing/simulated-clock.ts";
import { Deployments, type Directory, PLACE } from "../../lambda/testing/deployments.ts";
import { QueueMemory } from "../../store/testing/memory-queues.ts";
import type { Handlers } from "../../wire/index.ts";
import { createRouter, type Router } from "../router.ts";
import { Client } from "./client.ts";
import { Control, provisionedOf } from "./control.ts";
import { checkRest, checkSettlement } from "./end-rules.ts";
import { Faults } from "./faults.ts";
import { type EventFacts, Ledger } from "./ledger.ts";
import { Life } from "./life.ts";
import { type Action, describe, type Plan, SINKS } from "./plan.ts";
import { SimulatedEnvironments } from "./simulated-environments.ts";
import { QueueWatch, SimulatedQueues } from "./simulated-queues.ts";
import { simulatedServices } from "./simulated-services.ts";

/** Nothing that was planned takes longer than this to come to rest after the last step. */
const REST_MS = 3 * 24 * 3_600_000;
const REBOOT_MS = 1000;

/** One server, from its start to its end. */
export interface Server {
  readonly life: Life;
  readonly directory: Directory;
  readonly environments: SimulatedEnvironments;
  readonly queues: SimulatedQueues;
  readonly router: Router;
  readonly handlers: Handlers<typeof import("@aws-sdk/client-lambda")>;
  ready: boolean;
}

export class World {
  readonly ledger: Ledger;
  readonly #plan: Plan;
  readonly #clock = new SimulatedClock();
  readonly #random: SeededRandom;
  readonly #faults = new Faults();
  readonly #memory = new QueueMemory();
  readonly #watch = new QueueWatch();
  readonly #deployments = new Deployments();
  readonly #control: Control;
  readonly #client: Client;
  #server: Server | undefined;
  #rebootAt: number | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = new SeededRandom(plan.seed);
    this.ledger = new Ledger(this.#clock);
    const { accountConcurrency } = plan;
    const ledger = this.ledger;
    this.#control = new Control({ deployments: this.#deployments, clock: this.#clock, ledger, accountConcurrency });
    this.#client = new Client({ ledger, control: this.#control, clock: this.#clock, accountConcurrency });
  }

  /** Lives through the whole plan, and then until everything rests. */
  async run(): Promise<void> {
    const rejected = (error: unknown): void => this.ledger.violate("no-unhandled-rejection", String(error));
    process.on("unhandledRejection", rejected);
    for (const name of SINKS) await this.#control.apply({ kind: "create", name, pendingMs: 0 });
    await this.#start();
    for (const { at, action } of this.#plan.steps) {
      await this.#advanceTo(this.#clock.startedAt + at);
      this.ledger.note("step", describe(action));
      await this.#take(action);
    }
    await this.#rest();
    process.off("unhandledRejection", rejected);
  }

  async #advanceTo(at: number): Promise<void> {
    while (this.#rebootAt !== undefined && this.#rebootAt <= at) {
      await this.#clock.advanceTo(this.#rebootAt);
      this.#rebootAt = undefined;
      await this.#start();
    }
    await this.#clock.advanceTo(at);
  }

  async #take(action: Action): Promise<void> {
    switch (action.kind) {
      case "invoke":
        this.#client.invoke(this.#server, action, this.#random.uuid());
        break;
      case "fault":
        this.#faults.arm(action.point, action, action.times);
        break;
      case "redeliver":
        this.#redeliver(action.name);
        break;
      case "crash":
        this.#crash(action.downMs);
        break;
      case "restart":
        await this.#stop(action.downMs);
        break;
      default:
        if (this.#server?.ready === true) await this.#control.apply(action);
    }
    await this.#clock.settle();
  }

  async #start(): Promise<void> {
    const { ledger } = this;
    const { accountConcurrency, latencyMs } = this.#plan;
    this.ledger.note("server", "starts");
    this.ledger.disturb();
    const life = new Life({
      clock: this.#clock,
      ledger,
      faults: this.#faults,
      latencyMs,
      onCrash: () => this.#crash(REBOOT_MS),
    });
    const log = ledger.log();
    const directory = this.#deployments.open({ random: this.#random, log });
    await directory.start();
    const environments = new SimulatedEnvironments({
      life,
      ledger,
      control: this.#control,
      accountConcurrency,
      again: (event, traceId) => this.#again(event, traceId),
    });
    const { defect } = this.#plan;
    const queues = new SimulatedQueues({ life, ledger, memory: this.#memory, watch: this.#watch, defect });
    const router = createRouter({
      directory,
      environments,
      queues,
      clock: life,
      random: this.#random,
      log,
      accountConcurrency,
      services: simulatedServices(life, ledger),
      metrics: { record: ({ name }, _subject, value = 1) => ledger.count(name, value) },
      onSettled: (settlement) => {
        const event = ledger.events.get(settlement.event.header.requestId);
        if (life.isOver || event === undefined) return life.pause(0);
        const around = { ledger, control: this.#control, now: this.#clock.now() };
        return life.operate(
          "settled",
          async () => {
            ledger.note("engine", `${event.label} ends: ${settlement.condition}`);
            checkSettlement(around, event, settlement);
          },
          () => {
            ledger.doubt(event, 0);
          },
        );
      },
    });
    const handlers = await router.loadHandlers();
    const server: Server = { life, directory, environments, queues, router, handlers, ready: false };
    this.#server = server;
    queues.started();
    router.start().then(
      () => {
        server.ready = true;
      },
      () => this.#crash(REBOOT_MS),
    );
  }

  #again({ label, name, qualifier, script, link }: EventFacts, traceId: string): void {
    const next = `${label.split("+")[0]}+${link}`;
    const action = { kind: "invoke", type: "async", label: next, name, script, loops: true } as const;
    const asBefore = qualifier === undefined ? action : { ...action, qualifier };
    this.#client.invoke(this.#server, asBefore, this.#random.uuid(), { link: link + 1, traceId });
  }

  #crash(downMs: number): void {
    const server = this.#server;
    if (server === undefined) return;
    this.ledger.note("server", "dies");
    this.ledger.reached.add("crash");
    this.#end(server, downMs);
  }

  async #stop(downMs: number): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.ledger.note("server", "stops");
    this.ledger.reached.add("stop");
    server.ready = false;
    let stopped = false;
    server.router[Symbol.asyncDispose]().then(
      () => {
        stopped = true;
      },
      (error: unknown) => this.ledger.violate("stops-well", String(error)),
    );
    await this.#clock.settle();
    for (let next = this.#clock.nextAt; !stopped && next !== undefined; next = this.#clock.nextAt) {
      await this.#clock.advanceTo(next);
    }
    if (this.#server === server) this.#end(server, downMs);
  }

  #end(server: Server, downMs: number): void {
    server.life.end();
    this.#server = undefined;
    this.#rebootAt = this.#clock.now() + downMs;
    this.ledger.disturb();
    for (const event of this.ledger.events.values()) if (event.messages.size > 0) this.ledger.doubt(event, downMs);
    this.#client.disconnected();
    // A dead server's directory must not follow what is deployed after it.
    void server.directory[Symbol.asyncDispose]();
  }

  #redeliver(name: string): void {
    const event = this.#server?.queues.redeliver(`lambda-async/${PLACE.accountId}/${PLACE.region}/${name}`);
    if (event !== undefined) this.ledger.doubt(event, 0);
  }

  /** No more faults, and time goes on until nobody waits for anything. */
  async #rest(): Promise<void> {
    this.ledger.note("step", "no more faults");
    this.#faults.clear();
    const until = this.#clock.now() + REST_MS;
    for (;;) {
      await this.#clock.settle();
      const next = Math.min(this.#rebootAt ?? Number.POSITIVE_INFINITY, this.#clock.nextAt ?? Number.POSITIVE_INFINITY);
      if (!Number.isFinite(next)) break;
      if (next > until) {
        this.ledger.violate("comes-to-rest", `${this.#clock.timers} timers are still set after ${REST_MS} ms`);
        break;
      }
      await this.#advanceTo(next);
    }
    this.ledger.note("step", "at rest");
    checkRest({ ledger: this.ledger, control: this.#control, now: this.#clock.now() });
    const server = this.#server;
    if (server === undefined) return;
    if (this.#memory.queues.size > 0) {
      this.ledger.violate("nothing-left", `messages are left in ${[...this.#memory.queues.keys()].join(", ")}`);
    }
    if (server.queues.waiting > 0) this.ledger.violate("nothing-waits", `${server.queues.waiting} receivers wait`);
    this.ledger.isQuiet = true;
    await this.#probe(server);
    this.ledger.isQuiet = false;
    await this.#stop(0);
    if (this.#clock.timers > 0) this.ledger.violate("nothing-waits", `${this.#clock.timers} timers outlive the server`);
  }

  /** Every slot is free again: each function can use all that it may. */
  async #probe(server: Server): Promise<void> {
    for (const name of this.#control.names) {
      const record = this.#control.record(name);
      const own = record?.reservedConcurrency;
      const shared = this.#plan.accountConcurrency - this.#control.claimedTotal;
      const room = own === undefined ? shared : Math.max(0, own - provisionedOf(record));
      if (record?.latest.state.name !== "Active" || room === 0) continue;
      const events = Array.from({ length: room }, (_, i) =>
        this.#client.invoke(
          server,
          { kind: "invoke", type: "sync", label: `probe-${name}-${i}`, name, script: [{ outcome: "ok", ms: 10 }] },
          this.#random.uuid(),
        ),
      );
      await this.#clock.advanceTo(this.#clock.now() + 100);
      const refused = events.filter((event) => event?.answer !== "200");
      if (refused.length > 0) {
        this.ledger.violate("slots-come-back", `${name} got ${room - refused.length} of ${room} slots`);
      }
    }
  }
}
