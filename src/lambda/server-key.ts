/**
 * The server's own secret, made once per store: links to code carry a mark that only its holder can make,
 * so clients cannot forge or alter them. Shared by all nodes of a store.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Random } from "../base/index.ts";
import { type Records, storeSecret } from "../store/index.ts";
import { SERVER_KEY } from "./records.ts";

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
    return new ServerKey(await storeSecret(records, random, SERVER_KEY));
  }
}
