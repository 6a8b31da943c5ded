/**
 * What the wire adds to a request on the warm path: a signed-looking Invoke answered by a handler that returns at once,
 * against a bare node:http server that collects the body and answers the same bytes. Both run in this process, driven by
 * the same client over one kept-alive connection, in alternating rounds.
 */
import { once } from "node:events";
import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type * as lambda from "@aws-sdk/client-lambda";
import { lineLog, systemClock, systemRandom } from "../src/base/index.ts";
import { createHttpServer, createWire, type Handlers, type ServiceModule } from "../src/wire/index.ts";
import { report } from "./support/report.ts";

const ROUNDS = 12;
const REQUESTS_PER_ROUND = 1_000;
const PAYLOAD = JSON.stringify({ hello: "world", numbers: [1, 2, 3] });

const NULL = Buffer.from("null");

const headers = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
  "x-amz-date": "20260101T000000Z",
  "x-amz-invocation-type": "RequestResponse",
  "content-type": "application/json",
  "content-length": String(Buffer.byteLength(PAYLOAD)),
};

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function startBare(): Server {
  return createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
      response.end(body);
    });
  });
}

function startWire(): Server {
  const handlers: Handlers<typeof lambda> = {
    Invoke: (input) => Promise.resolve({ StatusCode: 200, ExecutedVersion: "$LATEST", Payload: input.Payload ?? NULL }),
  };
  const load = async (): Promise<ServiceModule<typeof lambda>> => ({
    client: await import("@aws-sdk/client-lambda"),
    handlers,
  });
  const wire = createWire({
    services: [{ name: "lambda", load }],
    clock: systemClock,
    random: systemRandom,
    log: lineLog("warn", (line) => process.stderr.write(line)),
    endpoint: () => "http://127.0.0.1",
  });
  return createHttpServer(wire);
}

/** Milliseconds of one request after another. */
async function round(port: number, agent: Agent): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < REQUESTS_PER_ROUND; index++) {
    const started = performance.now();
    await requestOnce(port, agent);
    samples.push(performance.now() - started);
  }
  return samples;
}

function requestOnce(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = "/2015-03-31/functions/hello/invocations";
    const outgoing = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume();
      response.once("end", resolve);
    });
    outgoing.once("error", reject);
    outgoing.end(PAYLOAD);
  });
}

function percentile(samples: readonly number[], fraction: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

const servers = { bare: startBare(), wire: startWire() };
const ports = { bare: await listen(servers.bare), wire: await listen(servers.wire) };
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const samples: Record<"bare" | "wire", number[]> = { bare: [], wire: [] };
await round(ports.bare, agent);
await round(ports.wire, agent);
for (let index = 0; index < ROUNDS; index++) {
  for (const name of ["bare", "wire"] as const) samples[name].push(...(await round(ports[name], agent)));
}
agent.destroy();
for (const server of Object.values(servers)) {
  server.close();
  server.closeAllConnections();
}

const figures = [0.5, 0.99].map((fraction) => ({
  what: `invoke through the wire, p${fraction * 100}`,
  measured: percentile(samples.wire, fraction) * 1_000,
  unit: "us",
  baseline: percentile(samples.bare, fraction) * 1_000,
  ...(fraction === 0.5 && { budget: { atMost: 2 } }),
}));
if (!report("wire", figures)) process.exitCode = 1;
