import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/index.ts";
import { FunctionLog } from "./function-log.ts";
import { LOG_EVENT_BYTES_MAX } from "./limits.ts";
import { LogTail } from "./log-tail.ts";
import { versionOf } from "./testing/house.ts";
import type { LoggingSettings } from "./types.ts";

function logOf(logging: Partial<LoggingSettings> = {}) {
  const events: { message: string; timestampMs: number }[] = [];
  const stream = {
    write: (message: string, timestampMs: number) => void events.push({ message, timestampMs }),
    close: () => undefined,
  };
  const settings = { ...versionOf("f").logging, ...logging };
  const log = new FunctionLog(stream, versionOf("f", { logging: settings }), { ...systemClock, now: () => 1_000_000 });
  return { log, events, messages: () => events.map(({ message }) => message) };
}

test("a framed event keeps its time unless its clock is far off", () => {
  const { log, events } = logOf();
  log.framed("a", 999_000.5, undefined);
  log.framed("b", 5, undefined);
  assert.deepEqual(events, [
    { message: "a\n", timestampMs: 999_000 },
    { message: "b\n", timestampMs: 1_000_000 },
  ]);
});

test("a platform line has the time of what it tells, however late it is written", () => {
  const { log, events } = logOf();
  log.platform({ text: () => "START" }, 999_000);
  log.platform({ text: () => "END" });
  assert.deepEqual(
    events.map(({ timestampMs }) => timestampMs),
    [999_000, 1_000_000],
  );
});

test("an event beyond 1 MiB is cut at a character's border", () => {
  const { log, messages } = logOf();
  log.framed("€".repeat(500_000), 1_000_000, undefined);
  const [event = ""] = messages();
  assert.ok(Buffer.byteLength(event) <= LOG_EVENT_BYTES_MAX);
  assert.match(event, /^€+$/);
});

test("in the JSON format the levels filter, also a function's own JSON lines", () => {
  const { log, messages } = logOf({ format: "JSON", applicationLevel: "WARN" });
  log.framed('{"level":"INFO"}', 1_000_000, "INFO");
  log.framed('{"level":"ERROR"}', 1_000_000, "ERROR");
  const output = log.output();
  const own = [
    '{"level":"debug","timestamp":"2026-11-24T10:00:00Z"}\n',
    '{"level":"fatal","timestamp":"2026-11-24T10:00:00Z"}\n',
    '{"level":"fatal","timestamp":"yesterday"}\n',
    '{"no":"level"}\n',
    "plain\n",
    "{not json\n",
  ];
  output.push(Buffer.from(own.join("")));
  assert.deepEqual(messages(), ['{"level":"ERROR"}', own[1], own[4], own[5]]);
});

test("the text format takes no levels", () => {
  const { log, messages } = logOf({ applicationLevel: "FATAL", systemLevel: "WARN" });
  log.framed("x", 1_000_000, "TRACE");
  log.platform({ text: () => "START\n" });
  assert.deepEqual(messages(), ["x\n", "START\n"]);
});

test("the tail holds what comes while it follows", () => {
  const { log } = logOf();
  const tail = new LogTail();
  log.framed("before", 1_000_000, undefined);
  log.follow(tail);
  log.platform({ text: () => "START\n" });
  log.framed("START RequestId: forged", 1_000_000, undefined);
  log.follow(undefined);
  log.framed("after", 1_000_000, undefined);
  assert.equal(tail.text(), "START\nSTART RequestId: forged\n");
});
