/**
 * Keys that requests are signed with, derived from a secret, a day, a region and a service. Deriving one takes four
 * hashes, and every request of a client needs the same one, so the latest are kept.
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { BoundedMap } from "../base/index.ts";

export interface SigningScope {
  readonly accessKeyId: string;
  /** `20260131` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** Signing keys that are kept. */
const KEYS_MAX = 4096;

interface Kept {
  /** What it was derived from: an access key may get another secret. */
  readonly secretAccessKey: string;
  readonly key: KeyObject;
}

export class SigningKeys {
  readonly #kept = new BoundedMap<string, Kept>(KEYS_MAX);

  of(scope: SigningScope, secretAccessKey: string): KeyObject {
    const name = `${scope.accessKeyId}/${scopeText(scope)}`;
    const kept = this.#kept.get(name);
    if (kept?.secretAccessKey === secretAccessKey) return kept.key;
    const key = createSecretKey(derived(scope, secretAccessKey));
    this.#kept.set(name, { secretAccessKey, key });
    return key;
  }
}

export function scopeText({ date, region, service }: SigningScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** 64 hex digits. */
export function sign(key: KeyObject, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

function derived({ date, region, service }: SigningScope, secretAccessKey: string): Buffer {
  const step = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return step(step(step(step(`AWS4${secretAccessKey}`, date), region), service), "aws4_request");
}
