/**
 * Lineage: the part of a trace header that says which functions an event has already passed through, so that recursive
 * loops are found. Functions' SDKs hand it on unread. Two forms are in use: `{hops}:{hash}:{loops}` for a chain of one
 * function, and `{hash}:{loops}|…` for several, where `loops` counts how often the function came again after its first
 * time. Invariant: an entry never gives way, so a loop is found whenever it holds one of a chain's first functions.
 */
import { hash } from "node:crypto";

/** What tells functions apart in a lineage. */
export interface LineageFunction {
  readonly accountId: string;
  readonly region: string;
  readonly functionName: string;
}

const DIGITS = 8;
/** Functions that one header has room for; it stays far below what services pass on. */
const ENTRIES_MAX = 16;
/** AWS's bounds of the two counters. */
const HOPS_MAX = 32_767;
const LOOPS_MAX = 255;
const SINGLE = /^(\d{1,5}):([0-9a-f]{8}):(\d{1,3})$/i;
const ENTRY = /^([0-9a-f]{8}):(\d{1,3})$/i;

interface Lineage {
  readonly hops: number;
  /** Times that each function came again, by its hash; oldest first. */
  readonly loops: ReadonlyMap<string, number>;
}

/** The lineage of an invocation of `target` that comes after `given`; anything that is no lineage begins a new one. */
export function lineageAfter(given: string | undefined, target: LineageFunction): string {
  if (given === undefined) return `1:${hashOf(target)}:0`;
  const { hops, loops } = parsed(given);
  const own = hashOf(target);
  const before = loops.get(own);
  const times = before === undefined ? 0 : Math.min(before + 1, LOOPS_MAX);
  const next = new Map(loops);
  if (before !== undefined || next.size < ENTRIES_MAX) next.set(own, times);
  return next.size === 1
    ? `${Math.min(hops + 1, HOPS_MAX)}:${own}:${times}`
    : [...next].map((entry) => entry.join(":")).join("|");
}

/** Which invocation of `target` in its chain this is, counted from 1. `lineage` is the invocation's own. */
export function timesInvoked(lineage: string | undefined, target: LineageFunction): number {
  return (parsed(lineage).loops.get(hashOf(target)) ?? 0) + 1;
}

/** Hashes of functions that are deployed, each of which is asked for with every invocation. */
const hashes = new WeakMap<LineageFunction, string>();

function hashOf(target: LineageFunction): string {
  const known = hashes.get(target);
  if (known !== undefined) return known;
  const { accountId, region, functionName } = target;
  const made = hash("sha1", `${accountId}/${region}/${functionName}`).slice(0, DIGITS);
  hashes.set(target, made);
  return made;
}

function parsed(text: string | undefined): Lineage {
  const single = text === undefined ? null : SINGLE.exec(text);
  if (single !== null) {
    const [, hops, name = "", loops] = single;
    return { hops: Number(hops), loops: new Map([[name.toLowerCase(), Number(loops)]]) };
  }
  const entries = (text ?? "").split("|").map((entry) => ENTRY.exec(entry));
  if (entries.includes(null)) return { hops: 0, loops: new Map() };
  const loops = new Map(entries.map((entry) => [(entry?.[1] ?? "").toLowerCase(), Number(entry?.[2])]));
  return { hops: loops.size, loops };
}
