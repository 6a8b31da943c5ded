/**
 * The part of the suite about custom runtimes that answer badly over the Runtime API: each gets the service's status, its
 * caller AWS's error, the environment goes on or is replaced, and a neighbour is served all the while.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../base/testing/until.ts";
import type { FunctionVersion } from "../index.ts";
import { STREAMED_RESPONSE_BYTES_MAX } from "../limits.ts";
import { type House, openHouse, versionOf } from "./house.ts";
import { testNode } from "./runtimes.ts";

const POST = "POST /2018-06-01/runtime/invocation/ID";
const STREAMING = "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked";

export function answersSuite(driver: string): void {
  test("a runtime that says garbage, or answers for others, is refused and may still answer well", async () => {
    await using house = await openHouse(driver);
    await using _neighbour = neighbour(house);
    const { text } = await raw(house, [
      "\0\0 nonsense\r\n\r\n",
      `POST /2018-06-01/runtime/invocation/another/response HTTP/1.1\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1`,
      "GET /elsewhere HTTP/1.1\r\nConnection: close\r\n\r\n",
      "DELETE /2018-06-01/runtime/invocation/next HTTP/1.1\r\nConnection: close\r\n\r\n",
    ]);
    assert.equal(text, "true");
    assert.deepEqual(heard(house), [
      "heard \n",
      "heard HTTP/1.1 400 Bad Request\n",
      "heard HTTP/1.1 404 Not Found\n",
      "heard HTTP/1.1 405 Method Not Allowed\n",
    ]);
  });

  test("what a runtime answers is the caller's, though it be no JSON and no UTF-8; a second answer is not", async () => {
    await using house = await openHouse(driver);
    const first = `${POST}/response HTTP/1.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\n<\xff\xfe>`;
    const { payload, functionError } = await raw(house, [first, first]);
    assert.deepEqual([Buffer.from(payload).toString("latin1"), functionError], ["<\xff\xfe>", undefined]);
    await until("the second was refused", () => heard(house).length === 2);
    assert.deepEqual(heard(house), ["heard HTTP/1.1 202 Accepted\n", "heard HTTP/1.1 403 Forbidden\n"]);
    assert.equal((await raw(house, [])).text, "true");
  });

  test("an answer that breaks off, whole or chunked or in the middle of a stream, is a truncated response", async () => {
    await using house = await openHouse(driver);
    await using _neighbour = neighbour(house);
    const seen: string[] = [];
    const stream = { start: () => undefined, write: async (chunk: Uint8Array) => void seen.push(String(chunk)) };
    for (const [head, body, request] of [
      ["Content-Length: 10", "half", {}],
      ["Transfer-Encoding: chunked", "4\r\nhalf\r\n", {}],
      ["Transfer-Encoding: chunked", "4\r\nhalf\r\n", { stream }],
      [STREAMING, "4\r\nhalf\r\n", {}],
      [STREAMING, "4\r\nhalf\r\n", { stream }],
    ] as const) {
      const answer = await raw(house, [`${POST}/response HTTP/1.1\r\n${head}\r\n\r\n${body}`], request);
      assert.equal(answer.errorType, "Runtime.TruncatedResponse");
      assert.deepEqual(JSON.parse(answer.text), {
        errorType: "Runtime.TruncatedResponse",
        errorMessage: `RequestId: ${answer.requestId} Error: Response truncated`,
      });
      assert.equal((await raw(house, [])).text, "true");
    }
    assert.deepEqual(seen, Array(2).fill(String(Buffer.from("half"))));
  });

  test("a stream's trailers end it with the runtime's error; empty ones, or none, end it well", async () => {
    await using house = await openHouse(driver);
    const stream = { start: () => undefined, write: async () => undefined };
    const ended = (trailers: string) =>
      raw(
        house,
        [`${POST}/response HTTP/1.1\r\nConnection: close\r\n${STREAMING}\r\n\r\n1\r\nx\r\n0\r\n${trailers}\r\n`],
        {
          stream,
        },
      );
    const body = Buffer.from('{"errorMessage":"half"}').toString("base64");
    const failed = await ended(
      `Lambda-Runtime-Function-Error-Type: Function.Half\r\nLambda-Runtime-Function-Error-Body: ${body}\r\n`,
    );
    assert.deepEqual([failed.errorType, failed.text], ["Function.Half", '{"errorMessage":"half"}']);
    assert.equal((await ended("Lambda-Runtime-Function-Error-Type: \r\n")).errorType, undefined);
    assert.equal((await ended("")).errorType, undefined);
    const other = `${POST}/response HTTP/1.1\r\nConnection: close\r\nLambda-Runtime-Function-Response-Mode: drip\r\nContent-Length: 1\r\n\r\n1`;
    assert.equal((await raw(house, [other])).errorType, "Runtime.InvalidResponseModeHeader");
  });

  test("a runtime that holds a hundred connections, or streams too much, is told so and serves on", async () => {
    await using house = await openHouse(driver);
    await using _neighbour = neighbour(house);
    const version = custom(driver);
    assert.equal((await house.invoke(version, { do: "crowd", connections: 100 })).text, "true");
    let bytes = 0;
    const stream = {
      start: () => undefined,
      async write(chunk: Uint8Array) {
        bytes += chunk.length;
      },
    };
    const { errorType } = await house.invoke(version, { do: "flood", bytes: 205 * 1024 * 1024 }, { stream });
    assert.deepEqual([errorType, bytes], ["Function.ResponseSizeTooLarge", STREAMED_RESPONSE_BYTES_MAX]);
    await until("it hears of it", () => house.events.some(({ message }) => message === "flood ended with 413\n"));
    const idle = () =>
      house.environments.list().some(({ functionArn: arn, state }) => arn === version.functionArn && state === "idle");
    await until("it asks for more", idle);
    const next = await house.invoke(version, { do: "raw", says: [] });
    assert.deepEqual([next.text, next.report.coldStart], ["true", false]);
  });

  function raw(house: House, says: readonly string[], request: object = {}) {
    return house.invoke(custom(driver), { do: "raw", says }, request);
  }
}

function custom(driver: string): FunctionVersion {
  const variables = { TEST_NODE: testNode(driver) };
  return versionOf("custom", { runtime: "provided.al2023", variables, timeoutMs: 20_000 });
}

function heard(house: House): readonly string[] {
  return house.events.map(({ message }) => message).filter((message) => message.startsWith("heard "));
}

/** Another function, asked without pause until the end, must never fail. */
function neighbour(house: House): AsyncDisposable {
  let asking = true;
  const asked = (async () => {
    for (let times = 0; asking || times === 0; times += 1) {
      const { text } = await house.invoke(versionOf("echo"), { times });
      assert.equal(JSON.parse(text).event.times, times, text);
    }
  })();
  // Whoever disposes of the neighbour hears of it.
  asked.catch(() => undefined);
  return {
    async [Symbol.asyncDispose]() {
      asking = false;
      await asked;
    },
  };
}
