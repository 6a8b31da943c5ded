/** URLs in RESPONSE_STREAM mode. The functions write to the stream that an environment gets. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { UrlHarness } from "./testing/url-harness.ts";

const STREAMED = { InvokeMode: "RESPONSE_STREAM" } as const;
const INTEGRATION = "application/vnd.awslambda.http-integration-response";

/** Steps that a function and its test take in turn, by name. */
class Steps {
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  of(name: string): PromiseWithResolvers<void> {
    const step = this.#waiting.get(name) ?? Promise.withResolvers<void>();
    this.#waiting.set(name, step);
    return step;
  }
}

function stepsFor(name: string): Steps {
  const steps = new Steps();
  Reflect.set(globalThis, name, steps);
  return steps;
}

/** The source of a function whose handler has `stream`, `bytes` and `steps`. */
function source(body: string, stepsName = "none"): string {
  return `export const handler = async (event, { request: { stream } }) => {
    const bytes = (text) => Buffer.from(text);
    const steps = globalThis[${JSON.stringify(stepsName)}];
    ${body}
  };`;
}

test("the head and the first bytes come at once, while the function goes on", async () => {
  await using urls = await UrlHarness.open();
  const steps = stepsFor("first-bytes");
  const host = await urls.create(
    "f",
    source(
      `stream.start("text/plain");
       await steps.of("head").promise;
       await stream.write(bytes("one"));
       await steps.of("more").promise;
       await stream.write(bytes("two"));`,
      "first-bytes",
    ),
    STREAMED,
  );
  const response = await urls.open(host);
  assert.deepEqual([response.statusCode, response.headers["content-type"]], [200, "text/plain"]);
  assert.equal(response.headers["transfer-encoding"], "chunked");
  assert.ok(response.headers["x-amzn-requestid"]);
  steps.of("head").resolve();
  const seen: string[] = [];
  for await (const chunk of response) {
    seen.push(String(chunk));
    steps.of("more").resolve();
  }
  assert.deepEqual(seen, ["one", "two"]);
});

test("a prelude gives status, headers and cookies, in whatever pieces it comes", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    source(
      `const prelude = '{"statusCode":404,"headers":{"content-type":"text/html","content-length":"1"},"cookies":["a=1"]}';
       const all = Buffer.concat([bytes(prelude), Buffer.alloc(8), bytes("body")]);
       stream.start("${INTEGRATION}");
       const size = Number(event.rawPath.slice(1));
       for (let at = 0; at < all.length; at += size) await stream.write(all.subarray(at, at + size));`,
    ),
    { ...STREAMED, Cors: { AllowOrigins: ["*"] } },
  );
  for (const size of [1, 7, 1000]) {
    const answer = await urls.send(host, { path: `/${size}`, headers: { origin: "https://a.example" } });
    assert.deepEqual([answer.status, answer.body], [404, "body"]);
    assert.equal(answer.headers["content-type"], "text/html");
    assert.deepEqual(answer.headers["set-cookie"], ["a=1"]);
    assert.equal(answer.headers["access-control-allow-origin"], "https://a.example");
  }
});

test("an answer without a body, and one to HEAD, ends with its head", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    source(
      `stream.start("${INTEGRATION}");
       await stream.write(bytes('{"statusCode":' + event.rawPath.slice(1) + '}\\0\\0\\0\\0\\0\\0\\0\\0'));
       await stream.write(bytes("never seen"));`,
    ),
    STREAMED,
  );
  assert.deepEqual((await urls.send(host, { path: "/204" })).body, "");
  assert.deepEqual((await urls.send(host, { path: "/200", method: "HEAD" })).body, "");
  assert.deepEqual((await urls.send(host, { path: "/200" })).body, "never seen");
});

test("a stream that has no whole prelude, or one that is none, is a 502", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    source(
      `stream.start("${INTEGRATION}");
       if (event.rawPath === "/cut") await stream.write(bytes('{"statusCode":200}'));
       if (event.rawPath === "/none") await stream.write(bytes("nonsense\\0\\0\\0\\0\\0\\0\\0\\0body"));
       if (event.rawPath === "/long") for (let n = 0; n < 100; n += 1) await stream.write(Buffer.alloc(10_000, "x"));
       if (event.rawPath === "/error") throw new Error("before anything");`,
    ),
    STREAMED,
  );
  for (const path of ["/cut", "/none", "/long", "/error", "/nothing"]) {
    const answer = await urls.send(host, { path });
    assert.deepEqual([answer.status, answer.body], [502, "Internal Server Error"], path);
    assert.equal(/gave its URL no HTTP response/.test(urls.logged.splice(0).join("")), path !== "/error", path);
  }
});

test("an error in the middle ends the connection, so that the client knows that something is missing", async () => {
  await using urls = await UrlHarness.open();
  const host = await urls.create(
    "f",
    source(`stream.start("text/plain"); await stream.write(bytes("part")); throw new Error("no more");`),
    STREAMED,
  );
  const socket = connect(urls.port, "127.0.0.1");
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  let text = "";
  for await (const chunk of socket) text += chunk;
  assert.equal(text.split("\r\n\r\n")[1], "4\r\npart\r\n", "what was written, and no last chunk");
});

test("a slow client slows the function down, and gets everything", async () => {
  await using urls = await UrlHarness.open();
  const steps = stepsFor("slow");
  const CHUNKS = 400;
  const host = await urls.create(
    "f",
    source(
      `stream.start("application/octet-stream");
       for (let n = 0; n < ${CHUNKS}; n += 1) {
         const written = stream.write(Buffer.alloc(100_000, n));
         const waits = await Promise.race([written.then(() => false), new Promise((r) => setTimeout(r, 500, true))]);
         if (waits) steps.of("held").resolve();
         await written;
       }`,
      "slow",
    ),
    STREAMED,
  );
  const response = await urls.open(host);
  await steps.of("held").promise;
  let length = 0;
  for await (const chunk of response) length += chunk.length;
  assert.equal(length, CHUNKS * 100_000);
});

test("when the client goes away, the function goes on and what it writes is dropped", async () => {
  await using urls = await UrlHarness.open();
  const steps = stepsFor("gone");
  const host = await urls.create(
    "f",
    source(
      `stream.start("text/plain");
       await stream.write(bytes("one"));
       await steps.of("gone").promise;
       for (let n = 0; n < 100; n += 1) await stream.write(Buffer.alloc(100_000));
       steps.of("finished").resolve();`,
      "gone",
    ),
    STREAMED,
  );
  const response = await urls.open(host);
  await once(response, "data");
  response.destroy();
  await once(response, "close");
  steps.of("gone").resolve();
  await steps.of("finished").promise;
  assert.deepEqual(urls.logged, []);
});
