/** Unique ids in AWS's form: four letters for the kind, then 17 of base32 (`AROA…` a role, `AIDA…` a user). */
import { createHash } from "node:crypto";
import type { Random } from "../../base/index.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LENGTH = 17;

/** A new id. */
export function randomUniqueId(random: Random, kind: string): string {
  return kind + spell(Buffer.from(random.hex(LENGTH), "hex"));
}

/** The id that always stands for `identity`: for what no service keeps a record of. */
export function derivedUniqueId(kind: string, identity: string): string {
  return kind + spell(createHash("sha256").update(identity).digest());
}

function spell(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, LENGTH)) text += ALPHABET[byte & 31];
  return text;
}
