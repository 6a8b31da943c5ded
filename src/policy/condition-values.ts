/**
 * Values of conditions that are more than text: moments, numbers, ARNs in six parts. Each is read once from
 * the policy, and undefined says that it cannot be. Source: IAM User Guide, "Condition operators".
 */
import { Pattern, type Resolve } from "./pattern.ts";

const EPOCH = /^\d{1,16}$/;
const ISO =
  /^([+-]?\d{4,9})(?:-(\d\d?)(?:-(\d\d?))?)?(?:T(\d\d?)(?::(\d\d?)(?::(\d\d?)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** A decision compares one moment with many. */
let last: { readonly text: string; readonly moment: number | undefined } = { text: "", moment: undefined };

/** Milliseconds since 1970 of an ISO 8601 date or of seconds since 1970. */
export function momentOf(text: string): number | undefined {
  if (last.text !== text) last = { text, moment: readMoment(text) };
  return last.moment;
}

function readMoment(text: string): number | undefined {
  if (EPOCH.test(text)) return Number(text) * 1000;
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 59) return undefined;
  const moment = new Date(Date.UTC(2000, month - 1, day, hour, minute, second, Number(`0.${parts[7] ?? 0}`) * 1000));
  moment.setUTCFullYear(year + moment.getUTCFullYear() - 2000);
  return moment.getTime() - offsetMs(parts[8] ?? "Z");
}

function offsetMs(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", ""));
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

export function numberOf(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

const ARN_PARTS = 6;

/** Each of the six parts by itself: its wildcards do not reach over a colon, but in the last part. */
export class ArnPattern {
  readonly #parts: readonly Pattern[];
  readonly #everything: boolean;

  constructor(source: string, options: { readonly variables: boolean }) {
    this.#everything = source === "*";
    this.#parts = splitArn(source, options.variables).map((part) => new Pattern(part, { wildcards: true, ...options }));
  }

  get variables(): readonly string[] {
    return this.#parts.flatMap(({ variables }) => variables);
  }

  /** Undefined where a variable cannot be resolved. */
  matches(arn: string, resolve: Resolve): boolean | undefined {
    if (this.#everything) return true;
    const parts = splitArn(arn, false);
    if (this.#parts.length !== ARN_PARTS || parts.length !== ARN_PARTS) return false;
    const matched = this.#parts.map((pattern, at) => pattern.matches(parts[at] ?? "", resolve));
    return matched.includes(undefined) ? undefined : matched.every(Boolean);
  }
}

/** At the first five colons; those within `${…}` do not count where variables exist. */
function splitArn(text: string, variables: boolean): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let inVariable = false;
  for (let at = 0; at < text.length && parts.length < ARN_PARTS - 1; at += 1) {
    const character = text.charAt(at);
    if (variables && text.startsWith("${", at)) inVariable = true;
    else if (character === "}") inVariable = false;
    else if (character === ":" && !inVariable) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
