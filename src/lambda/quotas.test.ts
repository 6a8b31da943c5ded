import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../base/index.ts";
import { quotasNamed, shownQuotas } from "./quotas.ts";
import { Harness } from "./testing/harness.ts";
import { zipOf } from "./testing/zips.ts";

const SOURCE = "export const handler = () => 1;";

test("GetAccountSettings counts code of functions, versions and layers, and a full account takes no more", async () => {
  const zip = await zipOf({ "index.mjs": SOURCE });
  const layer = await zipOf({ "nodejs/x.js": "1" });
  const codeStorageBytes = 2 * zip.length + layer.length;
  await using lambda = await Harness.open({ room: { quotas: { codeStorageBytes } } });
  const usage = async () => (await lambda.call("GetAccountSettings", {})).AccountUsage;
  await lambda.create("f", SOURCE);
  assert.deepEqual(await usage(), { TotalCodeSize: zip.length, FunctionCount: 1 });
  await lambda.call("PublishVersion", { FunctionName: "f" });
  assert.deepEqual(await usage(), { TotalCodeSize: 2 * zip.length, FunctionCount: 1 });
  await lambda.call("PublishLayerVersion", { LayerName: "lay", Content: { ZipFile: layer } });
  const limit = (await lambda.call("GetAccountSettings", {})).AccountLimit;
  assert.deepEqual([(await usage())?.TotalCodeSize, limit?.TotalCodeSize], [codeStorageBytes, codeStorageBytes]);
  await assert.rejects(lambda.create("g", SOURCE), { name: "CodeStorageExceededException" });
  await assert.rejects(lambda.call("UpdateFunctionCode", { FunctionName: "f", ZipFile: zip }), {
    name: "CodeStorageExceededException",
  });
  await lambda.call("UpdateFunctionConfiguration", { FunctionName: "f", Description: "changed" });
  await assert.rejects(lambda.call("PublishVersion", { FunctionName: "f" }), { name: "CodeStorageExceededException" });
  await lambda.call("DeleteFunction", { FunctionName: "f" });
  assert.deepEqual(await usage(), { TotalCodeSize: layer.length, FunctionCount: 0 });
  await lambda.create("g", SOURCE);
});

test("a quota that the server changes is the one that is counted: environment, layers, tags, filters", async () => {
  await using lambda = await Harness.open({
    room: { quotas: { environmentBytes: 20, layers: 1, tags: 1, filters: 1 } },
  });
  const refused = (settings: Parameters<Harness["create"]>[2], message: RegExp) =>
    assert.rejects(lambda.create("f", SOURCE, settings), { name: "InvalidParameterValueException", message });
  await refused({ Environment: { Variables: { LONG: "x".repeat(20) } } }, /exceeded the 4KB limit/);
  await refused({ Tags: { a: "1", b: "2" } }, /^Number of tags exceeds resource tag limit\.$/);
  const arn = "arn:aws:lambda:us-east-1:000000000000:layer:l";
  await refused({ Layers: [`${arn}:1`, `${arn}:2`] }, /^Cannot reference more than 1 layers\.$/);
  await lambda.create("f", SOURCE, { Environment: { Variables: { A: "1" } }, Tags: { a: "1" } });
  const Filters = [{ Pattern: "{}" }, { Pattern: "{}" }];
  await assert.rejects(
    lambda.call("CreateEventSourceMapping", {
      FunctionName: "f",
      EventSourceArn: "arn:aws:sqs:us-east-1:000000000000:q",
      FilterCriteria: { Filters },
    }),
    { name: "InvalidParameterValueException" },
  );
});

test("quotas have names for the command line, and a name that none has is told with those that are", () => {
  assert.deepEqual(quotasNamed({ "environment-bytes": 8192, layers: 6 }), { environmentBytes: 8192, layers: 6 });
  assert.equal(shownQuotas({ environmentBytes: 8192 })["environment-bytes"]?.value, 8192);
  assert.throws(
    () => quotasNamed({ "environment-size": 1 }),
    (error) => error instanceof UserError && /environment-bytes/.test(error.nextStep ?? ""),
  );
});
