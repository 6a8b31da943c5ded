/**
 * Named moments at which a test program wants the process to die as by `kill -9`. In a server none is armed and passing
 * one costs a comparison.
 */
import type { CrashAt } from "../operations.ts";

export type CrashPoint = (point: CrashPointName) => void;

/** Every moment there is; the kill tests visit each. */
export const CRASH_POINTS = [
  "group-received",
  "reads-answered",
  "transaction-begun",
  "request-applied",
  "before-commit",
  "after-commit",
  "after-reply",
  "before-sweep-commit",
  "blob-written",
  "blob-synced",
  "blob-renamed",
  "blob-durable",
] as const;

export type CrashPointName = (typeof CRASH_POINTS)[number];

/** A function to call at each point; it does not return from the armed passing of the armed point. */
export function crashPoint(crashAt: CrashAt | undefined): CrashPoint {
  if (crashAt === undefined) return () => undefined;
  let passingsLeft = crashAt.passing;
  return (point) => {
    if (point !== crashAt.point) return;
    passingsLeft -= 1;
    if (passingsLeft === 0) process.kill(process.pid, "SIGKILL");
  };
}
