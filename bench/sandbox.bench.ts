/** What isolation costs: a sandbox from nothing to its first byte, the attach of code, and its removal, by the real driver. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { lineLog, systemClock, systemRandom } from "../src/base/index.ts";
import { createSandboxDriver, type Sandbox, type SandboxSpec } from "../src/sandbox/index.ts";
import { timeProcess } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median } from "./support/stats.ts";

const SAMPLES = 15;
/** Between samples: the kernel takes longer for namespaces when it has been idle, as before a real cold start. */
const IDLE_MS = 150;
const NODE_FOLDER = dirname(dirname(process.execPath));
const limits = { memoryMb: 128, pids: 1024, openFiles: 1024, tmpMb: 512 };
const programs = [
  { name: "sh", args: ["/bin/sh", "-c", "echo up >&3; read _ <&3; echo done >&3"], bare: ["/bin/sh", "-c", "exit 0"] },
  {
    name: "node",
    args: ["/var/lang/bin/node", "-e", 'const fs=require("fs");fs.writeSync(3,"up");fs.readSync(3,Buffer.alloc(9))'],
    bare: [process.execPath, "-e", "0"],
  },
];

const REFILL = 40;
const BOOTSTRAP = join(import.meta.dirname, "..", "src", "runtimes", "python", "bootstrap");

/** What the pool is filled with: Node.js and the custom runtime's stage are started, Python is forked. */
function refilled(): readonly { readonly name: string; readonly spec: Omit<SandboxSpec, "id"> }[] {
  const common = { env: { PATH: "/usr/bin:/bin" }, cwd: "/", limits };
  const python = ["/usr/bin/python3", "-u", "/var/lambent/bootstrap.py"];
  const wait = "process.stdin.resume();setInterval(()=>{},1e6)";
  return [
    { name: "sh", spec: { ...common, args: ["/bin/sh", "-c", "read _ <&3"], mounts: [] } },
    {
      name: "node",
      spec: {
        ...common,
        args: ["/var/lang/bin/node", "-e", wait],
        mounts: [{ source: NODE_FOLDER, target: "/var/lang" }],
      },
    },
    {
      name: "python",
      spec: {
        ...common,
        args: python,
        mounts: [{ source: BOOTSTRAP, target: "/var/lambent" }],
        template: { key: "bench", args: [...python, "template"], patient: true },
      },
    },
  ];
}

const runFolder = mkdtempSync(join(tmpdir(), "lambent-bench-"));
const figures: Figure[] = [];
try {
  const log = lineLog("warn", (line) => process.stderr.write(line));
  const options = { requested: "auto", runFolder, clock: systemClock, random: systemRandom, log };
  await using driver = await createSandboxDriver(options);
  await driver.prepare();
  for (const { name, args, bare } of programs) {
    const times = {
      bare: [] as number[],
      blocked: [] as number[],
      up: [] as number[],
      attach: [] as number[],
      destroy: [] as number[],
    };
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const [program = "", ...rest] = bare;
      await wait(IDLE_MS);
      times.bare.push(await timeProcess(program, rest));
      await wait(IDLE_MS);
      const started = performance.now();
      const making = driver.create({
        id: `bench-${name}-${sample}`,
        args,
        env: { PATH: "/usr/bin:/bin" },
        cwd: "/",
        mounts: [{ source: NODE_FOLDER, target: "/var/lang" }],
        limits,
      });
      times.blocked.push(performance.now() - started);
      const sandbox = await making;
      await once(sandbox.channel, "data");
      times.up.push(performance.now() - started);
      const attaching = performance.now();
      await sandbox.attach({ mounts: [{ target: "/var/task", sources: [import.meta.dirname] }], limits });
      times.attach.push(performance.now() - attaching);
      const destroying = performance.now();
      await sandbox.destroy();
      times.destroy.push(performance.now() - destroying);
    }
    const baseline = median(times.bare);
    figures.push({ what: `${name}: create to first byte`, unit: "ms", measured: median(times.up), baseline });
    figures.push({ what: `${name}: create, event loop blocked at first`, unit: "ms", measured: median(times.blocked) });
    figures.push({ what: `${name}: attach`, unit: "ms", measured: median(times.attach) });
    figures.push({ what: `${name}: destroy`, unit: "ms", measured: median(times.destroy) });
  }
  for (const { name, spec } of refilled()) {
    const rate = await refillRate(spec, name);
    figures.push({ what: `${name}: sandboxes made ahead`, unit: "per s", measured: rate, budget: { atLeast: 40 } });
  }

  /** Two at a time, as the pool is filled; they are up when they say so, and removed afterwards. */
  async function refillRate(spec: Omit<SandboxSpec, "id">, name: string): Promise<number> {
    const made: Sandbox[] = [await driver.create({ ...spec, id: `refill-${name}-first` })];
    let left = REFILL;
    const started = performance.now();
    await Promise.all(
      [1, 2].map(async () => {
        while (left > 0) {
          left -= 1;
          made.push(await driver.create({ ...spec, id: `refill-${name}-${left}` }));
        }
      }),
    );
    const rate = (REFILL / (performance.now() - started)) * 1000;
    await Promise.all(made.map((sandbox) => sandbox.destroy()));
    return rate;
  }
} finally {
  rmSync(runFolder, { recursive: true, force: true });
}
report("sandbox", figures);
