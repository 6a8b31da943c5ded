/**
 * What the wire adds to a request on the warm path: a signed-looking Invoke answered by a handler that returns at once,
 * against a bare node:http server that collects the body and answers the same bytes; and what it adds where the signature is
 * verified and the permission decided. All run in this process, driven by the same client over one kept-alive connection, in
 * alternating rounds.
 */
import { once } from "node:events";
import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type * as lambda from "@aws-sdk/client-lambda";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { createAuthorization } from "../src/authorization/index.ts";
import { lineLog, systemClock, systemRandom } from "../src/base/index.ts";
import { parsePolicy } from "../src/policy/index.ts";
import { createHttpServer, createWire, type Gate, type Handlers, type ServiceModule } from "../src/wire/index.ts";
import { report } from "./support/report.ts";

const ROUNDS = 12;
const REQUESTS_PER_ROUND = 1_000;
const PAYLOAD = JSON.stringify({ hello: "world", numbers: [1, 2, 3] });

const PATH = "/2015-03-31/functions/hello/invocations";
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

const ARN = "arn:aws:iam::000000000000:user/bench";
const KEY = { accessKeyId: "AKIABENCH", secretAccessKey: "secret" };
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:hello";

/** One user, with one key and one policy. */
function enforcingGate(): Gate {
  const principal = { kind: "user", accountId: "000000000000", arn: ARN, accessKeyId: KEY.accessKeyId } as const;
  const document = { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: `${FUNCTION}*` };
  const policy = parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: [document] }), "identity");
  const policies = {
    principal: { kind: "user", accountId: "000000000000", arn: ARN } as const,
    userId: "AIDABENCH",
    identity: [policy],
    boundary: undefined,
    session: undefined,
    tags: new Map(),
    facts: undefined,
  };
  const key = { ...KEY, principal, sessionToken: undefined, expiresAt: undefined, active: true, userId: "AIDABENCH" };
  return createAuthorization({
    mode: "enforce",
    identities: { secretOf: async () => key, policiesOf: async () => policies },
    clock: systemClock,
    log: lineLog("warn", (line) => process.stderr.write(line)),
  });
}

async function signedHeaders(port: number): Promise<Record<string, string>> {
  const signer = new SignatureV4({ credentials: KEY, region: "us-east-1", service: "lambda", sha256: Sha256 });
  const hostname = `127.0.0.1:${port}`;
  const { authorization: _none, "x-amz-date": _then, ...rest } = headers;
  const signed = await signer.sign({
    method: "POST",
    protocol: "http:",
    hostname,
    path: PATH,
    headers: { ...rest, host: hostname },
    body: PAYLOAD,
  });
  return signed.headers;
}

function startWire(gate?: Gate): Server {
  const handlers: Handlers<typeof lambda> = {
    Invoke: (input) => Promise.resolve({ StatusCode: 200, ExecutedVersion: "$LATEST", Payload: input.Payload ?? NULL }),
  };
  const load = async (): Promise<ServiceModule<typeof lambda>> => ({
    client: await import("@aws-sdk/client-lambda"),
    handlers,
    authorization: { Invoke: () => [{ action: "lambda:InvokeFunction", resource: FUNCTION, resourcePolicy: null }] },
  });
  const wire = createWire({
    services: [{ name: "lambda", load }],
    clock: systemClock,
    random: systemRandom,
    log: lineLog("warn", (line) => process.stderr.write(line)),
    endpoint: () => "http://127.0.0.1",
    ...(gate !== undefined && { gate }),
  });
  return createHttpServer(wire);
}

/** Milliseconds of one request after another. */
async function round(port: number, agent: Agent, sent: Record<string, string> = headers): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < REQUESTS_PER_ROUND; index++) {
    const started = performance.now();
    await requestOnce(port, agent, sent);
    samples.push(performance.now() - started);
  }
  return samples;
}

function requestOnce(port: number, agent: Agent, sent: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = { host: "127.0.0.1", port, path: PATH, method: "POST", agent, headers: sent };
    const outgoing = request(target, (response) => {
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

const servers = { bare: startBare(), wire: startWire(), enforced: startWire(enforcingGate()) };
const ports = {
  bare: await listen(servers.bare),
  wire: await listen(servers.wire),
  enforced: await listen(servers.enforced),
};
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const samples: Record<keyof typeof servers, number[]> = { bare: [], wire: [], enforced: [] };
const signed = await signedHeaders(ports.enforced);
await round(ports.bare, agent);
await round(ports.wire, agent);
await round(ports.enforced, agent, signed);
for (let index = 0; index < ROUNDS; index++) {
  for (const name of ["bare", "wire"] as const) samples[name].push(...(await round(ports[name], agent)));
  samples.enforced.push(...(await round(ports.enforced, agent, signed)));
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
const enforced = {
  what: "signature verified and permission decided, p50",
  measured: percentile(samples.enforced, 0.5) * 1_000,
  unit: "us",
  baseline: percentile(samples.wire, 0.5) * 1_000,
};
if (!report("wire", [...figures, enforced])) process.exitCode = 1;
