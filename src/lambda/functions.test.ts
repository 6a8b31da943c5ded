import assert from "node:assert/strict";
import { test } from "node:test";
import { ARN, Harness } from "./testing/harness.ts";
import { zipOf } from "./testing/zips.ts";

const HELLO = "export const handler = async (event) => ({ hello: event.name });";

test("a created function answers Pending, is Active afterwards, and runs", async () => {
  await using lambda = await Harness.open();
  const created = await lambda.create("hello", HELLO);
  assert.equal(created.State, "Pending");
  assert.equal(created.StateReasonCode, "Creating");
  assert.equal(created.FunctionArn, ARN("hello"));
  assert.equal(created.Version, "$LATEST");
  assert.equal(created.LastUpdateStatus, undefined);
  const shown = await lambda.call("GetFunctionConfiguration", { FunctionName: "hello" });
  assert.equal(shown.State, "Active");
  assert.equal(shown.LastUpdateStatus, "Successful");
  assert.notEqual(shown.RevisionId, created.RevisionId);
  assert.equal(shown.CodeSha256, created.CodeSha256);
  assert.deepEqual(await lambda.invoke("hello", { name: "world" }), { hello: "world" });
});

test("a created function has AWS's defaults and nothing that was not given", async () => {
  await using lambda = await Harness.open();
  const { RevisionId, LastModified, CodeSha256, CodeSize, RuntimeVersionConfig, ...rest } = await lambda.create(
    "plain",
    HELLO,
  );
  assert.match(String(LastModified), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  assert.match(String(RevisionId), /^[0-9a-f-]{36}$/);
  assert.equal(Buffer.from(String(CodeSha256), "base64").length, 32);
  assert.ok(Number(CodeSize) > 0);
  assert.match(String(RuntimeVersionConfig?.RuntimeVersionArn), /^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/);
  assert.deepEqual(rest, {
    FunctionName: "plain",
    FunctionArn: ARN("plain"),
    Runtime: "nodejs22.x",
    Role: "arn:aws:iam::000000000000:role/test",
    Handler: "index.handler",
    Description: "",
    Timeout: 3,
    MemorySize: 128,
    Version: "$LATEST",
    TracingConfig: { Mode: "PassThrough" },
    PackageType: "Zip",
    Architectures: ["x86_64"],
    EphemeralStorage: { Size: 512 },
    LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/plain" },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    State: "Pending",
    StateReason: "The function is being created.",
    StateReasonCode: "Creating",
  });
});

test("a name that is taken is a conflict, and the first function stays", async () => {
  await using lambda = await Harness.open();
  await lambda.create("taken", HELLO);
  await assert.rejects(lambda.create("taken", "export const handler = () => 2;"), {
    name: "ResourceConflictException",
    message: "Function already exist: taken",
  });
  assert.deepEqual(await lambda.invoke("taken", { name: "first" }), { hello: "first" });
});

test("of two clients that create the same name at once, one wins", async () => {
  await using lambda = await Harness.open();
  const outcomes = await Promise.allSettled([lambda.create("race", HELLO), lambda.create("race", HELLO)]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("new code runs as soon as its update has been answered", async () => {
  await using lambda = await Harness.open();
  await lambda.create("changing", "export const handler = () => 1;");
  const updated = await lambda.call("UpdateFunctionCode", {
    FunctionName: "changing",
    ZipFile: await zipOf({ "index.mjs": "export const handler = () => 2;" }),
  });
  assert.equal(updated.State, "Active");
  assert.equal(updated.LastUpdateStatus, "InProgress");
  assert.equal(await lambda.invoke("changing"), 2);
});

test("of two clients that update from the same RevisionId, the second gets a failed precondition", async () => {
  await using lambda = await Harness.open();
  await lambda.create("shared", HELLO);
  const { RevisionId } = await lambda.call("GetFunctionConfiguration", { FunctionName: "shared" });
  const update = (Description: string) =>
    lambda.call("UpdateFunctionConfiguration", { FunctionName: "shared", Description, RevisionId: String(RevisionId) });
  const outcomes = await Promise.allSettled([update("a"), update("b")]);
  const lost = outcomes.filter((outcome) => outcome.status === "rejected");
  assert.equal(lost.length, 1);
  assert.ok(["PreconditionFailedException", "ResourceConflictException"].includes(lost[0]?.reason.name));
  await assert.rejects(update("c"), {
    name: "PreconditionFailedException",
    message:
      "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  });
});

test("a deleted function is gone for every operation, and its name is free again", async () => {
  await using lambda = await Harness.open();
  await lambda.create("gone", HELLO);
  assert.deepEqual(await lambda.call("DeleteFunction", { FunctionName: "gone" }), { StatusCode: 204 });
  const missing = { name: "ResourceNotFoundException", message: `Function not found: ${ARN("gone")}` };
  await assert.rejects(lambda.call("GetFunction", { FunctionName: "gone" }), missing);
  await assert.rejects(lambda.call("DeleteFunction", { FunctionName: "gone" }), missing);
  await assert.rejects(lambda.invoke("gone"), { message: `Function not found: ${ARN("gone")}:$LATEST` });
  assert.deepEqual(lambda.environments.retired.at(-1), { functionArn: ARN("gone"), revisions: [] });
  await lambda.create("gone", HELLO);
});

test("functions outlive a restart of the server", async () => {
  await using lambda = await Harness.open();
  await lambda.create("lasting", HELLO);
  await lambda.restart();
  assert.deepEqual(await lambda.invoke("lasting", { name: "again" }), { hello: "again" });
});

test("a function that is made anew while its namesake is deleted is whole", async () => {
  await using lambda = await Harness.open();
  for (let round = 0; round < 10; round += 1) {
    await lambda.create("phoenix", HELLO, { Publish: true });
    const recreate = async (): Promise<void> => {
      for (;;) {
        try {
          await lambda.create("phoenix", HELLO, { Publish: true });
          return;
        } catch (error) {
          assert.equal(error instanceof Error && error.name, "ResourceConflictException");
        }
      }
    };
    await Promise.all([lambda.call("DeleteFunction", { FunctionName: "phoenix" }), recreate()]);
    assert.deepEqual(await lambda.invoke("phoenix", { name: "v1" }, "1"), { hello: "v1" });
    await lambda.call("DeleteFunction", { FunctionName: "phoenix" });
  }
});

test("what infrastructure tools ask for after a deployment is answered", async () => {
  await using lambda = await Harness.open();
  const FunctionName = "asked";
  await lambda.create(FunctionName, HELLO);
  const signing = await lambda.call("GetFunctionCodeSigningConfig", { FunctionName });
  assert.deepEqual(JSON.stringify(signing), "{}");
  assert.equal((await lambda.call("GetFunctionRecursionConfig", { FunctionName })).RecursiveLoop, "Terminate");
  assert.equal((await lambda.call("GetRuntimeManagementConfig", { FunctionName })).UpdateRuntimeOn, "Auto");
  assert.deepEqual((await lambda.call("ListEventSourceMappings", {})).EventSourceMappings, []);
  await assert.rejects(lambda.call("ListFunctionUrlConfigs", { FunctionName: "none" }), {
    name: "ResourceNotFoundException",
  });
});
