/** What must hold whenever a function starts: limits, what is deployed, and the times and number of an event's tries. */
import type { FunctionVersion } from "../../environments/index.ts";
import { LIMITS } from "../limits.ts";
import { type Control, claimOf, revisionsOf } from "./control.ts";
import type { EventFacts, Ledger, TryFacts } from "./ledger.ts";
import type { Life } from "./life.ts";

/** A waiting admission and the store's latency may come between the look at an event's age and its start. */
const AGE_SLACK_MS = 15_000;

/** After a refusal the engine pauses for up to 8 s, and an event for a function that is just being created holds its place for 10. */
const PROMPT_MS = 20_000;

interface Around {
  readonly life: Life;
  readonly ledger: Ledger;
  readonly control: Control;
  readonly accountConcurrency: number;
}

/** Invocations that run just before the one that starts. */
interface Running {
  running(name: string): number;
  readonly shared: number;
  readonly total: number;
  roomSince(name: string): number;
}

export function checkStart(around: Around, running: Running, version: FunctionVersion, event: EventFacts): void {
  checkLimits(around, running, version.functionName);
  checkDeployed(around, version, event);
  if (event.type === "sync") return;
  checkTries(around, event);
  checkPromptness(around, running, event);
}

function checkLimits({ ledger, control, accountConcurrency }: Around, running: Running, name: string): void {
  const reserved = control.record(name)?.reservedConcurrency;
  const limit = reserved ?? accountConcurrency - control.claimedTotal;
  const count = reserved === undefined ? running.shared : running.running(name);
  const isProvisioned = reserved === undefined && running.running(name) < claimOf(control.record(name));
  if (count >= limit && !isProvisioned) {
    const what = reserved === undefined ? "unreserved concurrency" : "reserved concurrency";
    ledger.violate("within-the-limit", `${name} starts although ${count} of ${limit} of the ${what} run`);
  }
  if (running.total >= accountConcurrency) {
    ledger.violate(
      "within-the-limit",
      `${name} starts although ${running.total} of the account's ${accountConcurrency} run`,
    );
  }
}

function checkDeployed({ ledger, control }: Around, version: FunctionVersion, event: EventFacts): void {
  const seen = control.seen(version.functionName);
  if (seen.some((record) => revisionsOf(record, event.qualifier).includes(version.revisionId))) return;
  const wanted = `${version.functionName}:${event.qualifier ?? "$LATEST"}`;
  ledger.violate("runs-what-is-deployed", `${event.label} runs ${version.revisionId}, which ${wanted} does not name`);
}

function checkTries({ life, ledger, control }: Around, event: EventFacts): void {
  const now = life.now();
  const { name, qualifier, label, doubts } = event;
  if (event.link > LIMITS.loopInvocations) {
    ledger.violate("loops-end", `${label} runs as invocation ${event.link} of its chain`);
  }
  const from = event.acceptedAt ?? now;
  const settings = control.settingsSince(name, qualifier, from);
  const ages = settings.map((config) => config?.maximumEventAgeSeconds).map(ageMs);
  if (now - from > Math.max(...ages) + AGE_SLACK_MS) {
    ledger.violate("not-past-its-age", `${label} runs at the age of ${now - from} ms`);
  }
  const retries = Math.max(...settings.map((config) => config?.maximumRetryAttempts ?? LIMITS.asyncRetries));
  const failures = event.tries.filter(failed).length;
  if (failures >= (1 + retries) * (1 + event.longDoubts) + doubts) {
    ledger.violate("attempts-within-retries", `${label} runs after ${failures} failures, with ${retries} retries`);
  }
  if (doubts > 0) return;
  if (event.tries.some(({ endedAt }) => endedAt === undefined)) {
    ledger.violate("one-try-at-a-time", `${label} runs while it runs`);
  }
  const last = event.tries.at(-1);
  if (last?.endedAt === undefined) return;
  if (!failed(last)) ledger.violate("no-try-after-success", `${label} runs after it had succeeded`);
  const delayMs = LIMITS.asyncRetryDelaysMs[failures <= 1 ? 0 : 1];
  if (now - last.endedAt < delayMs) {
    ledger.violate("waits-before-retry", `${label} runs ${now - last.endedAt} ms after it failed, not ${delayMs}`);
  }
}

/** What was taken from the queue starts soon once it may. */
function checkPromptness({ life, ledger, control }: Around, running: Running, event: EventFacts): void {
  const since = Math.max(event.deliveredAt, running.roomSince(event.name), control.changedAt);
  const waitedMs = life.now() - since;
  if (waitedMs > PROMPT_MS && ledger.healthySince(since)) {
    ledger.violate("starts-promptly", `${event.label} could have started ${waitedMs} ms ago`);
  }
}

export function failed({ outcome, endedAt }: TryFacts): boolean {
  return outcome !== "ok" && endedAt !== undefined;
}

export function ageMs(seconds: number | undefined): number {
  return seconds === undefined ? LIMITS.asyncEventAgeMs : seconds * 1000;
}
