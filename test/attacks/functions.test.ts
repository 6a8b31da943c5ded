/**
 * Hostile functions against a real server, deployed as anybody deploys. Goal: whatever a function does, its caller gets
 * AWS's answer, a neighbour is served all the while, and nothing is left on the host when the server has ended. Method:
 * one function runs the code that its event brings; another one, asked without pause, must never fail.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  CreateFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { remainingTraces, traces } from "../../src/sandbox/attacks/traces.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { zip } from "../support/zip.ts";

const ATTACKER = `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const fs = require("node:fs");
const frame = (type, header, body = "") => {
  const [head, tail] = [Buffer.from(JSON.stringify(header)), Buffer.from(body)];
  const fixed = Buffer.alloc(9);
  fixed.writeUInt32BE(5 + head.length + tail.length, 0);
  fixed.writeUInt8(type, 4);
  fixed.writeUInt32BE(head.length, 5);
  return Buffer.concat([fixed, head, tail]);
};
const send = (bytes) => {
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += fs.writeSync(3, bytes, sent);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
};
const flood = (bytes, ms) => {
  for (const end = Date.now() + ms; Date.now() < end; ) send(bytes);
};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const AsyncFunction = (async () => {}).constructor;
export const handler = async (event, context) =>
  await new AsyncFunction("requestId", "require", "fs", "frame", "send", "flood", "wait", event.code)(
    context.awsRequestId, require, fs, frame, send, flood, wait);
`;

const credentials = { accessKeyId: "test", secretAccessKey: "test" };
let server: TestServer;
let client: LambdaClient;
const neighbour = { asking: true, answers: 0, failures: [] as string[], done: Promise.resolve() };

before(async () => {
  server = await startServer({ args: ["--driver", "oci"] });
  client = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 1 });
  await deploy("attacker", ATTACKER);
  await deploy("neighbour", "export const handler = async () => 'served';");
  neighbour.done = askNeighbour();
});

after(async () => {
  neighbour.asking = false;
  await neighbour.done;
  assert.equal(await server.stop(), 0);
  const left = await remainingTraces(() => traces(join(server.dataFolder, "run"), server.pid));
  client.destroy();
  await server[Symbol.asyncDispose]();
  assert.deepEqual(left, {});
  assert.deepEqual(neighbour.failures, []);
  assert.ok(neighbour.answers > 50, `the neighbour was served ${neighbour.answers} times`);
});

async function deploy(name: string, source: string): Promise<void> {
  const code = { ZipFile: await zip({ "index.mjs": source }) };
  const Role = `arn:aws:iam::000000000000:role/${name}`;
  const settings = { Runtime: "nodejs26.x", Handler: "index.handler", MemorySize: 128, Timeout: 3, Role } as const;
  await client.send(new CreateFunctionCommand({ FunctionName: name, ...settings, Code: code }));
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 0.05 }, { FunctionName: name });
}

async function invoke(name: string, code: string): Promise<{ payload: string; error: string | undefined }> {
  const answer = await client.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ code }) }));
  return { payload: Buffer.from(answer.Payload ?? []).toString(), error: answer.FunctionError };
}

async function askNeighbour(): Promise<void> {
  while (neighbour.asking) {
    const { payload } = await invoke("neighbour", "");
    if (payload === '"served"') neighbour.answers += 1;
    else neighbour.failures.push(payload);
  }
}

/** Expects AWS's error for a process that the platform saw end. */
async function endsWith(code: string, errorType: string, message: RegExp): Promise<void> {
  const { payload, error } = await invoke("attacker", code);
  assert.equal(error, "Unhandled", payload);
  const reported = JSON.parse(payload);
  assert.equal(reported.errorType, errorType, payload);
  assert.match(reported.errorMessage, message);
}

async function returns(code: string, expected: unknown): Promise<void> {
  const { payload } = await invoke("attacker", code);
  assert.deepEqual(JSON.parse(payload), expected);
}

test("a function that ends itself by a signal is reported as AWS reports it", async () => {
  const ended = (signal: string): RegExp => new RegExp(`Error: Runtime exited with error: signal: ${signal}$`);
  await endsWith("process.kill(process.pid, 'SIGKILL'); await wait(2000)", "Runtime.ExitError", ended("killed"));
  await endsWith("process.kill(process.pid, 'SIGTERM'); await wait(2000)", "Runtime.ExitError", ended("terminated"));
  await endsWith("process.abort()", "Runtime.ExitError", ended("aborted"));
  await endsWith("process.kill(process.pid, 'SIGSEGV'); await wait(2000)", "Runtime.ExitError", /segmentation fault$/);
});

test("a function that spins, stops itself or never answers runs out of time", async () => {
  const late = /Error: Task timed out after 3.00 seconds$/;
  await endsWith("process.on('SIGTERM', () => {}); for (;;);", "Sandbox.Timedout", late);
  await endsWith("process.kill(process.pid, 'SIGSTOP'); await wait(9000)", "Sandbox.Timedout", late);
});

test("memory and process bombs end their own environment only", async () => {
  const killed = /Runtime exited with error: signal: killed$/;
  await endsWith("const a = []; for (;;) a.push(Buffer.alloc(8 << 20, 1))", "Runtime.OutOfMemory", killed);
  const forks = "require('node:child_process').spawn('/bin/sh', ['-c', 'f() { f | f & f; }; f']); await wait(9000)";
  assert.equal((await invoke("attacker", forks)).error, "Unhandled");
});

test("frames forged on the function's own channel answer nothing but its own invocation", async () => {
  const other = "00000000-0000-0000-0000-000000000000";
  await returns(`send(frame(19, { requestId: "${other}" }, '"forged"')); await wait(50); return "mine"`, "mine");
  await returns("send(frame(19, { requestId }, '\"first\"')); send(frame(19, { requestId }, '\"second\"'))", "first");
  await returns("return 'third'", "third");
  await returns("send(frame(17, {})); send(frame(16, {})); send(frame(18, { errorType: 'X' })); return 1", 1);
});

test("a function that breaks the protocol of its channel is ended", async () => {
  const killed = /signal: killed$/;
  for (const bytes of [
    "Buffer.alloc(4, 255)",
    "frame(2, {})",
    "frame(99, {})",
    "Buffer.from('\\0\\0\\0\\x07\\x18\\0\\0\\0\\x02{x')",
  ])
    await endsWith(`send(${bytes}); await wait(2000)`, "Runtime.ExitError", killed);
  await endsWith("fs.closeSync(3); await wait(2000)", "Runtime.ExitError", killed);
});

test("floods of frames and output cost the server neither memory nor its time for others", async () => {
  const before = neighbour.answers;
  const memoryMb = residentMb();
  const floods = [
    "frame(22, { requestId })",
    "frame(22, { requestId }, 'x')",
    "frame(16, {})",
    "frame(19, { requestId: 'x', a: Array(5000).fill(0) })",
  ];
  for (const one of floods) {
    await returns(`flood(Buffer.concat(Array(500).fill(${one})), 700); return "over"`, "over");
  }
  await returns(
    "const b = Buffer.alloc(65536); for (const end = Date.now() + 700; Date.now() < end; ) fs.writeSync(1, b); return 1",
    1,
  );
  assert.ok(neighbour.answers - before > 20, `${neighbour.answers - before} answers meanwhile`);
  assert.ok(residentMb() - memoryMb < 200, `${residentMb() - memoryMb} MiB more`);
});

test("an answer or an error above 6 MB is refused", async () => {
  const large = /^Response payload size exceeded maximum allowed payload size/;
  await endsWith("return 'x'.repeat(6 * 2 ** 20 + 99)", "Function.ResponseSizeTooLarge", large);
  const error = "send(frame(20, { requestId, errorType: 'Big' }, 'x'.repeat(7 * 2 ** 20))); await wait(2000)";
  await endsWith(error, "Function.ResponseSizeTooLarge", large);
});

test("a streamed answer's content type cannot break the head of the server's response", async () => {
  for (const contentType of ["'a\\r\\nX-Forged: yes'", "'a\\0b'", "'\\x01'", "'\\u20ac'", "''", "'x'.repeat(100000)"]) {
    const code = `send(frame(21, { requestId, contentType: ${contentType} })); send(frame(22, { requestId }, "hi"));
      send(frame(23, { requestId })); await wait(50)`;
    const Payload = JSON.stringify({ code });
    const answer = await client.send(new InvokeWithResponseStreamCommand({ FunctionName: "attacker", Payload }));
    let text = "";
    for await (const { PayloadChunk } of answer.EventStream ?? []) text += Buffer.from(PayloadChunk?.Payload ?? []);
    assert.equal(text, "hi");
    assert.doesNotMatch(answer.ResponseStreamContentType ?? "", /[\r\n\0]/);
  }
});

test("the server's own secrets and other functions are out of reach: files, processes, loopback", async () => {
  const secret = createServer((socket) => socket.end("secret")).listen(0, "0.0.0.0");
  await new Promise((resolve) => secret.once("listening", resolve));
  const address = secret.address();
  assert.ok(typeof address === "object" && address !== null);
  const probes = ["127.0.0.1", "0.0.0.0", "::1", "::ffff:127.0.0.1", "169.254.127.1", "169.254.169.254"];
  const code = `
    const net = require("node:net");
    const reached = [];
    await Promise.all(${JSON.stringify(probes)}.map((host) => new Promise((resolve) => {
      const socket = net.connect({ host, port: ${address.port}, timeout: 300 });
      socket.on("connect", () => { reached.push(host); socket.destroy(); });
      socket.on("timeout", () => socket.destroy()).on("error", () => {}).on("close", resolve);
    })));
    const read = (path) => { try { return fs.readFileSync(path, "latin1") ? path : ""; } catch { return ""; } };
    const paths = ["/proc/1/environ", "/proc/1/mountinfo", "/proc/1/net/tcp", "/etc/shadow", ${JSON.stringify(`${server.dataFolder}/store.db`)}];
    return { reached, read: paths.map(read).filter(Boolean) };`;
  await returns(code, { reached: [], read: [] });
  secret.close();
});

function residentMb(): number {
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
