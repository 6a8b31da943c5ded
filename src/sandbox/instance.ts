/**
 * Names of what one server process leaves on its host (folders, cgroups, firewall tables), such that any later server
 * can tell from the name alone whether the owner still lives: pid, start time and pid namespace are in the name. So no
 * lock files, and several servers on one host never reap each other. A random part tells drivers of one process apart.
 */
import { readlinkSync } from "node:fs";
import type { Random } from "../base/index.ts";
import { processStart } from "./linux/proc.ts";

/** `pid_start_namespace_random`, the first three in base 36; start and namespace are 0 on other systems than Linux. */
export function ownInstance(random: Random): string {
  const linux = process.platform === "linux";
  const start = linux ? toBase36(processStart(process.pid) ?? "0") : "0";
  return `${process.pid.toString(36)}_${start}_${linux ? pidNamespace() : "0"}_${random.hex(3)}`;
}

/** True when `instance` names a server of this pid namespace that runs no more. Foreign names are never dead. */
export function isDeadInstance(instance: string): boolean {
  const match = /^([0-9a-z]+)_([0-9a-z]+)_([0-9a-z]+)_[0-9a-f]+$/.exec(instance);
  if (match === null) return false;
  const [, pid = "", start = "", namespace = ""] = match;
  if (process.platform !== "linux") return !responds(Number.parseInt(pid, 36));
  if (namespace !== pidNamespace()) return false;
  const now = processStart(Number.parseInt(pid, 36));
  return now === undefined || toBase36(now) !== start;
}

function pidNamespace(): string {
  return toBase36(/\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0");
}

function toBase36(decimal: string): string {
  return BigInt(decimal).toString(36);
}

function responds(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
