/**
 * Clients and functions that take as many of the server's open files as they can get. Goal: it goes on to serve, with
 * fewer environments and connections at a time. Method: a real server that may open few files, and more of everything.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  TooManyRequestsException,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { until } from "../../src/base/testing/until.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { zip } from "../support/zip.ts";

const OPEN_FILES = 600;
const FUNCTIONS = 12;
const SOURCE = `
import { connect } from "node:net";
export const handler = async ({ connections = 0 }) => {
  const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL);
  let refused = 0;
  const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname).on("error", () => undefined).on("close", () => (refused += 1)));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const held = sockets.length - refused;
  for (const socket of sockets) socket.destroy();
  return held;
};`;
const names = Array.from({ length: FUNCTIONS }, (_, number) => `f${number}`);

let server: TestServer;
let client: LambdaClient;

before(async () => {
  server = await startServer({ args: ["--driver", "oci"], openFiles: OPEN_FILES });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 1 });
  const ZipFile = await zip({ "index.mjs": SOURCE });
  await Promise.all(
    names.map(async (FunctionName) => {
      const Role = `arn:aws:iam::000000000000:role/${FunctionName}`;
      const common = { FunctionName, Role, Runtime: "nodejs24.x", Handler: "index.handler", Timeout: 30 } as const;
      await client.send(new CreateFunctionCommand({ ...common, Code: { ZipFile } }));
      await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { FunctionName });
    }),
  );
});

after(async () => {
  client.destroy();
  assert.equal(await server.stop(), 0, server.output());
  assert.doesNotMatch(server.output(), /EMFILE/);
  await server[Symbol.asyncDispose]();
});

async function invoke(FunctionName: string, event: object = {}): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

test("a function holds a bounded number of connections to the API", async () => {
  const held = await invoke("f0", { connections: 500 });
  assert.ok(typeof held === "number" && held > 0 && held <= 256, `it held ${String(held)}`);
});

test("a burst for which there are too few files is answered with results and throttles", async () => {
  const calls = Array.from({ length: 240 }, (_, number) => invoke(names[number % FUNCTIONS] ?? ""));
  const ends = await Promise.allSettled(calls);
  for (const end of ends) if (end.status === "rejected") assert.ok(end.reason instanceof TooManyRequestsException);
  assert.ok(ends.some(({ status }) => status === "fulfilled"));
  assert.equal(await invoke("f1"), 0);
});

test("more connections than there may be are closed, and whoever comes when they are gone is served", async () => {
  const { port } = new URL(server.url);
  const sockets: Socket[] = Array.from({ length: OPEN_FILES + 100 }, () => {
    return connect(Number(port), "127.0.0.1").on("error", () => undefined);
  });
  await Promise.race(sockets.map((socket) => once(socket, "close")));
  for (const socket of sockets) socket.destroy();
  client.destroy();
  // The server hears of the ends one by one; until then it closes further connections, too.
  const served = await until("served again", () =>
    invoke("f2").then(
      (result) => ({ result }),
      () => undefined,
    ),
  );
  assert.equal(served.result, 0);
});
