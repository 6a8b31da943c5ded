/** InvokeWithResponseStream byte by byte: the frames of AWS's event stream and the headers around them. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { type House, openHouse } from "./support/house.ts";
import { authorization } from "./support/raw.ts";

const SOURCE = `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType("text/plain");
  stream.write("one");
  if (event.fails) throw new TypeError("no more");
  stream.end();
});`;

interface Frame {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

let house: House;

before(async () => {
  house = await openHouse();
  await house.create("streams", { "index.js": SOURCE });
});

after(() => house?.[Symbol.asyncDispose]());

async function stream(event: object): Promise<{ readonly headers: object; readonly frames: readonly Frame[] }> {
  const url = `${house.server.url}/2021-11-15/functions/streams/response-streaming-invocations`;
  const headers = { authorization: authorization("lambda"), "x-amz-log-type": "Tail" };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        assert.equal(answer.statusCode, 200);
        resolve({ headers: answer.headers, frames: framesOf(Buffer.concat(chunks)) });
      });
    });
    outgoing.once("error", reject);
    outgoing.end(JSON.stringify(event));
  });
}

/** Lengths, checksum, headers of texts (type 7), payload, checksum. */
function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const total = bytes.readUInt32BE(at);
    const headersEnd = at + 12 + bytes.readUInt32BE(at + 4);
    const headers: Record<string, string> = {};
    for (let next = at + 12; next < headersEnd; ) {
      const nameEnd = next + 1 + bytes.readUInt8(next);
      assert.equal(bytes.readUInt8(nameEnd), 7);
      const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
      headers[bytes.toString("utf8", next + 1, nameEnd)] = bytes.toString("utf8", nameEnd + 3, valueEnd);
      next = valueEnd;
    }
    frames.push({ headers, payload: bytes.toString("utf8", headersEnd, at + total - 4) });
    at += total;
  }
  return frames;
}

const CHUNK = {
  headers: {
    ":event-type": "PayloadChunk",
    ":message-type": "event",
    ":content-type": "application/octet-stream",
  },
  payload: "one",
};
const COMPLETE = { ":event-type": "InvokeComplete", ":message-type": "event", ":content-type": "application/json" };

test("bytes come in payload chunks, and the end is a frame of its own", async () => {
  const { headers, frames } = await stream({});
  const get = (name: string): unknown => Reflect.get(headers, name);
  // The API's model binds the function's type to this header; what AWS sends in it is not recorded.
  assert.equal(get("content-type"), "text/plain");
  assert.equal(get("x-amz-executed-version"), "$LATEST");
  assert.equal(get("transfer-encoding"), "chunked");
  assert.match(String(get("x-amzn-requestid")), /^[0-9a-f-]{36}$/);
  const [chunk, complete, ...others] = frames;
  assert.deepEqual([chunk, others], [CHUNK, []]);
  assert.deepEqual(complete?.headers, COMPLETE);
  const { LogResult, ...rest } = JSON.parse(complete?.payload ?? "");
  assert.deepEqual(rest, {});
  assert.match(Buffer.from(LogResult, "base64").toString(), /^START RequestId: .*\nREPORT RequestId: .*\n$/s);
});

test("an error in the middle is told at the end", async () => {
  const { frames } = await stream({ fails: true });
  assert.deepEqual(frames[0], CHUNK);
  const { ErrorCode, ErrorDetails } = JSON.parse(frames[1]?.payload ?? "");
  assert.equal(ErrorCode, "Unhandled");
  const { errorType, errorMessage } = JSON.parse(ErrorDetails);
  assert.deepEqual([errorType, errorMessage], ["TypeError", "no more"]);
});
