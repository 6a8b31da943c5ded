/**
 * What a warm call costs the server in system calls, counted by the kernel and so the same on a fast and on a slow machine:
 * one write to the function, one to the caller, and what comes back. Guards against files, pipes and wake-ups that find
 * their way onto the path; time is measured by bench/warm.bench.ts.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { after, before, test } from "node:test";
import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const CALLS = 400;
/** Beside the call's own two: whatever the server does now and then meanwhile, such as handing log lines on. */
const SLACK = 1;

let server: TestServer;

before(async () => {
  server = await startServer();
  const client = new LambdaClient({
    endpoint: server.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const create = new CreateFunctionCommand({
    FunctionName: "warm",
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: "arn:aws:iam::000000000000:role/tester",
    Code: { ZipFile: await zip({ "index.mjs": "export const handler = async () => 'hello';" }) },
  });
  await client.send(create);
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 }, { FunctionName: "warm" });
  client.destroy();
});

after(() => server[Symbol.asyncDispose]());

test("a warm call costs the server's main thread two writes and two reads", async () => {
  using agent = keptAlive();
  for (let call = 0; call < 50; call += 1) await invoke(agent);
  const start = ioOf(server.pid);
  for (let call = 0; call < CALLS; call += 1) await invoke(agent);
  const end = ioOf(server.pid);
  const writes = (end.writes - start.writes) / CALLS;
  const reads = (end.reads - start.reads) / CALLS;
  assert.ok(writes >= 2 && writes < 2 + SLACK, `${writes} writes`);
  assert.ok(reads >= 2 && reads < 2 + SLACK, `${reads} reads`);
});

function keptAlive(): Agent & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}

function invoke(agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const url = `${server.url}/2015-03-31/functions/warm/invocations`;
    const outgoing = request(url, { method: "POST", agent }, (incoming) => {
      incoming.resume();
      incoming.once("end", () =>
        incoming.statusCode === 200 ? resolve() : reject(new Error(`status ${incoming.statusCode}`)),
      );
    });
    outgoing.once("error", reject);
    outgoing.end("{}");
  });
}

/** The first thread of a process is the one of its event loop. */
function ioOf(pid: number): { readonly reads: number; readonly writes: number } {
  const text = readFileSync(`/proc/${pid}/task/${pid}/io`, "utf8");
  const count = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1]);
  return { reads: count("syscr"), writes: count("syscw") };
}
