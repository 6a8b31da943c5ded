/** Counts what sandboxes of one server process leave on the host, for tests and benches that expect nothing. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { hasErrorCode } from "../errors.ts";

/** Everything that names `runFolder`, or an instance of process `pid`, by kind. */
export function traces(runFolder: string, pid: number): Record<string, readonly string[]> {
  const instance = `${pid.toString(36)}_`;
  const hierarchies = readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}/lambent`);
  const cgroups = [...hierarchies, "/sys/fs/cgroup/lambent"]
    .flatMap(entries)
    .filter((path) => path.includes(`/${instance}`));
  const tables = execFileSync("nft", ["list", "tables"], { encoding: "utf8" }).split("\n");
  const loops = entries("/sys/block").filter((path) => path.startsWith("/sys/block/loop"));
  return {
    processes: processesOf(cgroups),
    cgroups,
    tables: tables.filter((line) => line.includes(`lambent_${instance}`)),
    loopDevices: loops.filter((path) => backingFile(path).startsWith(`${runFolder}/${instance}`)),
    folders: entries(runFolder).filter((path) => path.includes(`/${instance}`)),
    mounts: readFileSync("/proc/1/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(runFolder)),
  };
}

/** Waits until nothing is left, for the kernel removes some things in the background; returns what remains after 5 s. */
export async function remainingTraces(
  look: () => Record<string, readonly string[]>,
): Promise<Record<string, readonly string[]>> {
  for (let attempt = 0; ; attempt += 1) {
    const left = Object.fromEntries(Object.entries(look()).filter(([, found]) => found.length > 0));
    if (Object.keys(left).length === 0 || attempt === 100) return left;
    await setTimeout(50);
  }
}

function processesOf(cgroups: readonly string[]): readonly string[] {
  return cgroups
    .flatMap((folder) => entries(folder).map((path) => `${path}/cgroup.procs`))
    .flatMap((file) => {
      return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
    });
}

/** Empty for a device that is free, or becomes so while we look. */
function backingFile(device: string): string {
  try {
    return readFileSync(`${device}/loop/backing_file`, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENXIO")) return "";
    throw error;
  }
}

function entries(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [];
}
