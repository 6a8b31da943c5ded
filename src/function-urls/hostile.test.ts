/** Requests that no honest client sends: each is answered or hung up on, and the next is served as ever. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { UrlHarness } from "./testing/url-harness.ts";

const WAIT_MS = 5000;

/** What comes back until the connection ends. */
async function exchange(port: number, bytes: Uint8Array): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setTimeout(WAIT_MS, () => socket.destroy(new Error("no answer in time")));
  socket.end(bytes);
  let text = "";
  try {
    for await (const chunk of socket) text += chunk;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && /^(ECONNRESET|EPIPE)$/.test(String(error.code)))) throw error;
  }
  return text;
}

test("mangled requests get an answer, or the connection ends, and nothing is a failure of the server", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create("f", "export const handler = async (event) => event;", {
    Cors: { AllowOrigins: ["*"], AllowMethods: ["*"] },
  });
  const signed = await urls.create("signed", "export const handler = async (event) => event;", { AuthType: "AWS_IAM" });
  const scope = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host;x-a";
  const seeds = [
    `GET /a%20b?c=d&e HTTP/1.1\r\nHost: ${host}\r\nCookie: a=1; b=2\r\nConnection: close\r\n\r\n`,
    `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello`,
    `PUT /x HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    `OPTIONS / HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://a\r\nAccess-Control-Request-Method: X\r\nConnection: close\r\n\r\n`,
    `GET /?X-Amz-Signature=0&X-Amz-Credential=%ff HTTP/1.1\r\nHost: ${signed}\r\nConnection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: ${signed}\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: ${scope}, Signature=0\r\nConnection: close\r\n\r\n`,
  ].map((text) => Buffer.from(text));
  const change = fc.record({
    at: fc.nat(200),
    remove: fc.nat(6),
    insert: fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.constantFrom("%", "\r\n", "\0", ";=", "../").map(Buffer.from)),
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds), fc.array(change, { maxLength: 3 }), async (seed, changes) => {
      let bytes = seed;
      for (const { at, remove, insert } of changes) {
        const start = Math.min(at, bytes.length);
        bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
      }
      assert.match(await exchange(urls.port, bytes), /^(HTTP\/1\.1 [2-5]\d\d |$)/);
    }),
    { seed: 23, numRuns: 300 },
  );
  assert.equal((await urls.send(host)).status, 200);
  assert.deepEqual(
    urls.logged.filter((line) => !line.includes("was refused")),
    [],
  );
});
