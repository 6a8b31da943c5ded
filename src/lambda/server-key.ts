/**
 * The server's own secret, made once per store: links to code carry a mark that only its holder can make,
 * so clients cannot forge or alter them. Shared by all nodes of a store.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Random } from "../base/index.ts";
import { type Records, RevisionConflict } from "../store/index.ts";
import { SERVER_KEY } from "./records.ts";

const KEY_BYTES = 32;

export class ServerKey {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** A short mark over `text`, URL-safe. */
  sign(text: string): string {
    return createHmac("sha256", this.#secret).update(text).digest("base64url");
  }

  verify(text: string, mark: string): boolean {
    const expected = Buffer.from(this.sign(text));
    const given = Buffer.from(mark);
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  /** The store's key; made by whoever asks first. */
  static async of(records: Records, random: Random): Promise<ServerKey> {
    const stored = (await records.get(SERVER_KEY))?.value;
    if (typeof stored === "string") return new ServerKey(Buffer.from(stored, "hex"));
    const secret = random.hex(KEY_BYTES);
    try {
      await records.put(SERVER_KEY, secret, { ifRevision: "absent" });
      return new ServerKey(Buffer.from(secret, "hex"));
    } catch (error) {
      if (error instanceof RevisionConflict) return ServerKey.of(records, random);
      throw error;
    }
  }
}
