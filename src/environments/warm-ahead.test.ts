import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { lineLog } from "../base/index.ts";
import { SeededRandom } from "../base/testing/seeded-random.ts";
import { SimulatedClock } from "../base/testing/simulated-clock.ts";
import { createEnvironments, type EnvironmentSettings, type Environments } from "./index.ts";
import { SimulatedDriver } from "./simulation/simulated-driver.ts";
import { simulatedRuntime } from "./simulation/simulated-runtime.ts";
import { versionOf } from "./testing/house.ts";

const MINUTE = 60_000;
const version = versionOf("simulated", {
  functionName: "busy",
  revisionId: "busy",
  handler: "busy/ok/50",
  code: { kind: "zip", sha256: "busy" },
  timeoutMs: 10_000,
});

class Machine {
  readonly clock = new SimulatedClock();
  readonly environments: Environments;
  #count = 0;

  constructor(settings: EnvironmentSettings = {}, memoryMb = 4000) {
    const driver = new SimulatedDriver({
      clock: this.clock,
      memoryMb,
      note: () => undefined,
      violate: (rule, text) => assert.fail(`${rule}: ${text}`),
      fails: () => false,
    });
    this.environments = createEnvironments({
      driver,
      runtimes: { get: () => simulatedRuntime },
      codeFolders: { unpacked: async (sha256) => `/code/${sha256}` },
      logs: { open: () => ({ write: () => undefined, close: () => undefined }) },
      credentials: async () => ({ accessKeyId: "key", secretAccessKey: "secret", sessionToken: "token" }),
      endpointServer: () => createServer(),
      endpointUrl: "http://localhost:4566",
      exposePorts: [],
      strictRuntimes: false,
      clock: this.clock,
      random: new SeededRandom(1),
      log: lineLog("error", (line) => process.stderr.write(line)),
      settings: { availableMemoryMb: () => driver.availableMb, ...settings },
    });
  }

  /** Begins an invocation of this length. */
  invoke(ms: number): void {
    const requestId = `r${this.#count++}`;
    const request = {
      requestId,
      payload: Buffer.from(JSON.stringify({ revision: version.revisionId, behaviour: "ok", ms })),
      invokedFunctionArn: version.functionArn,
      traceId: "Root=1-5759e988-bd862e3fe1be46a994272793",
      tail: false,
    };
    this.environments.invoke(version, request).catch((error: unknown) => assert.fail(String(error)));
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceTo(this.clock.now() + ms);
  }

  /** States of the function's environments, sorted. */
  get states(): readonly string[] {
    return this.environments
      .list()
      .filter(({ functionArn }) => functionArn === version.functionArn)
      .map(({ state }) => state)
      .sort();
  }
}

test("when all environments of a function stay busy another is made ahead, one at a time, and ends when it is idle", async () => {
  const machine = new Machine();
  machine.invoke(8000);
  machine.invoke(8000);
  await machine.pass(900);
  assert.deepEqual(machine.states, ["busy", "busy"]);
  await machine.pass(600);
  assert.deepEqual(machine.states, ["busy", "busy", "idle"]);
  machine.invoke(5000);
  await machine.pass(1);
  assert.deepEqual(machine.states, ["busy", "busy", "busy"], "it serves at once");
  await machine.pass(1500);
  assert.deepEqual(machine.states, ["busy", "busy", "busy", "idle"], "and is replaced");
  await machine.pass(3000);
  assert.equal(machine.states.length, 4);
  await machine.pass(30 * MINUTE);
  assert.deepEqual(machine.states, []);
});

test("calls one after the other, and short ones that overlap, make none", async () => {
  const machine = new Machine();
  for (let call = 0; call < 20; call += 1) {
    machine.invoke(2000);
    await machine.pass(2500);
  }
  assert.deepEqual(machine.states, ["idle"]);
  machine.invoke(100);
  machine.invoke(100);
  await machine.pass(5000);
  assert.deepEqual(machine.states, ["idle", "idle"]);
});

test("none is made while memory is short, nor where nothing is made ahead", async () => {
  for (const machine of [new Machine({ availableMemoryMb: () => 300 }), new Machine({ sparesPerRuntimeMax: 0 })]) {
    machine.invoke(8000);
    machine.invoke(8000);
    await machine.pass(3000);
    assert.ok(machine.states.length <= 2 && !machine.states.includes("idle"), String(machine.states));
  }
});
