/**
 * Asynchronous events: durable enqueues and drained events per second through the real store, by the engine alone (its
 * functions are calls in this process) and by HTTP to a server with real environments; and what a hundred thousand queued
 * events cost in memory, while they wait and while they are drained. The baseline of the rates is a bare append with
 * `fdatasync` per event, in the same run.
 */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import {
  DeleteFunctionConcurrencyCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { Harness } from "../src/lambda/testing/harness.ts";
import { deploy, invokeTarget, lambdaClient } from "./support/functions.ts";
import { load, type Target } from "./support/load.ts";
import { residentSetSizeMb, startLambent } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";

const ENGINE_EVENTS = 20_000;
const HTTP_EVENTS = 10_000;
const SETTLE_MS = 4_000;
const HELD_EVENTS = Number(process.env["LAMBENT_BENCH_HELD"] ?? 100_000);
const CALLERS = 64;
const EVENT = JSON.stringify({ text: "x".repeat(200) });
const MIB = "MiB";

const figures: Figure[] = [];
const appends = bareAppends();
figures.push(...(await engineAlone()), ...(await overHttp()));
process.exitCode = report("async", figures) ? 0 : 1;

/** Events per second that a plain file takes, each synced by itself. */
function bareAppends(): number {
  const path = join(tmpdir(), `lambent-async-bench-${process.pid}`);
  const file = openSync(path, "a");
  const started = performance.now();
  let done = 0;
  for (; performance.now() - started < 1000; done += 1) {
    writeSync(file, EVENT);
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(path);
  return (done * 1000) / (performance.now() - started);
}

async function engineAlone(): Promise<Figure[]> {
  // Nothing else keeps this process alive while its own functions run.
  using _awake = keepAwake();
  await using lambda = await Harness.open();
  const gate = Promise.withResolvers<void>();
  Object.assign(globalThis, { benchGate: gate.promise, benchRan: 0 });
  await lambda.create(
    "engine",
    "export const handler = async () => { await globalThis.benchGate; globalThis.benchRan += 1; };",
  );
  const Payload = Buffer.from(EVENT);
  const enqueue = async (): Promise<void> => {
    for (let i = 0; i < ENGINE_EVENTS / CALLERS; i += 1)
      await lambda.call("Invoke", {
        FunctionName: "engine",
        InvocationType: "Event",
        Payload: Readable.from([Payload]),
      });
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, enqueue));
  const enqueued = (ENGINE_EVENTS * 1000) / (performance.now() - started);
  const opened = performance.now();
  gate.resolve();
  await until(async () => {
    const { ready, delayed, inFlight } = await lambda.store.queues.depth("lambda-async/000000000000/us-east-1/engine");
    return ready + delayed + inFlight === 0;
  });
  const drained = (ENGINE_EVENTS * 1000) / (performance.now() - opened);
  return [
    { what: "durable enqueues, engine, 64 callers", unit: "/s", measured: enqueued, budget: { atLeast: 5000 } },
    { what: "the same", unit: "/s", measured: enqueued, baseline: appends },
    { what: "drained events, engine", unit: "/s", measured: drained, budget: { atLeast: 3000 } },
  ];
}

async function overHttp(): Promise<Figure[]> {
  await using lambent = await startLambent();
  const client = lambdaClient(lambent.url);
  const hello = { folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" } as const;
  await deploy(client, "hello", hello);
  await deploy(client, "held", { ...hello, handler: "index.hold" });
  const FunctionName = "held";
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }));
  const event = (name: string): Target => {
    const target = invokeTarget(lambent.url, name);
    return { ...target, headers: { ...target.headers, "x-amz-invocation-type": "Event" }, body: EVENT };
  };
  const ran = async (name: string): Promise<number> => {
    const page = await (await fetch(`${lambent.url}/_lambent/metrics`)).text();
    const line = page
      .split("\n")
      .find((row) => row.startsWith("aws_lambda_invocations_sum{") && row.includes(`"${name}"`));
    return Number(line?.split(" ").at(-1) ?? 0);
  };

  const began = performance.now();
  const hellos = await load(event("hello"), { callers: 16, requests: HTTP_EVENTS });
  await until(async () => (await ran("hello")) >= HTTP_EVENTS);
  const helloRate = (HTTP_EVENTS * 1000) / (performance.now() - began);

  // Both are measured after the collection of a server that nobody calls, so that events are compared and not garbage.
  await wait(SETTLE_MS);
  const before = residentSetSizeMb(lambent.pid);
  const holding = await load(event("held"), { callers: CALLERS, requests: HELD_EVENTS });
  await wait(SETTLE_MS);
  const waiting = residentSetSizeMb(lambent.pid);
  const already = await ran(FunctionName);
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: { GO: "1" } } }));
  await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 30, minDelay: 0.01, maxDelay: 0.1 }, { FunctionName });
  await client.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  const released = performance.now();
  let peak = waiting;
  await until(async () => {
    peak = Math.max(peak, residentSetSizeMb(lambent.pid));
    return (await ran(FunctionName)) >= HELD_EVENTS;
  });
  const drained = ((HELD_EVENTS - already) * 1000) / (performance.now() - released);
  client.destroy();
  return [
    {
      what: "durable enqueues, HTTP, 64 callers",
      unit: "/s",
      measured: holding.requestsPerSecond,
      budget: { atLeast: 5000 },
    },
    { what: "the same, with the function running", unit: "/s", measured: hellos.requestsPerSecond },
    { what: "enqueued by HTTP and run at once, Node.js", unit: "/s", measured: helloRate },
    { what: "drained events, Node.js environments", unit: "/s", measured: drained, budget: { atLeast: 3000 } },
    { what: "memory before", unit: MIB, measured: before },
    {
      what: `memory with ${HELD_EVENTS} events waiting`,
      unit: MIB,
      measured: waiting,
      baseline: before,
      budget: { atMost: 1.2 },
    },
    { what: "memory while they are drained, at most", unit: MIB, measured: peak, baseline: before },
  ];
}

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await wait(20);
}

function keepAwake(): Disposable {
  const timer = setInterval(() => undefined, 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
