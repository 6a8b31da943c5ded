/** Bodies signed chunk by chunk, by the examples in S3's documentation, and every way of changing one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignatureClaim } from "./read-signature.ts";
import { SignedChunks } from "./signed-chunks.ts";

const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const FIRST = Buffer.alloc(65_536, "a");
const SECOND = Buffer.alloc(1024, "a");

interface Example {
  readonly seed: string;
  readonly chunks: readonly (readonly [content: Buffer, signature: string])[];
  readonly trailers: ReadonlyMap<string, string>;
}

const plain: Example = {
  seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  chunks: [
    [FIRST, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
    [SECOND, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
    [Buffer.alloc(0), "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
  ],
  trailers: new Map(),
};

const withTrailer: Example = {
  seed: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  chunks: [
    [FIRST, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"],
    [SECOND, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"],
    [Buffer.alloc(0), "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"],
  ],
  trailers: new Map([
    ["x-amz-checksum-crc32c", "sOO8/Q=="],
    ["x-amz-trailer-signature", "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"],
  ]),
};

function check({ seed, chunks, trailers }: Example, hasTrailer: boolean): void {
  const claim: SignatureClaim = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    sessionToken: undefined,
    date: "20130524",
    region: "us-east-1",
    service: "s3",
    signedHeaders: ["host"],
    signature: seed,
    time: "20130524T000000Z",
    expiresSeconds: undefined,
  };
  const body = new SignedChunks({ claim, secretAccessKey, hasTrailer, broken: () => new Error("broken") });
  for (const [content, signature] of chunks) {
    body.push(content.subarray(0, 100));
    body.push(content.subarray(100));
    body.endChunk(signature === "" ? undefined : signature);
  }
  body.end(trailers);
}

test("chunks and trailers as S3's documentation signs them hold", () => {
  check(plain, false);
  check(withTrailer, true);
});

const [first, second, last] = plain.chunks;
assert.ok(first !== undefined && second !== undefined && last !== undefined);
const changed: Readonly<Record<string, readonly [Example, boolean]>> = {
  "another seed": [{ ...plain, seed: withTrailer.seed }, false],
  "changed content": [{ ...plain, chunks: [first, [Buffer.alloc(1024, "b"), second[1]], last] }, false],
  "a chunk left out": [{ ...plain, chunks: [first, last] }, false],
  "chunks in another order": [{ ...plain, chunks: [second, first, last] }, false],
  "no last chunk": [{ ...plain, chunks: [first, second] }, false],
  "a chunk without a signature": [{ ...plain, chunks: [first, [SECOND, ""], last] }, false],
  "a chunk after the last": [{ ...plain, chunks: [first, second, last, first] }, false],
  "trailers that were not announced": [withTrailer, false],
  "a changed trailer": [
    { ...withTrailer, trailers: new Map([...withTrailer.trailers, ["x-amz-checksum-crc32c", "AAAAAA=="]]) },
    true,
  ],
  "a trailer without a signature": [
    { ...withTrailer, trailers: new Map([["x-amz-checksum-crc32c", "sOO8/Q=="]]) },
    true,
  ],
};

for (const [title, [example, hasTrailer]] of Object.entries(changed)) {
  test(`a body with ${title} is refused`, () => {
    assert.throws(() => check(example, hasTrailer), /broken/);
  });
}
