/** Goal: every accepted event ends exactly one way, in AWS's time. Method: a real store on a clock that the test moves. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { until } from "../base/testing/until.ts";
import { ARN, Harness } from "../lambda/testing/harness.ts";
import type { Settlement } from "./index.ts";

const FAILS = "export const handler = () => { throw new Error('always'); };";
const MINUTE = 60_000;

interface Setup extends AsyncDisposable {
  readonly lambda: Harness;
  readonly clock: ManualClock;
  readonly settled: Settlement[];
  send(name: string, event?: unknown): Promise<void>;
  /** Waits until the next try of the function's event is in the queue, then moves time on. */
  afterNextTryIsQueued(name: string, ms: number): Promise<void>;
  /** Moves time on by `ms` in small steps until `check` holds. */
  untilWithin(ms: number, check: () => boolean): Promise<void>;
}

async function setUp(): Promise<Setup> {
  const clock = new ManualClock();
  const settled: Settlement[] = [];
  const lambda = await Harness.open({
    clock,
    router: { onSettled: async (settlement) => void settled.push(settlement) },
  });
  return {
    lambda,
    clock,
    settled,
    async send(FunctionName, event = {}) {
      const Payload = Readable.from([Buffer.from(JSON.stringify(event))]);
      const output = await lambda.call("Invoke", { FunctionName, InvocationType: "Event", Payload });
      assert.deepEqual(output, { StatusCode: 202 });
    },
    async untilWithin(ms, check) {
      for (let passed = 0; passed <= ms; passed += ms / 20) {
        if (await holdsWithin(check, 50)) return;
        clock.advance(ms / 20);
      }
      assert.ok(await holdsWithin(check, 2000), `it did not happen within ${ms} simulated ms`);
    },
    async afterNextTryIsQueued(name, ms) {
      await until("the next try is queued", async () => {
        const { delayed, inFlight } = await lambda.store.queues.depth(`lambda-async/000000000000/us-east-1/${name}`);
        return delayed === 1 && inFlight === 0;
      });
      clock.advance(ms);
    },
    async [Symbol.asyncDispose]() {
      await lambda[Symbol.asyncDispose]();
    },
  };
}

/** Whether it holds before the patience ends: for what must not come about, too. */
async function holdsWithin(check: () => boolean, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (!check()) {
    if (performance.now() > deadline) return false;
    await sleep(1);
  }
  return true;
}

test("an event that succeeds runs once and is settled once", async () => {
  await using setup = await setUp();
  const { lambda, settled } = setup;
  await lambda.create("works", "export const handler = (event) => event.n + 1;");
  await setup.send("works", { n: 1 });
  await setup.untilWithin(1000, () => settled.length === 1);
  const [settlement] = settled;
  assert.equal(settlement?.condition, "Success");
  assert.equal(settlement?.executedVersion, "$LATEST");
  assert.equal(Buffer.from(settlement?.result?.payload ?? []).toString(), "2");
  const depth = () => lambda.store.queues.depth("lambda-async/000000000000/us-east-1/works");
  await until("the settled event has left its queue", async () => (await depth()).inFlight === 0);
  assert.deepEqual(await depth(), { ready: 0, delayed: 0, inFlight: 0 });
});

test("an event that fails is tried again after one minute and after two more, with the same request id", async () => {
  await using setup = await setUp();
  const { lambda, settled, clock } = setup;
  await lambda.create("fails", FAILS);
  const tries = (): number => lambda.environments.invoked.length;
  await setup.send("fails");
  await setup.untilWithin(0, () => tries() === 1);
  await setup.afterNextTryIsQueued("fails", MINUTE - 1);
  assert.equal(await holdsWithin(() => tries() > 1, 50), false);
  await setup.untilWithin(1000, () => tries() === 2);
  await setup.afterNextTryIsQueued("fails", 2 * MINUTE - 2000);
  assert.equal(await holdsWithin(() => tries() > 2, 50), false);
  await setup.untilWithin(3000, () => settled.length === 1);
  assert.equal(tries(), 3);
  assert.equal(new Set(lambda.environments.invoked.map(({ request }) => request.requestId)).size, 1);
  assert.equal(settled[0]?.condition, "RetriesExhausted");
  assert.equal(settled[0]?.approximateInvokeCount, 3);
  clock.advance(60 * MINUTE);
  assert.equal(await holdsWithin(() => tries() > 3 || settled.length > 1, 50), false);
});

test("a retry that was waiting goes on after a restart of the server", async () => {
  await using setup = await setUp();
  const { lambda, settled } = setup;
  await lambda.create("fails", FAILS);
  await setup.send("fails");
  await setup.untilWithin(0, () => lambda.environments.invoked.length === 1);
  await setup.afterNextTryIsQueued("fails", 0);
  await lambda.restart();
  await setup.untilWithin(4 * MINUTE, () => settled.length === 1);
  assert.equal(settled[0]?.approximateInvokeCount, 3);
});

test("retries and age follow the function's own settings", async () => {
  await using setup = await setUp();
  const { lambda, settled } = setup;
  await lambda.create("once", FAILS);
  await lambda.call("PutFunctionEventInvokeConfig", { FunctionName: "once", MaximumRetryAttempts: 0 });
  await setup.send("once");
  await setup.untilWithin(1000, () => settled.length === 1);
  assert.equal(settled[0]?.approximateInvokeCount, 1);
  await lambda.call("PutFunctionEventInvokeConfig", { FunctionName: "once", MaximumEventAgeInSeconds: 61 });
  await setup.send("once");
  await setup.afterNextTryIsQueued("once", MINUTE);
  await setup.untilWithin(0, () => settled.length === 2);
  assert.equal(settled[1]?.condition, "EventAgeExceeded");
  assert.equal(settled[1]?.approximateInvokeCount, 2);
});

test("with no concurrency reserved an event ends at once, without reaching the function", async () => {
  await using setup = await setUp();
  const { lambda, settled } = setup;
  await lambda.create("off", FAILS);
  await lambda.call("PutFunctionConcurrency", { FunctionName: "off", ReservedConcurrentExecutions: 0 });
  await setup.send("off");
  await setup.untilWithin(0, () => settled.length === 1);
  assert.equal(settled[0]?.condition, "ZeroReservedConcurrency");
  assert.equal(settled[0]?.approximateInvokeCount, 0);
  assert.equal(lambda.environments.invoked.length, 0);
});

test("a throttled event waits and uses up no try", async () => {
  await using setup = await setUp();
  const { lambda, settled } = setup;
  const gate = Promise.withResolvers<void>();
  Object.assign(globalThis, { asyncEngineGate: gate.promise });
  await lambda.create(
    "narrow",
    "export const handler = async (event) => { if (event.block) await globalThis.asyncEngineGate; };",
  );
  await lambda.call("PutFunctionConcurrency", { FunctionName: "narrow", ReservedConcurrentExecutions: 1 });
  const blocking = lambda.invoke("narrow", { block: true });
  assert.ok(await holdsWithin(() => lambda.environments.invoked.length === 1, 1000));
  await setup.send("narrow");
  assert.equal(await holdsWithin(() => lambda.environments.invoked.length > 1, 100), false);
  gate.resolve();
  await blocking;
  await setup.untilWithin(10_000, () => settled.length === 1);
  assert.equal(settled[0]?.condition, "Success");
  assert.equal(settled[0]?.approximateInvokeCount, 1);
});

test("an event whose function was deleted is dropped", async () => {
  await using setup = await setUp();
  const { lambda, settled } = setup;
  await lambda.create("gone", FAILS);
  await setup.send("gone");
  await setup.untilWithin(0, () => lambda.environments.invoked.length === 1);
  await lambda.call("DeleteFunction", { FunctionName: "gone" });
  await setup.untilWithin(2 * MINUTE, () => settled.length === 1);
  assert.equal(settled[0]?.condition, "Dropped");
});

test("the record of an event that ended invokes the function that is its destination", async () => {
  await using setup = await setUp();
  const { lambda, settled } = setup;
  await lambda.create(
    "source",
    "export const handler = (event) => { if (event.fail) throw new Error('no'); return 7; };",
  );
  await lambda.create("good", "export const handler = () => 1;");
  await lambda.create("bad", "export const handler = () => 1;");
  await lambda.call("PutFunctionEventInvokeConfig", {
    FunctionName: "source",
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnSuccess: { Destination: ARN("good") }, OnFailure: { Destination: ARN("bad") } },
  });
  await setup.send("source", { fail: false });
  await setup.send("source", { fail: true });
  await setup.untilWithin(1000, () => settled.length === 4);
  const received = (name: string): Record<string, unknown> => {
    const invocation = lambda.environments.invoked.find(({ version }) => version.functionName === name);
    return JSON.parse(Buffer.from(invocation?.request.payload ?? []).toString());
  };
  const { timestamp, requestContext, ...success } = received("good");
  assert.match(String(timestamp), /^2026-01-31T12:00:00/);
  assert.deepEqual(success, {
    version: "1.0",
    requestPayload: { fail: false },
    responseContext: { statusCode: 200, executedVersion: "$LATEST" },
    responsePayload: 7,
  });
  assert.deepEqual(requestContext, {
    requestId: settled.find(({ condition }) => condition === "Success")?.event.header.requestId,
    functionArn: `${ARN("source")}:$LATEST`,
    condition: "Success",
    approximateInvokeCount: 1,
  });
  const failure = received("bad");
  assert.deepEqual(failure["responseContext"], {
    statusCode: 200,
    executedVersion: "$LATEST",
    functionError: "Unhandled",
  });
});

test("functions that are each other's destinations are stopped as a loop, and the last event is recorded as one", async () => {
  await using setup = await setUp();
  const { lambda, settled } = setup;
  for (const name of ["ping", "pong", "told"]) await lambda.create(name, "export const handler = () => 1;");
  const towards = async (FunctionName: string, success: string): Promise<void> => {
    const DestinationConfig = { OnSuccess: { Destination: ARN(success) }, OnFailure: { Destination: ARN("told") } };
    await lambda.call("PutFunctionEventInvokeConfig", { FunctionName, DestinationConfig });
  };
  await towards("ping", "pong");
  await towards("pong", "ping");
  await setup.send("ping");
  const told = (): Settlement | undefined =>
    settled.find(({ event, condition }) => event.header.functionName === "told" && condition === "Success");
  await setup.untilWithin(1000, () => told() !== undefined);
  const invoked = lambda.environments.invoked.map(({ version }) => version.functionName);
  assert.equal(invoked.filter((name) => name === "ping").length, 16);
  const record = JSON.parse(Buffer.from(told()?.event.payload ?? []).toString());
  assert.equal(record.requestContext.condition, "RecursiveInvocation");
  assert.equal(record.requestContext.functionArn, `${ARN("ping")}:$LATEST`);
  assert.ok(!("responsePayload" in record));
});
