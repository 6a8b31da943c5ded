/** Links to code download it whole and in ranges, for ten minutes, and what was changed in them is refused in S3's words. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import { test } from "node:test";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { Harness } from "./testing/harness.ts";
import { zipOf } from "./testing/zips.ts";

async function withLinks(use: (lambda: Harness, endpoint: string, clock: ManualClock) => Promise<void>): Promise<void> {
  const clock = new ManualClock();
  await using lambda = await Harness.open({ clock });
  const handle: RequestListener = (request, response) => void lambda.room.httpHook.handle(request, response);
  const server = createServer(handle).listen(0, "127.0.0.1");
  try {
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has an address");
    await use(lambda, `http://127.0.0.1:${address.port}`, clock);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function codeOf(response: Response): Promise<string> {
  return `${response.status} ${/<Code>(.*)<\/Code>/.exec(await response.text())?.[1]}`;
}

const random = (): string => randomBytes(300_000).toString("base64");

test("GetFunction and GetLayerVersion give links that download the zip as it was uploaded, whole and in ranges", () =>
  withLinks(async (lambda, endpoint) => {
    const ZipFile = await zipOf({ "index.mjs": "export const handler = () => 1;", data: random() });
    await lambda.create("f", "", { Code: { ZipFile } });
    const published = await lambda.call("PublishLayerVersion", { LayerName: "l", Content: { ZipFile } }, { endpoint });
    const { Code } = await lambda.call("GetFunction", { FunctionName: "f" }, { endpoint });
    const layer = await lambda.call("GetLayerVersion", { LayerName: "l", VersionNumber: 1 }, { endpoint });
    for (const link of [Code?.Location, published.Content?.Location, layer.Content?.Location]) {
      const whole = await fetch(link ?? "");
      assert.equal(whole.headers.get("content-length"), String(ZipFile.length));
      assert.ok(ZipFile.equals(Buffer.from(await whole.arrayBuffer())));
    }
    const link = Code?.Location ?? "";
    const size = ZipFile.length;
    for (const [range, start, end] of [
      ["bytes=0-9", 0, 10],
      ["bytes=100000-", 100_000, size],
      [`bytes=70000-${size + 5}`, 70_000, size],
      ["bytes=-7", size - 7, size],
    ] as const) {
      const part = await fetch(link, { headers: { range } });
      assert.equal(part.status, 206);
      assert.equal(part.headers.get("content-range"), `bytes ${start}-${end - 1}/${size}`);
      assert.ok(ZipFile.subarray(start, end).equals(Buffer.from(await part.arrayBuffer())), range);
    }
    for (const range of ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,4-5"]) {
      const whole = await fetch(link, { headers: { range } });
      assert.deepEqual([whole.status, (await whole.arrayBuffer()).byteLength], [200, size], range);
    }
    assert.equal(await codeOf(await fetch(link, { headers: { range: `bytes=${size}-` } })), "416 InvalidRange");
    const head = await fetch(link, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(size)]);
  }));

test("a link that was changed, has expired, is not read, or leads to deleted code is refused in S3's words", () =>
  withLinks(async (lambda, endpoint, clock) => {
    await lambda.create("f", "export const handler = () => 1;");
    const { Code } = await lambda.call("GetFunction", { FunctionName: "f" }, { endpoint });
    const link = Code?.Location ?? "";
    for (const [part, other] of [
      [/expires=\d/, "expires=9"],
      [/signature=..../, "signature=0000"],
      [/code\/..../, "code/0000"],
      [/&signature=.*/, ""],
      [/code\/[0-9a-f]+/, "code/..%2f..%2fstore"],
    ] as const) {
      assert.equal(await codeOf(await fetch(link.replace(part, other))), "403 SignatureDoesNotMatch");
    }
    assert.equal(await codeOf(await fetch(link, { method: "PUT", body: "x" })), "405 MethodNotAllowed");
    clock.advance(11 * 60_000);
    assert.equal(await codeOf(await fetch(link)), "403 AccessDenied");
    const { Code: fresh } = await lambda.call("GetFunction", { FunctionName: "f" }, { endpoint });
    await lambda.call("DeleteFunction", { FunctionName: "f" });
    await lambda.store.blobs.delete(/code\/([0-9a-f]+)/.exec(link)?.[1] ?? "");
    assert.equal(await codeOf(await fetch(fresh?.Location ?? "")), "404 NoSuchKey");
  }));
