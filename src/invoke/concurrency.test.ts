/** Who gets a slot while provisioned, reserved and shared concurrency are in use. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { Concurrency, type ConcurrencyDemand, type Slot } from "./concurrency.ts";

const DEMAND: ConcurrencyDemand = {
  accountId: "000000000000",
  region: "us-east-1",
  functionArn: "arn:f",
  version: "1",
  reserved: undefined,
  provisioned: undefined,
  provisionedTotal: 0,
  claimed: 0,
  maxEnvironments: undefined,
};

function taken(concurrency: Concurrency, demand: Partial<ConcurrencyDemand>): Slot {
  const slot = concurrency.take({ ...DEMAND, ...demand });
  if (typeof slot === "string") throw new Error(slot);
  return slot;
}

test("provisioned concurrency is used first, and what it does not hold spills over to the rest", () => {
  const concurrency = new Concurrency(5);
  const live = { provisioned: { key: "live", requested: 2 }, provisionedTotal: 2, claimed: 2 };
  const slots = Array.from({ length: 5 }, () => taken(concurrency, live));
  assert.equal(concurrency.take({ ...DEMAND, ...live }), "ConcurrentInvocationLimitExceeded");
  assert.equal(
    concurrency.take({ ...DEMAND, functionArn: "arn:g", claimed: 2 }),
    "ConcurrentInvocationLimitExceeded",
    "others do not get what is provisioned",
  );
  const [first] = slots;
  if (first !== undefined) concurrency.giveBack(first);
  taken(concurrency, live);
});

test("a function that provisions all that it reserves has nothing left for $LATEST", () => {
  const concurrency = new Concurrency(1000);
  const own = { reserved: 2, provisionedTotal: 2, claimed: 2 };
  assert.equal(
    concurrency.take({ ...DEMAND, ...own, version: "$LATEST" }),
    "ReservedFunctionConcurrentInvocationLimitExceeded",
  );
  const live = { ...own, provisioned: { key: "1", requested: 2 } };
  const slots = [taken(concurrency, live), taken(concurrency, live)];
  assert.equal(concurrency.take({ ...DEMAND, ...live }), "ReservedFunctionConcurrentInvocationLimitExceeded");
  for (const slot of slots) concurrency.giveBack(slot);
  taken(concurrency, live);
});

test("a version has no more environments than its maximum, and a refusal takes nothing", () => {
  const concurrency = new Concurrency(2);
  const slot = taken(concurrency, { maxEnvironments: 1 });
  assert.equal(concurrency.take({ ...DEMAND, maxEnvironments: 1 }), "ConcurrentInvocationLimitExceeded");
  taken(concurrency, { functionArn: "arn:g" });
  concurrency.giveBack(slot);
  taken(concurrency, { maxEnvironments: 1 });
});

test("a reservation that is set or taken away counts what runs already", () => {
  const concurrency = new Concurrency(3);
  const slot = taken(concurrency, {});
  concurrency.claim("arn:f", { reserved: 1, provisionedTotal: 0 });
  const reserved = { reserved: 1, claimed: 1 };
  assert.equal(
    concurrency.take({ ...DEMAND, ...reserved }),
    "ReservedFunctionConcurrentInvocationLimitExceeded",
    "it runs as many as it reserves",
  );
  const others = [1, 2].map(() => taken(concurrency, { functionArn: "arn:g", claimed: 1 }));
  assert.equal(
    concurrency.take({ ...DEMAND, functionArn: "arn:g", claimed: 1 }),
    "ConcurrentInvocationLimitExceeded",
    "others share what it leaves",
  );
  concurrency.claim("arn:f", { reserved: undefined, provisionedTotal: 0 });
  assert.equal(concurrency.take(DEMAND), "ConcurrentInvocationLimitExceeded");
  for (const each of [slot, ...others]) concurrency.giveBack(each);
  for (let i = 0; i < 3; i++) taken(concurrency, {});
});

test("a reservation that is set while others use all that there is begins when they end", () => {
  const concurrency = new Concurrency(2);
  const [first] = [taken(concurrency, {}), taken(concurrency, {})];
  const late = { functionArn: "arn:late", reserved: 1, claimed: 1 };
  assert.equal(concurrency.take({ ...DEMAND, ...late }), "ConcurrentInvocationLimitExceeded");
  concurrency.giveBack(first);
  taken(concurrency, late);
});

test("of those who are refused, one may wait a moment for each slot whose invocation has answered", async () => {
  const clock = new ManualClock();
  const concurrency = new Concurrency(2);
  const waitFor = (functionArn: string): Promise<void> | undefined =>
    concurrency
      .answeredFor({ ...DEMAND, functionArn }, "ReservedFunctionConcurrentInvocationLimitExceeded")
      ?.next(25, clock);
  const [first, second] = [taken(concurrency, {}), taken(concurrency, {})];
  assert.equal(waitFor("arn:f"), undefined, "nothing has answered");
  const done = Promise.withResolvers<void>();
  const given = concurrency.giveBackAfter(first, done.promise);
  assert.equal(concurrency.take(DEMAND), "ConcurrentInvocationLimitExceeded", "it is held beyond the answer");
  assert.equal(waitFor("arn:g"), undefined, "it is another function's");
  const late = waitFor("arn:f");
  assert.equal(waitFor("arn:f"), undefined, "somebody waits for it already");
  clock.advance(25);
  await late;
  const next = waitFor("arn:f");
  done.resolve();
  await Promise.all([given, next]);
  assert.equal(clock.timers, 0);
  assert.equal(waitFor("arn:f"), undefined);
  concurrency.giveBack(taken(concurrency, {}));
  concurrency.giveBack(second);
});
