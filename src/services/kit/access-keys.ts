/**
 * Access key ids as AWS builds them: a four-letter kind, then base32 of ten bytes of which the first six hold the account
 * number in bits 46 to 7. So an id names its account without a look-up, here and in tools that know the trick.
 */
import type { Random } from "../../base/index.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const KEY_BYTES = 10;
/** The kind of ids that come with a session token. */
export const TEMPORARY_KEY_PREFIX = "ASIA";
/** The kind of ids that a user has. */
export const LONG_TERM_KEY_PREFIX = "AKIA";
const BITS = 80n;
const ACCOUNT_SHIFT = 39n;
const ACCOUNT_MASK = (1n << 40n) - 1n;

/** A new id of this account. */
export function makeAccessKeyId(random: Pick<Random, "hex">, kind: string, accountId: string): string {
  const noise = BigInt(`0x${random.hex(KEY_BYTES)}`);
  const newKind = 1n << (BITS - 1n);
  const account = BigInt(accountId) << ACCOUNT_SHIFT;
  return `${kind}${encodeBase32(newKind | account | (noise & ((1n << ACCOUNT_SHIFT) - 1n)))}`;
}

/** The account that an access key id names: of an id built as above, or 12 digits, which name themselves. */
export function accountOfAccessKey(accessKeyId: string): string | undefined {
  if (/^\d{12}$/.test(accessKeyId)) return accessKeyId;
  const [, encoded] = /^A[A-Z]{3}([A-Z2-7]{16})$/.exec(accessKeyId) ?? [];
  if (encoded === undefined) return undefined;
  const account = String((decodeBase32(encoded) >> ACCOUNT_SHIFT) & ACCOUNT_MASK).padStart(12, "0");
  return account.length === 12 ? account : undefined;
}

function encodeBase32(value: bigint): string {
  let text = "";
  for (let shift = BITS - 5n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((value >> shift) & 31n)];
  return text;
}

function decodeBase32(text: string): bigint {
  let value = 0n;
  for (const character of text) value = (value << 5n) | BigInt(ALPHABET.indexOf(character));
  return value;
}
