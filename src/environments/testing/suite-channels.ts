/** The part of the suite about what goes in and out of a sandbox: payloads, output, streams, variables, loopback ports. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../../base/testing/until.ts";
import { LOG_TAIL_BYTES, RESPONSE_BYTES_MAX } from "../limits.ts";
import { openHouse, versionOf } from "./house.ts";
import { testNode } from "./runtimes.ts";

export function channelsSuite(driver: string): void {
  test("a response may have 6 MiB and 100 bytes and no more", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("answers-big");
    assert.equal((await house.invoke(version, { bytes: RESPONSE_BYTES_MAX })).text.length, RESPONSE_BYTES_MAX);
    const { text } = await house.invoke(version, { bytes: RESPONSE_BYTES_MAX + 1 });
    assert.equal(
      text,
      '{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",' +
        '"errorType":"Function.ResponseSizeTooLarge"}',
    );
    assert.equal((await house.invoke(version, { bytes: 10 })).text.length, 10);
  });

  test("everything written before the answer is in the log before END, however much it is", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("floods", { timeoutMs: 20_000 });
    const bytes = 3 * 65536;
    const { logTail = "" } = await house.invoke(version, { bytes, line: true }, { tail: true });
    const lines = house.events.map(({ message }) => message);
    assert.equal(lines.filter((line) => line === "y\n").length, bytes / 2);
    assert.ok(lines.indexOf("last\n") < lines.findIndex((line) => line.startsWith("END ")));
    assert.equal(Buffer.byteLength(logTail), LOG_TAIL_BYTES);
    house.events.length = 0;
    await house.invoke(version, { bytes }, { tail: true });
    const long = house.events.filter(({ message }) => message.startsWith("y"));
    assert.deepEqual(new Set(long.map(({ message }) => message.length)), new Set([65536]));
  });

  test("a function that logs without end does not make its neighbour wait", async () => {
    await using house = await openHouse(driver);
    const flood = house.invoke(versionOf("chatters", { timeoutMs: 1_500 }), { lines: 1e9 });
    await until("it chatters", () => house.events.some(({ message }) => message.endsWith("chatter\n")));
    const waits: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const { report } = await house.invoke(versionOf("echo"));
      waits.push(report.durationMs);
    }
    assert.equal((await flood).errorType, "Sandbox.Timedout");
    const [median = Number.POSITIVE_INFINITY] = waits.sort((a, b) => a - b).slice(10);
    assert.ok(median < 100, `half of the neighbour's invocations took over ${median} ms`);
  });

  test("a runtime that breaks its channel's protocol is ended, and only it", async () => {
    await using house = await openHouse(driver);
    const neighbour = house.invoke(versionOf("sleeps"), { ms: 300 });
    const { text, requestId } = await house.invoke(versionOf("breaks-frames"));
    const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`;
    assert.equal(text, JSON.stringify({ errorType: "Runtime.ExitError", errorMessage }));
    assert.equal((await neighbour).functionError, undefined);
  });

  test("a runtime that closes its channel but lives on is ended", async () => {
    await using house = await openHouse(driver);
    const { errorType, report } = await house.invoke(versionOf("hangs-up"));
    assert.equal(errorType, "Runtime.ExitError");
    assert.ok(report.durationMs < 2_000);
  });

  test("answers for other or former invocations are dropped", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("answers-for-others");
    const late = () => house.events.filter(({ message }) => message === "late answer sent\n").length;
    for (let round = 1; round <= 4; round += 1) {
      assert.equal((await house.invoke(version)).text, '"true"');
      if (round % 2 === 0) await until("the late answers are sent", () => late() === round);
    }
  });

  test("a streamed response reaches its sink piece by piece, or is buffered where there is none", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("streams");
    const seen: string[] = [];
    const stream = {
      start: (contentType: string) => void seen.push(contentType),
      write: async (chunk: Uint8Array) => void seen.push(Buffer.from(chunk).toString()),
    };
    const streamed = await house.invoke(version, { chunks: 3, bytes: 2 }, { stream });
    assert.deepEqual([seen[0], seen.slice(1).join(""), streamed.text], ["text/plain", "001122", ""]);
    assert.equal((await house.invoke(version, { chunks: 3, bytes: 2 })).text, "001122");
    const failed = await house.invoke(version, { chunks: 1, bytes: 1, fails: true }, { stream });
    assert.deepEqual([failed.functionError, JSON.parse(failed.text).errorMessage], ["Unhandled", "midway"]);
  });

  test("a slow reader of a streamed response slows the function down", async () => {
    await using house = await openHouse(driver);
    let waiting = 0;
    let peak = 0;
    let bytes = 0;
    const stream = {
      start: () => undefined,
      async write(chunk: Uint8Array) {
        bytes += chunk.length;
        waiting += chunk.length;
        peak = Math.max(peak, waiting);
        await new Promise((resolve) => setTimeout(resolve, 2));
        waiting -= chunk.length;
      },
    };
    await house.invoke(versionOf("streams", { timeoutMs: 20_000 }), { chunks: 64, bytes: 65536 }, { stream });
    assert.equal(bytes, 10 * 65536 + 54 * 2 * 65536);
    assert.ok(peak <= 1024 * 1024, `${peak} bytes were under way at once`);
  });

  test("the variables inside are Lambda's, the function's own and the role's", async () => {
    await using house = await openHouse(driver);
    const version = versionOf("shows-variables", { variables: { OWN: "a 'quoted'\nvalue", AWS_REGION: "mars" } });
    const inside = JSON.parse((await house.invoke(version)).text);
    assert.equal(inside.OWN, "a 'quoted'\nvalue");
    assert.equal(inside.AWS_REGION, "eu-central-1");
    assert.equal(inside.AWS_SESSION_TOKEN, "token");
    assert.equal(inside.AWS_ENDPOINT_URL, "http://localhost:4566");
    assert.equal(inside.AWS_EXECUTION_ENV, "AWS_Lambda_nodejs26.x");
    assert.equal(inside.cwd, inside.realTaskRoot);
  });

  test("variables that count from the first instruction, and a wrapper, take effect", async () => {
    await using house = await openHouse(driver);
    const variables = { NODE_OPTIONS: "--max-old-space-size=123", AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" };
    const inside = JSON.parse((await house.invoke(versionOf("shows-variables", { variables }))).text);
    assert.deepEqual([inside.WRAPPED, inside.NODE_OPTIONS], ["yes", "--max-old-space-size=123"]);
    const missing = { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/no-wrapper" };
    const { text } = await house.invoke(versionOf("shows-variables", { variables: missing, revisionId: "missing" }));
    assert.match(text, /Runtime exited with error: exit status 127"/);
  });

  test("a custom runtime works through the Runtime API", async () => {
    await using house = await openHouse(driver);
    const variables = { TEST_NODE: testNode(driver) };
    const version = versionOf("custom", { runtime: "provided.al2023", variables });
    const cold = await house.invoke(version, { do: "echo" }, { clientContext: '{"ünï":\n1}' });
    const { event, headers, variables: inside } = JSON.parse(cold.text);
    assert.deepEqual(event, { do: "echo" });
    assert.equal(headers["lambda-runtime-aws-request-id"], cold.requestId);
    assert.equal(headers["lambda-runtime-invoked-function-arn"], version.functionArn);
    assert.equal(Buffer.from(headers["lambda-runtime-client-context"], "latin1").toString(), '{"ünï": 1}');
    assert.ok(Number(headers["lambda-runtime-deadline-ms"]) > Date.now());
    assert.equal(inside.AWS_EXECUTION_ENV, undefined);
    const failed = await house.invoke(version, { do: "error" }, { tail: true });
    assert.deepEqual([failed.errorType, JSON.parse(failed.text).errorMessage], ["Function.Asked", "asked for"]);
    assert.match(failed.logTail ?? "", /^START .*\nhandling error\nEND /);
    const big = await house.invoke(version, { do: "big", bytes: RESPONSE_BYTES_MAX + 1 });
    assert.equal(big.errorType, "Function.ResponseSizeTooLarge");
    const exit = await house.invoke(version, { do: "exit", code: 3 });
    assert.match(exit.text, /Runtime exited with error: exit status 3"/);
    assert.equal((await house.invoke(version, { do: "echo" })).functionError, undefined);
  });

  test("a runtime that works on after its answer is busy until it asks for more, and within its time limit", async () => {
    await using house = await openHouse(driver);
    const variables = { TEST_NODE: testNode(driver) };
    const version = versionOf("custom", { runtime: "provided.al2023", variables, timeoutMs: 1_500 });
    assert.equal((await house.invoke(version, { do: "linger", ms: 60_000 })).text, "true");
    const other = await house.invoke(version, { do: "echo" });
    assert.deepEqual([other.report.coldStart, other.functionError], [true, undefined]);
    const late = await until("the report of the first", () =>
      house.events.find(({ message }) => message.endsWith("\tStatus: timeout\n")),
    );
    assert.match(late.message, /^REPORT /);
    assert.equal(house.environments.list().filter(({ state }) => state === "idle").length, 1);
  });

  test("a custom runtime's failed init, and one without a bootstrap, end as on AWS", async () => {
    await using house = await openHouse(driver);
    const runtime = "provided.al2023";
    const variables = { TEST_NODE: testNode(driver) };
    const bad = await house.invoke(versionOf("custom", { runtime, variables: { ...variables, INIT_ERROR: "1" } }));
    assert.deepEqual([bad.errorType, bad.text], ["Runtime.Bad", '{"errorMessage":"no","errorType":"Runtime.Bad"}']);
    const code = { kind: "folder", path: mkdirSync(join(house.folder, "empty"), { recursive: true }) ?? "" } as const;
    const none = await house.invoke(versionOf("none", { runtime, code }));
    assert.equal(none.errorType, "Runtime.InvalidEntrypoint");
    assert.ok(none.text.includes("Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"));
  });

  test("a service on the host is reached at its usual port where it is exposed", async () => {
    const service = createServer((socket) => socket.on("data", (data) => socket.end(`heard ${data}`)));
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const address = service.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has an address");
    const { port } = address;
    try {
      await using house = await openHouse(driver, { exposePorts: [port] });
      assert.equal((await house.invoke(versionOf("calls-port"), { port, say: "hi" })).text, '"heard hi"');
    } finally {
      service.close();
    }
  });
}
