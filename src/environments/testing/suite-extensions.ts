/** The part of the suite about extensions of layers: their start, their events, their failures and the end. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { until } from "../../base/testing/until.ts";
import type { FunctionVersion } from "../index.ts";
import { type House, openHouse, versionOf } from "./house.ts";
import { testNode } from "./runtimes.ts";

const FUNCTIONS = join(import.meta.dirname, "functions");
const WATCHER = join(FUNCTIONS, "extensions-layer", "extensions", "watcher");
const LAYER = { arn: "arn:aws:lambda:eu-central-1:000000000000:layer:watcher:1", sha256: "extensions-layer" };

function watched(module: string, watcher = "", more: Partial<FunctionVersion> = {}): FunctionVersion {
  const variables = { WATCHER: watcher, ...more.variables };
  return versionOf(module, { timeoutMs: 5_000, ...more, layers: [LAYER], variables });
}

const linesOf = ({ events }: House): readonly string[] => events.map(({ message }) => message);

export function extensionsSuite(driver: string): void {
  test("an extension registers before the runtime starts, sees every invocation, and hears of the end", async () => {
    const house = await openHouse(driver);
    const version = watched("lives");
    const first = await house.invoke(version, {}, { tail: true });
    const second = await house.invoke(version, {}, { tail: true });
    assert.deepEqual([first.functionError, second.functionError], [undefined, undefined]);
    await house[Symbol.asyncDispose]();
    const lines = linesOf(house);
    const registered = lines.findIndex((line) => line.startsWith("watcher registered"));
    const facts =
      '{"accountId":"000000000000","functionName":"lives","functionVersion":"$LATEST","handler":"lives.handler"}';
    assert.equal(lines[registered], `watcher registered undefined ${facts}\n`);
    assert.ok(registered < lines.findIndex((line) => line.endsWith("\tloading\n")), lines.join(""));
    assert.ok(lines.includes("EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n"));
    assert.deepEqual(
      lines.filter((line) => line.startsWith("watcher saw")),
      [first.requestId, second.requestId]
        .map((id) => `watcher saw INVOKE ${id}\n`)
        .concat("watcher saw SHUTDOWN spindown\n"),
    );
  });

  test("an extension that works on after the answer delays the next invocation, not the answer", async () => {
    await using house = await openHouse(driver);
    const version = watched("lives", "works on");
    await house.invoke(version);
    house.onEvent = () => undefined;
    assert.equal(linesOf(house).includes("watcher is done\n"), false);
    const environments = (): number => house.environments.list().filter(({ state }) => state !== "waiting").length;
    await until("it rests", () => house.environments.list().some(({ state }) => state === "idle"));
    const lines = linesOf(house);
    assert.ok(lines.indexOf("watcher is done\n") < lines.findIndex((line) => line.startsWith("REPORT")));
    assert.equal(environments(), 1);
  });

  test("a function that runs out of time takes its extensions along, which hear why", async () => {
    await using house = await openHouse(driver);
    const version = watched("lives", "", { timeoutMs: 1_500 });
    const { errorType } = await house.invoke(version, { hang: true });
    assert.equal(errorType, "Sandbox.Timedout");
    assert.ok(linesOf(house).includes("watcher saw SHUTDOWN timeout\n"));
    assert.equal((await house.invoke(version)).functionError, undefined);
  });

  test("an extension that crashes fails the invocation, and the next one has a fresh process", async () => {
    await using house = await openHouse(driver);
    const version = watched("lives", "crashes");
    const { text, requestId, logTail } = await house.invoke(version, { hang: true }, { tail: true });
    const errorMessage = `RequestId: ${requestId} Error: exit status 4`;
    assert.equal(text, JSON.stringify({ errorType: "Extension.Crash", errorMessage }));
    assert.match(logTail ?? "", /\tStatus: error\tError Type: Extension\.Crash\n$/);
    assert.equal((await house.invoke(version, { hang: true })).errorType, "Extension.Crash");
  });

  test("an extension that cannot start, ends, or gives up during init fails the init in AWS's words", async () => {
    await using house = await openHouse(driver);
    const cases = [
      ["never registers", "Extension.Crash", "exit status 3"],
      ["gives up", "Extension.InitError", "Extension.NoNetwork"],
    ] as const;
    for (const [watcher, errorType, reason] of cases) {
      const version = watched("lives", watcher, { revisionId: watcher });
      const { text, requestId } = await house.invoke(version);
      assert.equal(text, JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${reason}` }));
      const report = linesOf(house).findLast((line) => line.startsWith("INIT_REPORT")) ?? "";
      assert.ok(report.endsWith(`\tPhase: invoke\tStatus: error\tError Type: ${errorType}\n`), report);
    }
    const broken = { arn: LAYER.arn, sha256: "unstartable-layer" };
    const { text, requestId } = await house.invoke(versionOf("lives", { layers: [broken], revisionId: "unstartable" }));
    const errorMessage = `RequestId: ${requestId} Error: fork/exec /opt/extensions/unstartable: permission denied`;
    assert.equal(text, JSON.stringify({ errorType: "Extension.LaunchError", errorMessage }));
  });

  test("layers with more extensions than there may be start none of them, and cost no more than others", async () => {
    await using house = await openHouse(driver);
    const layer = mkdtempSync(join(tmpdir(), "lambent-layer-"));
    try {
      mkdirSync(join(layer, "extensions"));
      for (let number = 0; number < 1000; number += 1) copyFileSync(WATCHER, join(layer, "extensions", `${number}`));
      const many = { arn: LAYER.arn, sha256: relative(FUNCTIONS, layer) };
      const { text, requestId } = await house.invoke(versionOf("lives", { layers: [many], revisionId: "many" }));
      const errorMessage = `RequestId: ${requestId} Error: Extension limit (10) reached`;
      assert.equal(text, JSON.stringify({ errorType: "Extension.LaunchError", errorMessage }));
      const [tries, told] = [2, 11];
      assert.equal(linesOf(house).filter((line) => line.startsWith("EXTENSION")).length, tries * told);
      assert.equal(linesOf(house).filter((line) => line.startsWith("watcher")).length, 0);
    } finally {
      rmSync(layer, { recursive: true, force: true });
    }
  });

  test("a custom runtime's extensions work as others do", async () => {
    await using house = await openHouse(driver);
    const node = testNode(driver);
    const PATH = `${node.slice(0, node.lastIndexOf("/"))}:/usr/bin:/bin`;
    const version = watched("custom", "", { runtime: "provided.al2023", variables: { TEST_NODE: node, PATH } });
    const { functionError, requestId } = await house.invoke(version, { do: "echo" }, { tail: true });
    assert.equal(functionError, undefined);
    assert.ok(linesOf(house).includes(`watcher saw INVOKE ${requestId}\n`), linesOf(house).join(""));
  });
}
