/**
 * What the environments room itself costs, without HTTP or routing around it: a warm invocation against the same
 * bootstrap driven by bare frames, and where each millisecond of a cold start goes, with and without a sandbox made ahead.
 * Name a driver to measure it: `npm run bench environments` uses the one that the server would choose.
 */
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { Duplex } from "node:stream";
import { lineLog } from "../src/base/index.ts";
import { type House, openHouse, versionOf } from "../src/environments/testing/house.ts";
import { testNode, testRuntimes } from "../src/environments/testing/runtimes.ts";
import { encodeFrame, FrameReader, FrameType } from "../src/runtimes/index.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const WARM = 3_000;
const COLD = 25;
const driver = process.env["LAMBENT_BENCH_DRIVER"] ?? "auto";
const figures: Figure[] = [];

const bare = await bareFrames();
{
  await using house = await openHouse(driver);
  const samples = await warm(house, versionOf("echo"));
  figures.push({ what: "warm invoke, framed, p50", unit: "us", measured: median(samples), baseline: median(bare) });
  figures.push({ what: "warm invoke, framed, p99", unit: "us", measured: percentile(samples, 0.99) });
  const variables = { TEST_NODE: testNode(driver) };
  const http = await warm(house, versionOf("custom", { runtime: "provided.al2023", variables }));
  figures.push({ what: "warm invoke, Runtime API, p50", unit: "us", measured: median(http), baseline: median(bare) });
}
for (const spares of [1, 0]) {
  await using house = await openHouse(driver, { settings: { sparesPerRuntimeMax: spares } });
  const steps: Record<string, number[]> = { sandbox: [], attach: [], init: [], invoke: [], total: [] };
  for (let sample = 0; sample < COLD; sample += 1) {
    if (spares > 0) await spareIsUp(house, sample);
    const started = performance.now();
    const { report: facts } = await house.invoke(versionOf("echo", { functionName: `cold-${sample}` }));
    const { sandboxMs = 0, attachMs = 0, initMs = 0 } = facts.coldTimings ?? {};
    steps["total"]?.push(performance.now() - started);
    steps["sandbox"]?.push(sandboxMs);
    steps["attach"]?.push(attachMs);
    steps["init"]?.push(initMs);
    steps["invoke"]?.push(facts.durationMs);
  }
  for (const [step, samples] of Object.entries(steps)) {
    const what = `cold ${spares > 0 ? "from a spare" : "without a spare"}, ${step} p50`;
    figures.push({ what, unit: "ms", measured: median(samples) });
  }
}
process.exitCode = report("environments", figures) ? 0 : 1;

async function warm(house: House, version: Parameters<House["invoke"]>[0]): Promise<readonly number[]> {
  for (let index = 0; index < 300; index += 1) await house.invoke(version, { do: "echo" });
  const samples: number[] = [];
  for (let index = 0; index < WARM; index += 1) {
    const started = performance.now();
    await house.invoke(version, { do: "echo" });
    samples.push((performance.now() - started) * 1000);
  }
  return samples;
}

async function spareIsUp(house: House, sample: number): Promise<void> {
  house.environments.expect(versionOf("echo", { functionName: `cold-${sample}` }));
  while (!house.environments.list().some(({ state }) => state === "waiting")) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  // The spare's interpreter comes up in the background; a paced client finds it up.
  await new Promise((resolve) => setTimeout(resolve, 120));
}

/** Round trips of the same bootstrap and function with nothing around them but frames. */
async function bareFrames(): Promise<readonly number[]> {
  const log = lineLog("error", (line) => process.stderr.write(line));
  const runtime = testRuntimes(tmpdir(), log).get("nodejs26.x");
  if (runtime === undefined) throw new Error("nodejs26.x is a runtime");
  const launch = runtime.launch(await runtime.findInterpreter({ strict: false }), { memoryMb: 256 });
  const onHost = (path: string): string => {
    const mount = launch.mounts.find(({ target }) => path === target || path.startsWith(`${target}/`));
    return mount === undefined ? path : mount.source + path.slice(mount.target.length);
  };
  const [program = "", ...args] = launch.args.map(onHost);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit", "pipe"], env: { ...launch.env } });
  const channel = child.stdio[3];
  if (!(channel instanceof Duplex)) throw new Error("file descriptor 3 is a pipe");
  let wake = (_type: number): void => undefined;
  const reader = new FrameReader();
  channel.on("data", (chunk: Buffer) => reader.push(chunk, ({ type }) => wake(type)));
  const until = (wanted: number) =>
    new Promise<void>((resolve) => {
      wake = (type) => {
        if (type === wanted) resolve();
      };
    });
  const send = (buffers: readonly Buffer[]): void => {
    for (const buffer of buffers) channel.write(buffer);
  };
  const version = versionOf("echo");
  const taskRoot = version.code.kind === "folder" ? version.code.path : "";
  const variables = {
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_LAMBDA_FUNCTION_NAME: "echo",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs26.x",
  };
  send(encodeFrame(FrameType.init, { handler: version.handler, taskRoot, variables }));
  await until(FrameType.initDone);
  const samples: number[] = [];
  for (let index = 0; index < WARM + 300; index += 1) {
    const started = performance.now();
    const answered = until(FrameType.response);
    const header = {
      requestId: `${index}`,
      deadlineMs: Date.now() + 3000,
      invokedFunctionArn: version.functionArn,
      traceId: "",
    };
    send(encodeFrame(FrameType.invoke, header, Buffer.from('{"do":"echo"}')));
    await answered;
    if (index >= 300) samples.push((performance.now() - started) * 1000);
  }
  child.kill();
  return samples;
}
