/** What a warm invocation may cost inside of this room, counted and so the same on a fast and on a slow machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, systemClock } from "../base/index.ts";
import { openHouse, versionOf } from "./testing/house.ts";

const CALLS = 100;

test("a warm invocation starts one timer, which is its time limit, and leaves none", async () => {
  let started = 0;
  const open = new Set<object>();
  const clock: Clock = {
    ...systemClock,
    schedule(delayMs, fire) {
      started += 1;
      const timer = systemClock.schedule(delayMs, () => {
        open.delete(counted);
        fire();
      });
      const cancel = (): void => {
        open.delete(counted);
        timer.cancel();
      };
      const counted = { cancel, [Symbol.dispose]: cancel };
      open.add(counted);
      return counted;
    },
  };
  await using house = await openHouse("process", { clock });
  const version = versionOf("echo");
  const invokeToTheEnd = async (): Promise<void> => {
    const { promise: reported, resolve } = Promise.withResolvers<void>();
    house.onEvent = (message) => {
      if (message.startsWith("REPORT ")) resolve();
    };
    await house.invoke(version);
    await reported;
  };
  for (let call = 0; call < 5; call += 1) await invokeToTheEnd();
  const before = { started, open: open.size };
  for (let call = 0; call < CALLS; call += 1) await invokeToTheEnd();
  const perCall = (started - before.started) / CALLS;
  assert.ok(perCall >= 1 && perCall < 1.5, `${perCall} timers`);
  assert.ok(open.size <= before.open + 2, `${open.size} timers are open, ${before.open} were`);
});
