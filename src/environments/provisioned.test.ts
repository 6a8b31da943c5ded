/** Environments that are kept ready: made ahead, used first, replaced, given up as a whole when they cannot be had. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../base/testing/until.ts";
import { type House, openHouse, versionOf } from "./testing/house.ts";
import type { Allocation, FunctionVersion, ProvisionedTarget } from "./types.ts";

const DRIVER = "process";

function target(version: FunctionVersion, count: number, more: Partial<ProvisionedTarget> = {}): ProvisionedTarget {
  return { qualifier: "live", kind: "provisioned-concurrency", setMs: 1, shares: [{ version, count }], ...more };
}

function settled(house: House, { functionArn }: FunctionVersion): Promise<Allocation> {
  return until("the allocation settles", () => {
    const allocation = house.environments.allocation(functionArn, "live");
    return allocation !== undefined && allocation.status !== "IN_PROGRESS" && allocation;
  });
}

const idsOf = (house: House): string[] => house.environments.list().map(({ id }) => id);

test("they are initialised before anybody invokes, serve their alias first, and the rest spills over", async () => {
  await using house = await openHouse(DRIVER);
  const { environments } = house;
  const version = versionOf("shows-variables", { version: "1", timeoutMs: 5_000 });
  environments.provision(version.functionArn, [target(version, 2)]);
  assert.equal(environments.allocation(version.functionArn, "live")?.status, "IN_PROGRESS");
  assert.deepEqual(await settled(house, version), { status: "READY", reason: undefined, allocated: 2, available: 2 });
  const lines = house.events.map(({ message }) => message);
  assert.equal(lines.filter((line) => line.startsWith("INIT_START ")).length, 2);
  assert.equal(lines.filter((line) => /^INIT_REPORT .*\tPhase: init\tStatus: success\n$/.test(line)).length, 2);
  const throughAlias = { invokedFunctionArn: `${version.functionArn}:live` };
  const results = await Promise.all([1, 2, 3].map(() => house.invoke(version, {}, throughAlias)));
  const types = results.map(({ text }) => JSON.parse(text).AWS_LAMBDA_INITIALIZATION_TYPE);
  assert.deepEqual(types.sort(), ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]);
  assert.deepEqual(results.map(({ report }) => report.coldStart).sort(), [false, false, true]);
  const direct = await house.invoke(version, {}, { invokedFunctionArn: `${version.functionArn}:1` });
  assert.equal(JSON.parse(direct.text).AWS_LAMBDA_INITIALIZATION_TYPE, "on-demand");
});

test("calls one after the other stay on a single provisioned environment", async () => {
  await using house = await openHouse(DRIVER);
  const version = versionOf("shows-variables", { version: "1" });
  house.environments.provision(version.functionArn, [target(version, 1)]);
  await settled(house, version);
  for (let call = 0; call < 20; call += 1) {
    const { text } = await house.invoke(version, {}, { invokedFunctionArn: `${version.functionArn}:live` });
    assert.equal(JSON.parse(text).AWS_LAMBDA_INITIALIZATION_TYPE, "provisioned-concurrency");
  }
});

test("a function that cannot be initialised gets none, and the reason is AWS's", async () => {
  await using house = await openHouse(DRIVER);
  const version = versionOf("fails-to-load", { version: "1" });
  house.environments.provision(version.functionArn, [target(version, 3)]);
  const failed = await settled(house, version);
  assert.deepEqual([failed.status, failed.reason], ["FAILED", "FUNCTION_ERROR_INIT_FAILURE"]);
  await until("all are gone", () => house.environments.allocation(version.functionArn, "live")?.allocated === 0);
});

test("without memory for them the allocation fails and says so, and setting it again tries again", async () => {
  let freeMb = 0;
  await using house = await openHouse(DRIVER, { settings: { availableMemoryMb: () => freeMb, memoryWaitMs: 20 } });
  const version = versionOf("echo", { version: "1" });
  house.environments.provision(version.functionArn, [target(version, 2)]);
  const failed = await settled(house, version);
  assert.equal(failed.status, "FAILED");
  assert.match(String(failed.reason), /not enough free memory/);
  assert.equal(failed.allocated, 0);
  freeMb = 8_192;
  house.environments.provision(version.functionArn, [target(version, 2, { setMs: 2 })]);
  assert.equal((await settled(house, version)).status, "READY");
});

test("one that has grown old is replaced, one that is idle is not ended, and what is no longer asked for is", async () => {
  await using house = await openHouse(DRIVER, { settings: { idleMs: 40, ageMaxMs: 1_500, sparesPerRuntimeMax: 0 } });
  const version = versionOf("echo", { version: "1" });
  const { functionArn } = version;
  house.environments.provision(functionArn, [target(version, 2)]);
  await settled(house, version);
  const first = idsOf(house);
  await until("both are replaced", () => {
    const now = idsOf(house);
    return now.length === 2 && now.every((id) => !first.includes(id));
  });
  house.environments.provision(functionArn, [target(version, 1)]);
  await until("one is left", () => idsOf(house).length === 1);
  house.environments.provision(functionArn, []);
  await until("none is left", () => idsOf(house).length === 0);
  assert.equal(house.environments.allocation(functionArn, "live"), undefined);
});

test("an alias that moves keeps as many, first of the old and then of the new version", async () => {
  await using house = await openHouse(DRIVER, { settings: { sparesPerRuntimeMax: 0 } });
  const first = versionOf("echo", { version: "1", revisionId: "one" });
  const second = { ...first, version: "2", revisionId: "two" };
  const { functionArn } = first;
  house.environments.provision(functionArn, [target(first, 2)]);
  await settled(house, first);
  house.environments.provision(functionArn, [target(second, 2)]);
  assert.deepEqual(house.environments.allocation(functionArn, "live"), {
    status: "IN_PROGRESS",
    reason: undefined,
    allocated: 2,
    available: 2,
  });
  await settled(house, first);
  await until("the old are gone", () => house.environments.list().every(({ version }) => version === "2"));
  assert.equal(house.environments.list().length, 2);
});

test("a minimum of a version is kept ready as well, and its functions see no difference", async () => {
  await using house = await openHouse(DRIVER, { settings: { sparesPerRuntimeMax: 0 } });
  const version = versionOf("shows-variables", { version: "1" });
  const { functionArn } = version;
  house.environments.provision(functionArn, [target(version, 1, { qualifier: "1", kind: "minimum" })]);
  await until("it is ready", () => house.environments.list().some(({ state }) => state === "idle"));
  const { text } = await house.invoke(version, {}, { invokedFunctionArn: `${functionArn}:1` });
  assert.equal(JSON.parse(text).AWS_LAMBDA_INITIALIZATION_TYPE, "on-demand");
  assert.equal(house.environments.list().length, 1);
});
