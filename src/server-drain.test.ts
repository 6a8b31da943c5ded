import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { systemClock } from "./base/index.ts";
import { closeGently } from "./server-drain.ts";

async function listening(answer: () => Promise<unknown>): Promise<{ server: Server; url: string }> {
  const server = createServer((_request, response) => void answer().then(() => response.end("answered")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { server, url: `http://127.0.0.1:${address.port}` };
}

test("a request in flight is answered, new ones are refused, and the end follows at once", async () => {
  const release = Promise.withResolvers<void>();
  const { server, url } = await listening(() => release.promise);
  const answer = fetch(url).then((response) => response.text());
  await once(server, "request");
  const closed = closeGently(server, systemClock);
  await assert.rejects(fetch(url));
  release.resolve();
  assert.equal(await answer, "answered");
  await closed;
});

test("a request that outlasts the grace is hung up on", async () => {
  const { server, url } = await listening(() => new Promise(() => undefined));
  const answer = fetch(url);
  // Asserted below; until then nobody else hears of it.
  answer.catch(() => undefined);
  await once(server, "request");
  await closeGently(server, systemClock, 20);
  await assert.rejects(answer);
});

test("connections without a request do not delay the end", async () => {
  const { server, url } = await listening(() => Promise.resolve());
  assert.equal(await (await fetch(url)).text(), "answered");
  await closeGently(server, systemClock, 60_000);
});
