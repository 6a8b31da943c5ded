/**
 * Secrets of a store: random bytes made once by whoever asks first, and sealing by them, so that what other rooms keep
 * secret is unreadable in records by themselves. Shared by all nodes of a store. Knows nothing of what is sealed.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";
import type { Random } from "../base/index.ts";
import { type Records, RevisionConflict } from "./ports.ts";

const SECRET_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALING_KEY = "store/sealing-secret";

/** The secret under `key`; made by whoever asks first. */
export async function storeSecret(records: Records, random: Random, key: string): Promise<Buffer> {
  const stored = (await records.get(key))?.value;
  if (typeof stored === "string") return Buffer.from(stored, "hex");
  const secret = random.hex(SECRET_BYTES);
  try {
    await records.put(key, secret, { ifRevision: "absent" });
    return Buffer.from(secret, "hex");
  } catch (error) {
    if (error instanceof RevisionConflict) return storeSecret(records, random, key);
    throw error;
  }
}

/** AES-256-GCM under a key of its own for each `purpose`. */
export class Sealer {
  readonly #key: Buffer;
  readonly #random: Random;

  constructor(secret: Uint8Array, purpose: string, random: Random) {
    this.#random = random;
    this.#key = Buffer.from(hkdfSync("sha256", secret, "", purpose, 32));
  }

  static async of(records: Records, random: Random, purpose: string): Promise<Sealer> {
    return new Sealer(await storeSecret(records, random, SEALING_KEY), purpose, random);
  }

  /** `place` names where the text is kept: it opens nowhere else. */
  seal(secret: Uint8Array, place: string): string {
    const nonce = Buffer.from(this.#random.hex(NONCE_BYTES), "hex");
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(fingerprint(place));
    const body = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
  }

  /** Throws for what was not sealed here for `place`. */
  open(sealed: string, place: string): Buffer {
    const bytes = Buffer.from(sealed, "base64");
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(fingerprint(place)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  }
}

function fingerprint(place: string): Buffer {
  return createHash("sha256").update(place).digest();
}
