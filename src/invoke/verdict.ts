/** What becomes of an asynchronous event: AWS's rules on tries and age, as pure decisions. */
import { backoff } from "../base/index.ts";
import type { EventInvokeRecord } from "../lambda/index.ts";
import type { EventHeader } from "./event.ts";
import { LIMITS } from "./limits.ts";

/**
 * How an event ended. AWS's `condition` values; `RecursiveInvocation` is our name for what AWS's documentation names none,
 * and `Dropped` is for events whose function is gone.
 */
export type Condition =
  | "Success"
  | "RetriesExhausted"
  | "EventAgeExceeded"
  | "ZeroReservedConcurrency"
  | "RecursiveInvocation"
  | "Dropped";

export type Verdict =
  | { readonly kind: "ended"; readonly condition: Condition }
  | { readonly kind: "again"; readonly delayMs: number };

type Settings = Pick<EventInvokeRecord, "maximumEventAgeSeconds" | "maximumRetryAttempts"> | undefined;

/** Before a try: whether the event has ended already. */
export function endedBefore(
  settings: Settings,
  facts: { readonly ageMs: number; readonly reservedConcurrency: number | undefined },
): Condition | undefined {
  if (facts.reservedConcurrency === 0) return "ZeroReservedConcurrency";
  return facts.ageMs > maxAgeMs(settings) ? "EventAgeExceeded" : undefined;
}

/** After the try number `header.failures + 1`. A next try that would come too late is not waited for. */
export function verdictAfter(
  settings: Settings,
  header: EventHeader,
  facts: { readonly ageMs: number; readonly failed: boolean },
): Verdict {
  if (!facts.failed) return { kind: "ended", condition: "Success" };
  if (header.failures >= (settings?.maximumRetryAttempts ?? LIMITS.asyncRetries)) {
    return { kind: "ended", condition: "RetriesExhausted" };
  }
  const delayMs = LIMITS.asyncRetryDelaysMs[header.failures === 0 ? 0 : 1];
  if (facts.ageMs + delayMs > maxAgeMs(settings)) return { kind: "ended", condition: "EventAgeExceeded" };
  return { kind: "again", delayMs };
}

/** The wait after a throttle or a failure of the system, which grows with every delivery. */
export function backoffMs(attempt: number): number {
  return backoff(attempt, { minMs: LIMITS.asyncBackoffMinMs, maxMs: LIMITS.asyncBackoffMaxMs });
}

/** How old an event may become. */
export function maxAgeMs(settings: Settings): number {
  const seconds = settings?.maximumEventAgeSeconds;
  return seconds === undefined ? LIMITS.asyncEventAgeMs : seconds * 1000;
}
