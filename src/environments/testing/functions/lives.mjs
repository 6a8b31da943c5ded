import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { Worker } from "node:worker_threads";

const loaded = randomUUID();
console.log("loading");
const note = `${tmpdir()}/note`;
const SPIN = "const { workerData } = require('node:worker_threads'); for (;;) Atomics.add(workerData, 0, 1n)";
const turns = new BigInt64Array(new SharedArrayBuffer(8));
let ticks = 0;
let left = { cpu: process.cpuUsage(), ticks, at: 0 };
let socket;

export async function handler(event) {
  const found = existsSync(note) ? readFileSync(note, "utf8") : null;
  if (event.note !== undefined) writeFileSync(note, event.note, { mode: 0o600 });
  if (event.hang) await new Promise(() => setInterval(() => undefined, 1000));
  if (event.spin) for (;;);
  if (event.code !== undefined) process.exit(event.code);
  if (event.signal !== undefined) process.kill(process.pid, event.signal);
  if (event.exitSoon) setTimeout(() => process.exit(0), 1);
  if (event.background) {
    new Worker(SPIN, { eval: true, workerData: turns }).unref();
    setInterval(() => (ticks += 1), 1).unref();
    while (Atomics.load(turns, 0) === 0n) await new Promise((resolve) => setImmediate(resolve));
  }
  const idle = {
    cpuMs: (process.cpuUsage(left.cpu).user + process.cpuUsage(left.cpu).system) / 1000,
    ticks: ticks - left.ticks,
    ms: performance.now() - left.at,
  };
  if (event.goesOn) {
    const [turn, tick] = [Atomics.load(turns, 0), ticks];
    while (Atomics.load(turns, 0) === turn || ticks === tick) await new Promise((resolve) => setImmediate(resolve));
  }
  if (event.port !== undefined) {
    socket = connect(event.port, "127.0.0.1").setEncoding("utf8");
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  }
  const heard = event.hears ? await new Promise((resolve) => socket.once("data", resolve)) : null;
  left = { cpu: process.cpuUsage(), ticks, at: performance.now() };
  return { loaded, found, idle, heard, stream: process.env.AWS_LAMBDA_LOG_STREAM_NAME };
}
