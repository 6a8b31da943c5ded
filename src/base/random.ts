/** Randomness and identifiers as a dependency, injected like the clock. */
import { randomBytes, randomFillSync, randomUUID } from "node:crypto";

export interface Random {
  /** A version 4 UUID in lower case. */
  uuid(): string;
  /** `byteLength` random bytes as lower-case hex. */
  hex(byteLength: number): string;
  /** A number in [0, 1). */
  fraction(): number;
}

/** Bytes drawn from the system at once: a draw costs ten times what its bytes do, and every request needs some. */
const POOL_BYTES = 4096;

/** Cryptographically strong randomness from the operating system. */
export const systemRandom: Random = {
  uuid: () => randomUUID(),
  hex: pooledHex(),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};

function pooledHex(): Random["hex"] {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return (byteLength) => {
    if (byteLength > POOL_BYTES) return randomBytes(byteLength).toString("hex");
    if (used + byteLength > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += byteLength;
    // Read once and wiped, so that no later reader of this memory finds what was given out.
    const text = pool.toString("hex", used - byteLength, used);
    pool.fill(0, used - byteLength, used);
    return text;
  };
}
