/**
 * Reads facts about processes from /proc. Every function tells "gone" from "not readable": a process that has ended
 * yields undefined, anything else is thrown. Linux only; callers check the platform.
 */
import { readFileSync } from "node:fs";
import { hasErrorCode } from "../errors.ts";

/** Fields of /proc/PID/stat that identify a process beyond its number: ticks since boot at which it started. */
export function processStart(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

/** True when `pid` is a program called `name` (its first 15 characters) that has ended and waits to be collected. */
export function isZombie(pid: number, name: string): boolean {
  return readProc(`/proc/${pid}/stat`)?.startsWith(`${pid} (${name.slice(0, 15)}) Z `) ?? false;
}

/** `pid` and all its living descendants, parents first. */
export function processTree(pid: number): number[] {
  const found = [pid];
  for (let at = 0; at < found.length; at += 1) {
    const children = readProc(`/proc/${found[at]}/task/${found[at]}/children`);
    for (const child of children?.split(" ") ?? []) {
      if (child !== "") found.push(Number(child));
    }
  }
  return found;
}

/** Private resident memory in bytes: what this process would give back by ending. */
export function privateMemory(pid: number): number {
  const statm = readProc(`/proc/${pid}/statm`);
  if (statm === undefined) return 0;
  const [, resident = "0", shared = "0"] = statm.split(" ");
  return (Number(resident) - Number(shared)) * 4096;
}

/** The most memory in bytes that any one process of this tree had resident so far, shared pages included. */
export function residentPeak(root: number): number {
  const peaks = processTree(root).map((pid) => /^VmHWM:\s*(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? "")?.[1]);
  return Math.max(...peaks.map((kib) => Number(kib ?? 0) * 1024));
}

/** The content of a /proc file, or undefined when its process has ended. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}
