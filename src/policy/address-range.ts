/**
 * Ranges of IP addresses, IPv4 and IPv6. Addresses are four words of 32 bits; an IPv4 address is the IPv6 address that maps
 * it, so that a client of a dual socket lies in the ranges of its IPv4 address.
 */
import { isIPv4, isIPv6 } from "node:net";

type Words = readonly [number, number, number, number];

/** `::ffff:0:0/96` */
const MAPPED = 0xffff;
const MAPPED_BITS = 96;
const WORD_BITS = 32;

/** Undefined for what is neither an address nor a range in CIDR form; else says whether an address lies in it. */
export function addressRange(text: string): ((address: string) => boolean) | undefined {
  const [address = "", bits, ...rest] = text.split("/");
  const base = wordsOf(address);
  if (base === undefined || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined;
  const width = isIPv4(address) ? WORD_BITS : 128;
  const length = bits === undefined ? width : Number(bits);
  if (length > width) return undefined;
  const masks = masksOf(isIPv4(address) ? MAPPED_BITS + length : length);
  return (candidate) => {
    const words = wordsOfLast(candidate);
    return words?.every((word, at) => ((word ^ (base[at] ?? 0)) & (masks[at] ?? 0)) === 0) ?? false;
  };
}

function masksOf(length: number): readonly number[] {
  return [0, 1, 2, 3].map((word) => {
    const bits = Math.min(WORD_BITS, Math.max(0, length - word * WORD_BITS));
    return bits === 0 ? 0 : -1 << (WORD_BITS - bits);
  });
}

/** A decision compares one address with many ranges. */
let last: { readonly text: string; readonly words: Words | undefined } = { text: "", words: undefined };

function wordsOfLast(text: string): Words | undefined {
  if (last.text !== text) last = { text, words: wordsOf(text) };
  return last.words;
}

function wordsOf(text: string): Words | undefined {
  if (isIPv4(text)) return [0, 0, MAPPED, v4Word(text)];
  if (!isIPv6(text)) return undefined;
  const plain = text.split("%", 1)[0] ?? "";
  const [head = "", tail] = plain.split("::");
  const front = groupsOf(head);
  const back = groupsOf(tail ?? "");
  const groups = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  const word = (at: number): number => ((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0) | 0;
  return [word(0), word(2), word(4), word(6)];
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const word = v4Word(group);
    return [word >>> 16, word & 0xffff];
  });
}

function v4Word(text: string): number {
  return text.split(".").reduce((word, part) => (word << 8) | Number(part), 0);
}
