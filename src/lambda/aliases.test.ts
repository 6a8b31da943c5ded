import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../base/index.ts";
import { ARN, Harness, type HarnessOptions } from "./testing/harness.ts";
import { zipOf } from "./testing/zips.ts";

/** A function with versions 1 and 2 that say their number. */
async function twoVersions(options: HarnessOptions = {}): Promise<Harness> {
  const lambda = await Harness.open(options);
  await lambda.create("f", "export const handler = () => 1;", { Publish: true });
  const ZipFile = await zipOf({ "index.mjs": "export const handler = () => 2;" });
  await lambda.call("UpdateFunctionCode", { FunctionName: "f", ZipFile, Publish: true });
  return lambda;
}

test("an alias is invoked as its version, and its ARN is what the function sees", async () => {
  await using lambda = await twoVersions();
  const created = await lambda.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  assert.deepEqual(
    { ...created, RevisionId: "" },
    { AliasArn: `${ARN("f")}:live`, Name: "live", FunctionVersion: "1", Description: "", RevisionId: "" },
  );
  assert.equal(await lambda.invoke("f:live"), 1);
  assert.equal(lambda.environments.invoked.at(-1)?.request.invokedFunctionArn, `${ARN("f")}:live`);
  const moved = await lambda.call("UpdateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "2" });
  assert.notEqual(moved.RevisionId, created.RevisionId);
  assert.equal(await lambda.invoke("f", {}, "live"), 2);
  const configuration = await lambda.call("GetFunctionConfiguration", { FunctionName: "f", Qualifier: "live" });
  assert.equal(configuration.FunctionArn, `${ARN("f")}:live`);
  assert.equal(configuration.Version, "2");
});

test("weights split an alias's traffic", async () => {
  let fraction = 0;
  const random = { ...systemRandom, fraction: () => fraction };
  await using lambda = await twoVersions({ room: { random } });
  await lambda.call("CreateAlias", {
    FunctionName: "f",
    Name: "split",
    FunctionVersion: "1",
    RoutingConfig: { AdditionalVersionWeights: { "2": 0.25 } },
  });
  fraction = 0.24;
  assert.equal(await lambda.invoke("f:split"), 2);
  fraction = 0.25;
  assert.equal(await lambda.invoke("f:split"), 1);
  await lambda.call("UpdateAlias", {
    FunctionName: "f",
    Name: "split",
    RoutingConfig: { AdditionalVersionWeights: {} },
  });
  assert.equal((await lambda.call("GetAlias", { FunctionName: "f", Name: "split" })).RoutingConfig, undefined);
});

test("wrong aliases are refused with AWS's texts", async () => {
  await using lambda = await twoVersions();
  const create = (Name: string, FunctionVersion: string, weights?: Record<string, number>, FunctionName = "f") =>
    lambda.call("CreateAlias", {
      FunctionName,
      Name,
      FunctionVersion,
      ...(weights && { RoutingConfig: { AdditionalVersionWeights: weights } }),
    });
  await create("taken", "1");
  const cases: readonly (readonly [() => Promise<unknown>, string])[] = [
    [() => create("taken", "1"), `Alias already exists: ${ARN("f")}:taken`],
    [() => create("a", "10"), `Function not found: ${ARN("f")}:10`],
    [() => create("a", "1", { "10": 0.5 }), `Function not found: ${ARN("f")}:10`],
    [() => create("a", "1", {}, "none"), `Function not found: ${ARN("none")}:1`],
    [
      () => create("a", "1", { "2": 0.5, "3": 0.1 }),
      "Number of items in AdditionalVersionWeights cannot be greater than 1",
    ],
    [
      () => create("a", "1", { "1": 0.5 }),
      "Invalid function version 1. Function version 1 is already included in routing configuration.",
    ],
    [
      () => create("a", "$LATEST", { "1": 0.5 }),
      "$LATEST is not supported for an alias pointing to more than 1 version",
    ],
    [() => lambda.call("GetAlias", { FunctionName: "f", Name: "none" }), `Cannot find alias arn: ${ARN("f")}:none`],
    [() => lambda.call("UpdateAlias", { FunctionName: "f", Name: "none" }), `Alias not found: ${ARN("f")}:none`],
  ];
  for (const [attempt, message] of cases) await assert.rejects(attempt, { message });
  await assert.rejects(lambda.call("UpdateAlias", { FunctionName: "f", Name: "taken", RevisionId: "x" }), {
    name: "PreconditionFailedException",
  });
});

test("aliases named like JavaScript's own members are aliases like any other", async () => {
  await using lambda = await twoVersions();
  for (const Name of ["__proto__", "constructor"]) {
    await assert.rejects(lambda.invoke(`f:${Name}`), { name: "ResourceNotFoundException" });
    await lambda.call("CreateAlias", { FunctionName: "f", Name, FunctionVersion: "1" });
    assert.equal(await lambda.invoke(`f:${Name}`), 1);
  }
});

test("aliases are listed by name, by version and in pages, and deleting one is idempotent", async () => {
  await using lambda = await twoVersions();
  for (const Name of ["c", "a", "b"]) {
    await lambda.call("CreateAlias", { FunctionName: "f", Name, FunctionVersion: Name === "b" ? "2" : "1" });
  }
  const names = (output: { Aliases?: { Name?: string | undefined }[] | undefined }) =>
    output.Aliases?.map(({ Name }) => Name);
  assert.deepEqual(names(await lambda.call("ListAliases", { FunctionName: "f" })), ["a", "b", "c"]);
  assert.deepEqual(names(await lambda.call("ListAliases", { FunctionName: "f", FunctionVersion: "2" })), ["b"]);
  const page = await lambda.call("ListAliases", { FunctionName: "f", MaxItems: 2 });
  assert.deepEqual(names(page), ["a", "b"]);
  const rest = await lambda.call("ListAliases", { FunctionName: "f", Marker: String(page.NextMarker) });
  assert.deepEqual(names(rest), ["c"]);
  assert.equal(rest.NextMarker, undefined);
  await assert.rejects(lambda.call("ListFunctions", { Marker: String(page.NextMarker) }), {
    name: "InvalidParameterValueException",
  });
  for (let times = 0; times < 2; times += 1) await lambda.call("DeleteAlias", { FunctionName: "f", Name: "a" });
  assert.deepEqual(names(await lambda.call("ListAliases", { FunctionName: "f" })), ["b", "c"]);
});
