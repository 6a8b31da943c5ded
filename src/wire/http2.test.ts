/** One port, two versions of HTTP: who gets a connection, and that closing the server closes all of them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";
import { signedFor } from "./testing/raw.ts";
import { type Seen, sampleServices } from "./testing/sample-services.ts";
import { serve } from "./testing/serve.ts";

async function exchange(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: unknown; text: string }> {
  const stream = session.request({ ":method": "POST", ...headers });
  let status: unknown;
  let text = "";
  stream.on("response", (head) => {
    status = head[":status"];
  });
  stream.setEncoding("utf8").on("data", (part) => {
    text += part;
  });
  stream.end(body);
  await once(stream, "end");
  return { status, text };
}

const INVOKE = "/2015-03-31/functions/f/invocations";

test("HTTP/2 and HTTP/1.1 are served on one port", async () => {
  const seen: Seen[] = [];
  await using server = await serve(sampleServices((call) => void seen.push(call)));
  const session = connect(server.endpoint);
  const answers = await Promise.all(
    ["1", "2"].map((body) => exchange(session, { ":path": INVOKE, authorization: signedFor("lambda") }, body)),
  );
  assert.deepEqual(answers, [
    { status: 200, text: "1" },
    { status: 200, text: "2" },
  ]);
  assert.equal((await fetch(server.endpoint + INVOKE, { method: "POST", body: "3" })).status, 200);
  assert.equal(seen.length, 3);
  session.close();
});

test("the authority of HTTP/2 names a service as a host does", async () => {
  const seen: Seen[] = [];
  await using server = await serve(sampleServices((call) => void seen.push(call)));
  const session = connect(server.endpoint);
  const { status } = await exchange(session, { ":path": INVOKE, ":authority": "lambda.eu-west-1.localhost" }, "1");
  assert.equal(status, 200);
  assert.equal(seen[0]?.call.region, "eu-west-1");
  session.close();
});

test("an error over HTTP/2 has its status and its body", async () => {
  await using server = await serve(sampleServices(() => undefined));
  const session = connect(server.endpoint);
  const { status, text } = await exchange(
    session,
    { ":path": "/2015-03-31/functions", authorization: signedFor("lambda") },
    "[1]",
  );
  assert.deepEqual(
    [status, JSON.parse(text).message ?? JSON.parse(text).Message],
    [400, "Start of list found where not expected"],
  );
  session.close();
});

test("a body over the limit is refused over HTTP/2 too", async () => {
  await using server = await serve(sampleServices(() => undefined));
  const session = connect(server.endpoint);
  const { status } = await exchange(
    session,
    { ":path": INVOKE, authorization: signedFor("lambda") },
    "x".repeat(6_291_457),
  );
  assert.equal(status, 413);
  session.close();
});

test("closing the server ends silent connections and HTTP/2 sessions", { timeout: 5_000 }, async () => {
  const server = await serve(sampleServices(() => undefined));
  const silent = connectTcp(server.port, "127.0.0.1");
  const session = connect(server.endpoint);
  await Promise.all([once(silent, "connect"), once(session, "remoteSettings")]);
  const closed = Promise.all([once(silent, "close"), once(session, "close")]);
  silent.resume();
  await server[Symbol.asyncDispose]();
  await closed;
});

test("closing all connections ends a request over HTTP/2 that is still being handled", { timeout: 5_000 }, async () => {
  const started = Promise.withResolvers<void>();
  const forever = new Promise<never>(() => undefined);
  const server = await serve(
    sampleServices(() => {
      started.resolve();
      return forever;
    }),
  );
  const session = connect(server.endpoint);
  session.on("error", () => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": INVOKE, authorization: signedFor("lambda") });
  stream.on("error", () => stream.destroy()).resume();
  stream.end("1");
  await started.promise;
  const closed = once(stream, "close");
  await server[Symbol.asyncDispose]();
  await closed;
});

test("a preface that is cut off or garbled does no harm", async () => {
  await using server = await serve(sampleServices(() => undefined));
  for (const bytes of [
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "PRI ",
    "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"\xff".repeat(100)}`,
  ]) {
    const socket = connectTcp(server.port, "127.0.0.1");
    socket.on("error", () => socket.destroy());
    await once(socket, "connect");
    socket.resume().end(Buffer.from(bytes, "latin1"));
    await once(socket, "close");
  }
  assert.equal((await fetch(server.endpoint + INVOKE, { method: "POST", body: "1" })).status, 200);
  assert.deepEqual(
    server.logLines.filter((line) => line.startsWith("error")),
    [],
  );
});
