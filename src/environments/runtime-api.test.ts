import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { systemClock } from "../base/index.ts";
import type { ChannelEvent, ChannelInvocation } from "./channel.ts";
import { RESPONSE_BYTES_MAX } from "./limits.ts";
import { RuntimeApi } from "./runtime-api.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Call = (method: string, path: string, body?: string | Buffer, headers?: Record<string, string>) => Promise<Answer>;

interface Setting {
  readonly api: RuntimeApi;
  readonly call: Call;
  readonly port: number;
  /** Events so far; bodies as text. */
  readonly events: string[];
  /** Resolves when an event of this kind has come. */
  saw(kind: ChannelEvent["kind"]): Promise<void>;
}

const BASE = "/2018-06-01/runtime";

async function withApi(use: (setting: Setting) => Promise<void>, chunk = (): Promise<void> | undefined => undefined) {
  const api = new RuntimeApi(new PassThrough());
  const events: string[] = [];
  const waiters = new Map<string, () => void>();
  api.open(
    {
      event(event) {
        const body = "body" in event ? ` ${event.body.toString()}` : "";
        const type = "errorType" in event && event.errorType !== undefined ? ` ${event.errorType}` : "";
        const failure = event.kind === "refused" ? ` ${event.failure.errorType}` : "";
        events.push(`${event.kind}${type}${failure}${body}`);
        waiters.get(event.kind)?.();
      },
      chunk(bytes) {
        events.push(`chunk ${Buffer.from(bytes).toString()}`);
        return chunk();
      },
    },
    systemClock,
  );
  api.server.listen(0, "127.0.0.1");
  await once(api.server, "listening");
  const address = api.server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has an address");
  const { port } = address;
  const call: Call = (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const sent = request({ port, method, path, headers, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  const saw = (kind: string): Promise<void> =>
    events.some((event) => event.split(" ")[0] === kind)
      ? Promise.resolve()
      : new Promise((resolve) => waiters.set(kind, resolve));
  try {
    await use({ api, call, port, events, saw });
  } finally {
    api.close();
    api.server.close();
  }
}

function invocation(requestId: string, more: Partial<ChannelInvocation> = {}): ChannelInvocation {
  return {
    requestId,
    deadlineMs: 1_700_000_000_000,
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:f:live",
    traceId: "Root=1-2-3;Sampled=0",
    clientContext: undefined,
    tenantId: undefined,
    streamed: false,
    payload: Buffer.from('{"n":1}'),
    ...more,
  };
}

test("the first next ends init, waits for an invocation and delivers it with Lambda's headers", () =>
  withApi(async ({ api, call, events, saw }) => {
    const next = call("GET", `${BASE}/invocation/next`);
    await saw("initDone");
    api.invoke(invocation("a"));
    const { status, headers, body } = await next;
    assert.deepEqual([status, body, headers["content-type"]], [200, '{"n":1}', "application/json"]);
    assert.equal(headers["lambda-runtime-aws-request-id"], "a");
    assert.equal(headers["lambda-runtime-deadline-ms"], "1700000000000");
    assert.equal(headers["lambda-runtime-trace-id"], "Root=1-2-3;Sampled=0");
    assert.equal(headers["lambda-runtime-client-context"], undefined);
    assert.equal(headers["lambda-runtime-aws-tenant-id"], undefined);
    const accepted = await call("POST", `${BASE}/invocation/a/response`, "answer");
    assert.deepEqual([accepted.status, accepted.body], [202, '{"status":"OK"}\n']);
    const second = call("GET", `${BASE}/invocation/next`);
    await saw("free");
    api.invoke(invocation("b", { tenantId: "blue" }));
    assert.equal((await second).headers["lambda-runtime-aws-tenant-id"], "blue");
    const error = { "Lambda-Runtime-Function-Error-Type": "Function.Oh" };
    assert.equal((await call("POST", `${BASE}/invocation/b/error`, "{}", error)).status, 202);
    assert.deepEqual(events, ["initDone", "response answer", "free", "error Function.Oh {}"]);
  }));

test("an unknown, former or answered request id is never accepted", () =>
  withApi(async ({ api, call, events, saw }) => {
    const refused = { errorMessage: "Invalid request ID", errorType: "InvalidRequestID" };
    const early = await call("POST", `${BASE}/invocation/a/response`, "x");
    assert.deepEqual([early.status, JSON.parse(early.body)], [400, refused]);
    const next = call("GET", `${BASE}/invocation/next`);
    await saw("initDone");
    const unasked = await call("POST", `${BASE}/invocation/a/response`, "x");
    assert.equal(unasked.status, 400);
    api.invoke(invocation("a"));
    await next;
    assert.equal((await call("POST", `${BASE}/invocation/b/response`, "x")).status, 400);
    assert.equal((await call("POST", `${BASE}/invocation/a/response`, "x")).status, 202);
    const twice = await call("POST", `${BASE}/invocation/a/response`, "y");
    assert.deepEqual(
      [twice.status, JSON.parse(twice.body)],
      [
        403,
        {
          errorMessage:
            "State transition from ResponseSent to InvocationResponse failed for runtime. Error: State transition is not allowed",
          errorType: "InvalidStateTransition",
        },
      ],
    );
    assert.deepEqual(events, ["initDone", "response x"]);
  }));

test("a runtime that asks again while it runs gets the same invocation again", () =>
  withApi(async ({ api, call, saw }) => {
    const first = call("GET", `${BASE}/invocation/next`);
    await saw("initDone");
    api.invoke(invocation("a"));
    await first;
    assert.equal((await call("GET", `${BASE}/invocation/next`)).headers["lambda-runtime-aws-request-id"], "a");
  }));

test("an invocation that found its runtime's connection broken waits for the next call", () =>
  withApi(async ({ api, call, port, saw }) => {
    const closed = once(api.server, "connection").then(async ([served]) => {
      await once(served, "close");
      return [served];
    });
    const socket = connect(port, "127.0.0.1");
    socket.write(`GET ${BASE}/invocation/next HTTP/1.1\r\n\r\n`);
    await saw("initDone");
    socket.destroy();
    const [served] = await closed;
    assert.equal(served.destroyed, true);
    api.invoke(invocation("a"));
    assert.equal((await call("GET", `${BASE}/invocation/next`)).headers["lambda-runtime-aws-request-id"], "a");
  }));

test("init/error is accepted once, and nothing after it", () =>
  withApi(async ({ call, events }) => {
    const headers = { "Lambda-Runtime-Function-Error-Type": "Runtime.Bad" };
    assert.equal((await call("POST", `${BASE}/init/error`, '{"errorType":"x"}', headers)).status, 202);
    assert.equal((await call("POST", `${BASE}/init/error`, "{}")).status, 403);
    assert.equal((await call("GET", `${BASE}/invocation/next`)).status, 403);
    assert.deepEqual(events, ['initError Runtime.Bad {"errorType":"x"}']);
  }));

test("an answer that is too large is refused with 413, and the invocation learns why", () =>
  withApi(async ({ api, call, events, saw }) => {
    const next = call("GET", `${BASE}/invocation/next`);
    await saw("initDone");
    api.invoke(invocation("a"));
    await next;
    const { status, body } = await call("POST", `${BASE}/invocation/a/response`, Buffer.alloc(RESPONSE_BYTES_MAX + 1));
    assert.equal(status, 413);
    assert.match(
      body,
      /"Exceeded maximum allowed payload size \(6291556 bytes\)\.","errorType":"RequestEntityTooLarge"/,
    );
    assert.deepEqual(events, ["initDone", "refused Function.ResponseSizeTooLarge"]);
  }));

test("an answer whose connection breaks off is truncated, not taken", () =>
  withApi(async ({ api, call, port, events, saw }) => {
    const next = call("GET", `${BASE}/invocation/next`);
    await saw("initDone");
    api.invoke(invocation("a"));
    await next;
    const socket = connect(port, "127.0.0.1");
    socket.end(`POST ${BASE}/invocation/a/response HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf`);
    await saw("refused");
    assert.deepEqual(events, ["initDone", "refused Runtime.TruncatedResponse"]);
    socket.destroy();
  }));

test("a streamed answer arrives chunk by chunk, waits for its reader, and may end in an error", () => {
  let waits = 0;
  const slow = (): Promise<void> => {
    waits += 1;
    return new Promise((resolve) => setTimeout(resolve, 5));
  };
  return withApi(async ({ api, call, port, events, saw }) => {
    const next = call("GET", `${BASE}/invocation/next`);
    await saw("initDone");
    api.invoke(invocation("a"));
    await next;
    const sent = request({
      port,
      method: "POST",
      path: `${BASE}/invocation/a/response`,
      headers: { "Lambda-Runtime-Function-Response-Mode": "streaming", Trailer: "Lambda-Runtime-Function-Error-Type" },
    });
    sent.write("one");
    await saw("streamStart");
    sent.write("two");
    sent.addTrailers({
      "Lambda-Runtime-Function-Error-Type": "Function.Half",
      "Lambda-Runtime-Function-Error-Body": Buffer.from("{}").toString("base64"),
    });
    sent.end();
    const [response] = await once(sent, "response");
    response.resume();
    assert.equal(response.statusCode, 202);
    assert.ok(waits >= 1);
    assert.equal(
      events
        .filter((event) => event.startsWith("chunk"))
        .map((event) => event.slice(6))
        .join(""),
      "onetwo",
    );
    assert.deepEqual([events[1], events.at(-1)], ["streamStart", "streamEnd Function.Half"]);
  }, slow);
});

test("to a caller that takes a stream, every answer is one, whatever its mode", () =>
  withApi(async ({ api, call, events, saw }) => {
    const next = call("GET", `${BASE}/invocation/next`);
    await saw("initDone");
    api.invoke(invocation("a", { streamed: true }));
    await next;
    assert.equal((await call("POST", `${BASE}/invocation/a/response`, "whole")).status, 202);
    assert.deepEqual(events, ["initDone", "streamStart", "chunk whole", "streamEnd"]);
  }));

test("any other response mode fails the invocation", () =>
  withApi(async ({ api, call, events, saw }) => {
    const next = call("GET", `${BASE}/invocation/next`);
    await saw("initDone");
    api.invoke(invocation("a"));
    await next;
    const headers = { "Lambda-Runtime-Function-Response-Mode": "dripping" };
    const { status, body } = await call("POST", `${BASE}/invocation/a/response`, "x", headers);
    const refusal = '{"errorMessage":"Invalid function response mode","errorType":"InvalidFunctionResponseMode"}\n';
    assert.deepEqual([status, body], [400, refusal]);
    assert.deepEqual(events, ["initDone", "refused Runtime.InvalidResponseModeHeader"]);
  }));

test("other paths, methods and malformed requests change nothing", () =>
  withApi(async ({ call, port, events }) => {
    assert.equal((await call("GET", "/")).status, 404);
    assert.equal((await call("GET", "/2018-06-01/runtime/invocation/%00/response")).status, 405);
    assert.equal((await call("POST", `${BASE}/invocation/next`, "{}")).status, 405);
    assert.equal((await call("POST", `${BASE}/invocation/${"a".repeat(5000)}/response`, "{}")).status, 404);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => socket.destroy());
    socket.write("\0\0 nonsense\r\n\r\n");
    await once(socket, "close");
    assert.deepEqual(events, []);
  }));

test("more calls of next than may wait are refused", () =>
  withApi(async ({ call }) => {
    const calls = Array.from({ length: 17 }, () => call("GET", `${BASE}/invocation/next`));
    const { status } = await Promise.race(calls);
    assert.equal(status, 403);
    for (const pending of calls) pending.catch(() => "closed with the server");
  }));
