/** What every adapter's Blobs must do. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, suite, test } from "node:test";
import fc from "fast-check";
import { liveBufferBytes } from "../../base/testing/live-memory.ts";
import { type Blobs, BlobTooLarge } from "../ports.ts";
import { bytes, type MakeStore, type StoreUnderTest, seedOf, text } from "./store-under-test.ts";

export function blobsContract(make: MakeStore): void {
  suite("blobs", () => {
    let made: StoreUnderTest;
    let blobs: Blobs;
    before(async () => {
      made = await make();
      blobs = made.store.blobs;
    });
    after(() => made[Symbol.asyncDispose]());

    test("content comes back under the SHA-256 of its bytes, also after a restart", async () => {
      const info = await blobs.put(bytes("hello"));
      assert.deepEqual(info, { sha256: sha256(bytes("hello")), sizeBytes: 5 });
      blobs = (await made.reopen()).blobs;
      assert.deepEqual(await blobs.stat(info.sha256), info);
      assert.equal(text(await content(blobs, info.sha256)), "hello");
    });

    test("a range has exactly its bytes, cut at the end of the blob", async () => {
      const { sha256 } = await blobs.put(bytes("0123456789"));
      const range = async (start: number, end: number): Promise<string> =>
        text(await content(blobs, sha256, { start, end }));
      assert.equal(await range(0, 10), "0123456789");
      assert.equal(await range(3, 5), "34");
      assert.equal(await range(8, 99), "89");
      assert.equal(await range(5, 5), "");
      assert.equal(await range(20, 30), "");
    });

    test("a stream of 64 MiB goes in and out without being in memory", async () => {
      const chunk = new Uint8Array(256 * 1024).fill(7);
      const hash = createHash("sha256");
      const enough = (await liveBufferBytes(0)) + 8 * 1024 * 1024;
      const held: number[] = [];
      const source = async function* (): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 256; i++) {
          hash.update(chunk);
          // A copy, or the same chunk many times over would weigh nothing.
          yield chunk.slice();
        }
        held.push(await liveBufferBytes(enough));
      };
      const info = await blobs.put(source());
      assert.deepEqual(info, { sha256: hash.digest("hex"), sizeBytes: 64 * 1024 * 1024 });
      let read = 0;
      let most = 0;
      for await (const part of (await blobs.read(info.sha256)) ?? []) {
        read += part.byteLength;
        most = Math.max(most, part.byteLength);
        if (read >= info.sizeBytes / 2 && held.length === 1) held.push(await liveBufferBytes(enough));
      }
      assert.equal(read, info.sizeBytes);
      assert.ok(most <= 1024 * 1024, "the parts are small");
      assert.equal(held.length, 2);
      assert.ok(
        held.every((bytes) => bytes <= enough),
        `${held.join(" and ")} bytes were held, ${enough} are enough`,
      );
      await blobs.delete(info.sha256);
    });

    test("content beyond maxBytes is refused, its source is closed, and nothing is kept", async () => {
      let closed = false;
      const source = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield bytes("abc");
        } finally {
          closed = true;
        }
      };
      await assert.rejects(blobs.put(source(), { maxBytes: 5 }), BlobTooLarge);
      assert.equal(closed, true);
      assert.equal(await blobs.stat(sha256(bytes("abcabc"))), undefined);
      assert.equal((await blobs.put(bytes("abcab"), { maxBytes: 5 })).sizeBytes, 5);
    });

    test("an error of the source is the caller's error, and nothing is kept", async () => {
      const broken = new Error("the client went away");
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes("half");
        throw broken;
      };
      await assert.rejects(blobs.put(source()), (error) => error === broken);
      assert.equal(await blobs.stat(sha256(bytes("half"))), undefined);
    });

    test("what is not there, or not a name at all, is undefined; deleting it is fine", async () => {
      for (const name of [sha256(bytes("never")), "", "../store.db", "incoming", "A".repeat(64)]) {
        assert.equal(await blobs.stat(name), undefined);
        assert.equal(await blobs.read(name), undefined);
        await blobs.delete(name);
      }
    });

    test("many puts of one content at once give one blob", async () => {
      const infos = await Promise.all(Array.from({ length: 16 }, () => blobs.put(bytes("same"))));
      assert.equal(new Set(infos.map(({ sha256 }) => sha256)).size, 1);
      assert.equal(text(await content(blobs, sha256(bytes("same")))), "same");
    });

    test("any sequence of operations does what a map would", async (t) => {
      const part = fc.uint8Array({ maxLength: 300 });
      const command = fc.record({
        op: fc.constantFrom("put", "put", "read", "delete"),
        parts: fc.array(part, { maxLength: 3 }),
        pick: fc.nat(),
        start: fc.nat(400),
        length: fc.nat(400),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 15 }), async (commands) => {
          const model = new Map<string, Uint8Array>();
          for (const { op, parts, pick, start, length } of commands) {
            const name = [...model.keys()][pick % Math.max(model.size, 1)] ?? sha256(bytes("nothing"));
            if (op === "put") {
              const whole = Buffer.concat(parts);
              const info = await blobs.put(streamOf(parts));
              assert.deepEqual(info, { sha256: sha256(whole), sizeBytes: whole.byteLength });
              model.set(info.sha256, whole);
            } else if (op === "delete") {
              await blobs.delete(name);
              model.delete(name);
            } else {
              const whole = model.get(name);
              const range = { start, end: start + length };
              if (whole === undefined) assert.equal(await blobs.read(name, range), undefined);
              else
                assert.deepEqual(await content(blobs, name, range), Buffer.from(whole.subarray(start, start + length)));
            }
          }
          for (const name of model.keys()) await blobs.delete(name);
        }),
        { seed: seedOf(t), numRuns: 30 },
      );
    });
  });
}

async function* streamOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function content(blobs: Blobs, name: string, range?: { start: number; end: number }): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const stream = await blobs.read(name, range);
  assert.ok(stream !== undefined, "the blob is there");
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function sha256(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}
