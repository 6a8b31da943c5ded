import assert from "node:assert/strict";
import { test } from "node:test";
import { type EnvironmentState, type LifecycleEvent, transition } from "./lifecycle.ts";

const run = (...events: readonly LifecycleEvent[]): EnvironmentState =>
  events.reduce<EnvironmentState>(transition, { kind: "waiting" });

test("an environment goes from waiting over init to idle and back to idle after each invocation", () => {
  const idle = [{ kind: "assigned" }, { kind: "ready" }] as const;
  assert.deepEqual(run(...idle), { kind: "idle" });
  const busy = [...idle, { kind: "invoked", requestId: "a" }] as const;
  assert.deepEqual(run(...busy), { kind: "busy", requestId: "a", answered: false });
  assert.deepEqual(run(...busy, { kind: "answered" }, { kind: "settled" }), { kind: "idle" });
});

test("a failed init may be retried inside an invocation", () => {
  const broken = [{ kind: "assigned" }, { kind: "failed" }] as const;
  assert.deepEqual(run(...broken, { kind: "retried" }), { kind: "init", phase: "invoke" });
});

test("a process may be lost while idle or after the answer, and its environment is initialised again inside an invocation", () => {
  const idle = [{ kind: "assigned" }, { kind: "ready" }] as const;
  const answered = [...idle, { kind: "invoked", requestId: "a" }, { kind: "answered" }] as const;
  for (const events of [idle, answered]) assert.deepEqual(run(...events, { kind: "failed" }), { kind: "broken" });
  assert.throws(() => run(...idle, { kind: "invoked", requestId: "a" }, { kind: "failed" }), /busy cannot be failed/);
});

test("nothing serves two invocations, answers twice or settles before it has answered", () => {
  const busy = [{ kind: "assigned" }, { kind: "ready" }, { kind: "invoked", requestId: "a" }] as const;
  assert.throws(() => run(...busy, { kind: "invoked", requestId: "b" }), /busy cannot be invoked/);
  assert.throws(() => run(...busy, { kind: "settled" }), /busy cannot be settled/);
  assert.throws(() => run(...busy, { kind: "answered" }, { kind: "answered" }), /cannot be answered/);
});

test("shutdown is final and keeps its first reason", () => {
  const ended = run({ kind: "ended", reason: "timeout" }, { kind: "ended", reason: "spindown" });
  assert.deepEqual(ended, { kind: "shutdown", reason: "timeout" });
  assert.throws(() => transition(ended, { kind: "assigned" }));
});
