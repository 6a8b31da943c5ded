/**
 * What happened in a history, as its clients, its functions and its queues saw it, and what was found to be wrong. Every
 * line has its simulated time. Knows no rule: invariants.ts has them.
 */
import { hash } from "node:crypto";
import type { Clock, Log, LogFields } from "../../base/index.ts";
import type { Condition } from "../verdict.ts";
import type { Outcome, Try } from "./plan.ts";

export interface TryFacts {
  readonly startedAt: number;
  endedAt: number | undefined;
  readonly outcome: Outcome;
  readonly revision: string;
}

/** Everything known about one request. */
export interface EventFacts {
  readonly requestId: string;
  readonly label: string;
  readonly type: "sync" | "async" | "record";
  readonly name: string;
  readonly qualifier: string | undefined;
  readonly script: readonly Try[];
  /** Which invocation of its chain this is, where functions invoke themselves; counted from 1. */
  readonly link: number;
  readonly loops: boolean;
  readonly askedAt: number;
  /** When its message was last taken from its queue. */
  deliveredAt: number;
  /** What the client was told, `202`, `200` or a refusal; `lost` when its server died. */
  answer: string | undefined;
  answers: number;
  /** Times that an environment was asked for. */
  attempts: number;
  /** Runs that the function itself saw. */
  readonly tries: TryFacts[];
  /** Its messages in the queue, by id. */
  readonly messages: Set<string>;
  /** When its first message was durable. */
  acceptedAt: number | undefined;
  readonly ends: { readonly at: number; readonly condition: Condition }[];
  /** Targets that were told of it, and of which end. */
  readonly records: string[];
  /** Faults that touched it: after each it may run, end and be told of once more. */
  doubts: number;
  /** Those of them that may last longer than a queue remembers names of messages, so that retries double. */
  longDoubts: number;
}

/** Queues remember them for 5 minutes; other waits may add a little. */
const NAMES_REMEMBERED_MS = 200_000;

type Begun = Pick<EventFacts, "requestId" | "label" | "type" | "name" | "qualifier" | "script"> &
  Partial<Pick<EventFacts, "link" | "loops">>;

export interface Violation {
  readonly rule: string;
  readonly text: string;
}

export class Ledger {
  readonly events = new Map<string, EventFacts>();
  readonly violations: Violation[] = [];
  /** Kinds of things that came to pass. */
  readonly reached = new Set<string>();
  /** What the server's metrics count, by name. */
  readonly counts = new Map<string, number>();
  readonly lines: string[] = [];
  /** Takes no notes, for what is asked only to see whether it can be answered. */
  isQuiet = false;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #disturbedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  note(who: string, text: string): void {
    if (this.isQuiet) return;
    this.lines.push(`${elapsed(this.#clock.now() - this.#startedAt)} ${who.padEnd(8)} ${text}`);
  }

  violate(rule: string, text: string): void {
    this.isQuiet = false;
    this.note("BROKEN", `${rule}: ${text}`);
    this.violations.push({ rule, text });
  }

  /** Something failed, was slow or down just now. */
  disturb(): void {
    this.#disturbedAt = this.#clock.now();
  }

  /** Whether everything has worked since `at`. */
  healthySince(at: number): boolean {
    return this.#disturbedAt < at;
  }

  get everDisturbed(): boolean {
    return Number.isFinite(this.#disturbedAt);
  }

  begin(facts: Begun): EventFacts {
    const event: EventFacts = {
      link: 1,
      loops: false,
      ...facts,
      deliveredAt: this.#clock.now(),
      askedAt: this.#clock.now(),
      answer: undefined,
      answers: 0,
      attempts: 0,
      tries: [],
      messages: new Set(),
      acceptedAt: undefined,
      ends: [],
      records: [],
      doubts: 0,
      longDoubts: 0,
    };
    this.events.set(facts.requestId, event);
    return event;
  }

  /** A fault touched the event. `ms`: how long until what it doubled may come. */
  doubt(event: EventFacts, ms: number): void {
    event.doubts += 1;
    const longest = Math.max(...event.script.map((each) => each.ms));
    if (ms + longest > NAMES_REMEMBERED_MS) event.longDoubts += 1;
  }

  count(name: string, value: number): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + value);
  }

  /** One name for the whole history, whatever the machine: equal histories have equal ones. */
  fingerprint(): string {
    return hash("sha1", this.lines.join("\n"));
  }

  /** The server's own log. An error without any cause is a finding. */
  log(): Log {
    const write = (level: string) => (message: string, fields?: LogFields) => {
      const error = fields?.error instanceof Error ? ` (${fields.error.message})` : "";
      this.note("log", `${level} ${message}${error}`);
      if (level === "error" && !this.everDisturbed) this.violate("no-error-without-cause", `${message}${error}`);
    };
    return { debug: () => undefined, info: write("info"), warn: write("warn"), error: write("error") };
  }
}

function elapsed(ms: number): string {
  const part = (value: number, digits: number): string => String(Math.floor(value)).padStart(digits, "0");
  return `+${part(ms / 3_600_000, 2)}:${part((ms / 60_000) % 60, 2)}:${part((ms / 1000) % 60, 2)}.${part(ms % 1000, 3)}`;
}
