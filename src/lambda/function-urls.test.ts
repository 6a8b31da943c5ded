import assert from "node:assert/strict";
import { test } from "node:test";
import { ARN, Harness } from "./testing/harness.ts";

const SOURCE = "export const handler = () => 1;";
const NO_FUNCTION = { name: "ResourceNotFoundException", message: "Function does not exist" };
const NO_CONFIG = { name: "ResourceNotFoundException", message: "The resource you requested does not exist." };

async function withAlias(): Promise<Harness> {
  const lambda = await Harness.open();
  await lambda.create("f", SOURCE);
  await lambda.call("PublishVersion", { FunctionName: "f" });
  await lambda.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  return lambda;
}

test("a function URL is created, shown, updated and deleted with AWS's members", async () => {
  await using lambda = await withAlias();
  const created = await lambda.call("CreateFunctionUrlConfig", { FunctionName: "f", AuthType: "NONE" });
  assert.match(created.FunctionUrl ?? "", /^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:4566\/$/);
  assert.deepEqual(Object.keys(created), ["FunctionUrl", "FunctionArn", "AuthType", "CreationTime"]);
  assert.equal(created.FunctionArn, ARN("f"));

  const shown = await lambda.call("GetFunctionUrlConfig", { FunctionName: "f" });
  assert.deepEqual(shown, { ...created, LastModifiedTime: created.CreationTime, InvokeMode: "BUFFERED" });

  const Cors = { AllowOrigins: ["*"], AllowMethods: ["GET"], MaxAge: 60 };
  const updated = await lambda.call("UpdateFunctionUrlConfig", { FunctionName: "f", AuthType: "AWS_IAM", Cors });
  assert.deepEqual([updated.AuthType, updated.Cors, updated.FunctionUrl], ["AWS_IAM", Cors, created.FunctionUrl]);
  const cleared = await lambda.call("UpdateFunctionUrlConfig", { FunctionName: "f", Cors: {} });
  assert.equal(cleared.Cors, undefined, "an empty configuration is none");

  await lambda.call("DeleteFunctionUrlConfig", { FunctionName: "f" });
  await assert.rejects(lambda.call("GetFunctionUrlConfig", { FunctionName: "f" }), NO_CONFIG);
});

test("a function and each of its aliases have one URL at most", async () => {
  await using lambda = await withAlias();
  const create = (Qualifier?: string) =>
    lambda.call("CreateFunctionUrlConfig", {
      FunctionName: "f",
      AuthType: "NONE",
      InvokeMode: "RESPONSE_STREAM",
      ...(Qualifier !== undefined && { Qualifier }),
    });
  const own = await create();
  const aliased = await create("live");
  assert.equal(aliased.InvokeMode, "RESPONSE_STREAM");
  assert.equal(aliased.FunctionArn, `${ARN("f")}:live`);
  assert.notEqual(own.FunctionUrl, aliased.FunctionUrl);
  await assert.rejects(create("live"), {
    name: "ResourceConflictException",
    message: `Failed to create function url config for [functionArn = ${ARN("f")}:live]. Error message:  FunctionUrlConfig exists for this Lambda function`,
  });
  const first = await lambda.call("ListFunctionUrlConfigs", { FunctionName: "f", MaxItems: 1 });
  assert.deepEqual(
    first.FunctionUrlConfigs?.map(({ FunctionArn }) => FunctionArn),
    [ARN("f")],
  );
  const rest = await lambda.call("ListFunctionUrlConfigs", { FunctionName: "f", Marker: String(first.NextMarker) });
  assert.deepEqual(
    rest.FunctionUrlConfigs?.map(({ FunctionArn }) => FunctionArn),
    [`${ARN("f")}:live`],
  );
  await lambda.call("DeleteFunctionUrlConfig", { FunctionName: "f" });
  assert.equal((await lambda.call("ListFunctionUrlConfigs", { FunctionName: "f" })).FunctionUrlConfigs?.length, 1);
});

test("what has no function, alias or URL is refused in AWS's words", async () => {
  await using lambda = await withAlias();
  const settings = { AuthType: "NONE" } as const;
  const none = { FunctionName: "none" };
  const noAlias = { FunctionName: "f", Qualifier: "absent" };
  for (const target of [none, noAlias]) {
    await assert.rejects(lambda.call("CreateFunctionUrlConfig", { ...target, ...settings }), NO_FUNCTION);
    await assert.rejects(lambda.call("UpdateFunctionUrlConfig", { ...target, ...settings }), NO_FUNCTION);
    await assert.rejects(lambda.call("GetFunctionUrlConfig", target), NO_CONFIG);
    await assert.rejects(lambda.call("DeleteFunctionUrlConfig", target), NO_CONFIG);
  }
  await assert.rejects(lambda.call("ListFunctionUrlConfigs", none), NO_FUNCTION);
  await assert.rejects(lambda.call("UpdateFunctionUrlConfig", { FunctionName: "f", ...settings }), NO_CONFIG);
  await assert.rejects(lambda.call("GetFunctionUrlConfig", { FunctionName: "f:live", Qualifier: "other" }), {
    name: "InvalidParameterValueException",
  });
});

test("URLs are found by their ids, outlive a restart and their alias, and go with the function", async () => {
  await using lambda = await withAlias();
  const { FunctionUrl = "" } = await lambda.call("CreateFunctionUrlConfig", {
    FunctionName: "f",
    Qualifier: "live",
    AuthType: "NONE",
  });
  const id = new URL(FunctionUrl).hostname.split(".")[0] ?? "";
  await lambda.restart();
  assert.deepEqual(lambda.room.urls.byId(id)?.alias, "live");
  await lambda.call("DeleteAlias", { FunctionName: "f", Name: "live" });
  assert.equal((await lambda.call("GetFunctionUrlConfig", { FunctionName: "f", Qualifier: "live" })).AuthType, "NONE");
  assert.ok(lambda.room.urls.byId(id));
  await lambda.call("DeleteFunction", { FunctionName: "f" });
  assert.equal(lambda.room.urls.byId(id), undefined);
  assert.deepEqual([...lambda.room.urls.all()], []);
});

test("behind a proxy URLs are shown with the proxy's scheme and domain", async () => {
  await using lambda = await Harness.open({ room: { functionUrlBase: "https://fn.example.com" } });
  await lambda.create("f", SOURCE);
  const { FunctionUrl } = await lambda.call("CreateFunctionUrlConfig", { FunctionName: "f", AuthType: "NONE" });
  assert.match(FunctionUrl ?? "", /^https:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.fn\.example\.com\/$/);
});
