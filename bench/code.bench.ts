/**
 * What large packages cost: the server's memory while CreateFunction brings a zip of 50 MB, and the time from CreateFunction
 * of 250 MB unpacked to the end of the first invocation, against what `unzip` needs for the same package in the same run.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy, invoke, lambdaClient } from "./support/functions.ts";
import { writePackage } from "./support/package-zip.ts";
import { residentSetSizeMb, startLambent, timeProcess } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median } from "./support/stats.ts";

const ROUNDS = 3;
const MIB = 2 ** 20;
const HELLO = { folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" } as const;

const folder = mkdtempSync(join(tmpdir(), "lambent-bench-code-"));
try {
  const figures = [await memory(join(folder, "full.zip")), await unpacking(join(folder, "large.zip"))];
  process.exitCode = report("code", figures) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The largest zip that a request may bring. What the server takes more than before, at its worst moment. */
async function memory(path: string): Promise<Figure> {
  await writePackage(path, [{ files: 49, fileBytes: MIB, random: true }]);
  const zip = readFileSync(path);
  await using server = await startLambent();
  const client = lambdaClient(server.url);
  await deploy(client, "first", HELLO);
  // What a first invocation loads is no matter of the package's size.
  await invoke(client, "first");
  const before = residentSetSizeMb(server.pid);
  // Lets the kernel count the peak anew.
  writeFileSync(`/proc/${server.pid}/clear_refs`, "5");
  await deploy(client, "full", HELLO, { Code: { ZipFile: zip } });
  const peak = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1024;
  client.destroy();
  return {
    what: "memory for a zip of 49 MB in the request",
    unit: "MiB",
    measured: peak - before,
    baseline: zip.length / MIB,
    budget: { atMost: 2 },
  };
}

async function unpacking(path: string): Promise<Figure> {
  await writePackage(path, [
    { files: 5000, fileBytes: 24 * 1024 },
    { files: 4, fileBytes: 31 * MIB },
  ]);
  const zip = readFileSync(path);
  if (statSync(path).size > 50 * MIB) throw new Error(`the package is too large: ${statSync(path).size} bytes`);
  const rounds: { readonly unzip: number; readonly lambent: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const target = join(folder, `unzipped-${round}`);
    const unzip = await timeProcess("unzip", ["-q", path, "-d", target]);
    rmSync(target, { recursive: true });
    await using server = await startLambent();
    const client = lambdaClient(server.url);
    await deploy(client, "first", HELLO);
    await invoke(client, "first");
    const began = performance.now();
    await deploy(client, "large", HELLO, { Code: { ZipFile: zip } });
    await invoke(client, "large");
    rounds.push({ unzip, lambent: performance.now() - began });
    client.destroy();
  }
  return {
    what: "250 MB unpacked: created and first invoked, against unzip",
    unit: "ms",
    measured: median(rounds.map(({ lambent }) => lambent)),
    baseline: median(rounds.map(({ unzip }) => unzip)),
    budget: { atMost: 3 },
  };
}
