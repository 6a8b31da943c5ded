/**
 * Names of what one server process leaves on its host (folders, cgroups, firewall tables), such that any later server
 * can tell from the name alone whether the owner still lives: pid, start time and pid namespace are the name. So no
 * lock files, and several servers on one host never reap each other.
 */
import { readlinkSync } from "node:fs";
import { processStart } from "./linux/proc.ts";

/** `pid_start_namespace`, each in base 36; on other systems than Linux `pid_0_0`. */
export function ownInstance(): string {
  if (process.platform !== "linux") return `${process.pid.toString(36)}_0_0`;
  return `${process.pid.toString(36)}_${toBase36(processStart(process.pid) ?? "0")}_${pidNamespace()}`;
}

/** True when `instance` names a server of this pid namespace that runs no more. Foreign names are never dead. */
export function isDeadInstance(instance: string): boolean {
  const match = /^([0-9a-z]+)_([0-9a-z]+)_([0-9a-z]+)$/.exec(instance);
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
