/** Bodies that are written as they come, to readers that do not read, over both versions of HTTP. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import { test } from "node:test";
import { bodyOf, type HttpResponse } from "./http-types.ts";

const STALLED_MS = 100;

/** A server that answers with `write`; resolves with its port. */
async function serving(version: 1 | 2, write: (body: ReturnType<typeof bodyOf>) => void) {
  const answer = (response: HttpResponse): void => write(bodyOf(response, STALLED_MS));
  const server =
    version === 1
      ? createServer((_request, response) => answer(response))
      : createHttp2Server((_request, response) => {
          response.writeHead(200);
          answer(response);
        });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has an address");
  return { port: address.port, [Symbol.asyncDispose]: async () => void server.close() };
}

/** Asks, and gives the response's bytes as a stream that nobody reads yet. */
async function ask(version: 1 | 2, port: number): Promise<AsyncIterable<Buffer>> {
  if (version === 1) {
    const sent = request({ port, agent: false }).end();
    const [response] = await once(sent, "response");
    return response;
  }
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ":path": "/" });
  stream.once("close", () => session.close());
  return stream;
}

async function readAll(response: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of response) text += chunk.toString("latin1");
  return text;
}

for (const version of [1, 2] as const) {
  test(`HTTP/${version}: a reader that takes nothing is cut off`, async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await serving(version, (body) => {
      body.on("error", () => undefined);
      body.on("close", closed.resolve);
      const more = (): void => {
        for (let ready = true; ready && !body.destroyed; ) ready = body.write(Buffer.alloc(65_536));
      };
      body.on("drain", more);
      more();
    });
    const response = await ask(version, server.port);
    await closed.promise;
    await assert.rejects(readAll(response));
  });

  test(`HTTP/${version}: a writer that takes longer than that is not`, async () => {
    await using server = await serving(version, (body) => {
      body.write("a");
      body.once("timeout", () => body.end("b"));
    });
    assert.equal(await readAll(await ask(version, server.port)), "ab");
  });
}
