/** What must hold when an event ends, and when a whole history is over. */
import type { Settlement } from "../async-engine.ts";
import { LIMITS } from "../limits.ts";
import { type Control, revisionsOf } from "./control.ts";
import type { EventFacts, Ledger } from "./ledger.ts";
import { SINKS, targetArn } from "./plan.ts";
import { ageMs, failed } from "./start-rules.ts";

/** A condition is decided at most this long before it is told. */
const DECIDED_MS = 30_000;

interface Around {
  readonly ledger: Ledger;
  readonly control: Control;
  readonly now: number;
}

/** An event has ended: once, and with the condition that its tries and settings ask for. */
export function checkSettlement({ ledger, control, now }: Around, event: EventFacts, settlement: Settlement): void {
  const { condition, approximateInvokeCount } = settlement;
  event.ends.push({ at: now, condition });
  ledger.reached.add(condition);
  if (event.ends.length > 1) ledger.reached.add("told twice after a fault");
  const { label, name, qualifier, doubts } = event;
  const last = event.tries.at(-1);
  const wrong = (why: string): void => ledger.violate("ends-as-it-should", `${label} ended as ${condition}: ${why}`);
  if (event.ends.length > 1 + doubts) ledger.violate("settled-once", `${label} ended ${event.ends.length} times`);
  const decidedSince = Math.min(last?.startedAt ?? now, now - DECIDED_MS);
  const records = control.since(name, decidedSince);
  const settings = control.settingsSince(name, qualifier, event.acceptedAt ?? now);
  switch (condition) {
    case "Success":
      if (!event.tries.some(({ outcome, endedAt }) => outcome === "ok" && endedAt !== undefined))
        wrong("no try was good");
      break;
    case "RetriesExhausted": {
      const least = Math.min(...settings.map((config) => config?.maximumRetryAttempts ?? LIMITS.asyncRetries));
      const failures = event.tries.filter(failed).length;
      if (failures < 1 + least) wrong(`${failures} tries failed, with ${least} retries`);
      break;
    }
    case "EventAgeExceeded": {
      const least = Math.min(...settings.map((config) => config?.maximumEventAgeSeconds).map(ageMs));
      const ageThen = now - (event.acceptedAt ?? now);
      const waits = Math.max(...LIMITS.asyncRetryDelaysMs, LIMITS.asyncBackoffMaxMs);
      if (ageThen + waits <= least) wrong(`it is ${ageThen} ms old, and ${least} are allowed`);
      break;
    }
    case "ZeroReservedConcurrency":
      if (!records.some((record) => record?.reservedConcurrency === 0)) wrong("concurrency is reserved for it");
      break;
    case "RecursiveInvocation":
      if (event.link <= LIMITS.loopInvocations) wrong(`it is invocation ${event.link} of its chain`);
      break;
    case "Dropped":
      if (records.every((record) => revisionsOf(record, qualifier).length > 0)) wrong("what it calls is there");
      break;
  }
  const failures = event.tries.filter(failed).length;
  const count = condition === "Success" ? failures + 1 : failures;
  if (doubts === 0 && approximateInvokeCount !== count)
    wrong(`it tells of ${approximateInvokeCount} tries, not ${count}`);
}

/** Everything is at rest: nothing is left, nothing was lost, everybody was answered. */
export function checkRest(around: Around): void {
  const { ledger } = around;
  for (const event of ledger.events.values()) {
    if (event.type === "sync") {
      if (event.answers !== 1) ledger.violate("one-answer", `${event.label} was answered ${event.answers} times`);
      continue;
    }
    if (event.answer === "202" && event.acceptedAt === undefined) {
      ledger.violate("durable-before-202", `${event.label} was accepted and is in no queue`);
    }
    if (event.acceptedAt === undefined) continue;
    if (event.messages.size > 0) ledger.violate("nothing-left", `${event.label} is still in its queue`);
    else if (event.ends.length === 0) ledger.violate("settled-once", `${event.label} never ended`);
    checkRecords(around, event);
  }
}

/** A target that was named all the time was told of each end, and no more often than faults explain. */
function checkRecords({ ledger, control }: Around, event: EventFacts): void {
  for (const { condition, at } of event.ends) {
    const from = Math.min(event.tries.at(-1)?.startedAt ?? at, at - DECIDED_MS);
    const records = control.since(event.name, from);
    if (condition === "Dropped" || !records.every((record) => record !== undefined)) continue;
    const settings = control.settingsSince(event.name, event.qualifier, from);
    const destination = always(
      settings.map((config) => (condition === "Success" ? config?.onSuccess : config?.onFailure)),
    );
    const queue = condition === "Success" ? undefined : always(records.map((record) => deadLetterTargetOf(record)));
    const good = condition === "Success";
    if (destination !== undefined) requireTold(ledger, event, destination, (what) => (what === "Success") === good);
    if (queue !== undefined) requireTold(ledger, event, queue, (what) => what === "");
  }
  for (const record of new Set(event.records)) {
    const times = event.records.filter((other) => other === record).length;
    if (times > 1 + event.doubts) ledger.violate("told-once", `${event.label} was told of ${times} times: ${record}`);
  }
}

function requireTold(ledger: Ledger, event: EventFacts, arn: string, tells: (condition: string) => boolean): void {
  const name = arn.split(":").at(-1) ?? "";
  if (arn === targetArn("nowhere") || arn === targetArn("denied")) return;
  ledger.reached.add(SINKS.some((sink) => sink === name) ? "function told" : "queue told");
  const told = event.records.some((record) => record.startsWith(`${name} `) && tells(record.slice(name.length + 1)));
  if (!told) ledger.violate("target-is-told", `${name} did not hear of ${event.label}`);
}

/** The one value that all are. */
function always(values: readonly (string | undefined)[]): string | undefined {
  return new Set(values).size === 1 ? values[0] : undefined;
}

function deadLetterTargetOf(record: ReturnType<Control["record"]>): string | undefined {
  return record?.latest.settings.deadLetterTarget;
}
