/** Randomness and identifiers as a dependency, injected like the clock. */
import { randomBytes, randomUUID } from "node:crypto";

export interface Random {
  /** A version 4 UUID in lower case. */
  uuid(): string;
  /** `byteLength` random bytes as lower-case hex. */
  hex(byteLength: number): string;
  /** A number in [0, 1). */
  fraction(): number;
}

/** Cryptographically strong randomness from the operating system. */
export const systemRandom: Random = {
  uuid: () => randomUUID(),
  hex: (byteLength) => randomBytes(byteLength).toString("hex"),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};
