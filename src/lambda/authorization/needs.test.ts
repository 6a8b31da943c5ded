/** What every operation of Lambda needs, one row for each of the model's operations: action and resource, and condition keys. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as client from "@aws-sdk/client-lambda";
import type { Authorization, Need } from "../../wire/index.ts";
import { testCall } from "../../wire/testing/call.ts";
import { ACCOUNT, Harness, REGION, ROLE } from "../testing/harness.ts";
import { zipOf } from "../testing/zips.ts";

const arn = (resource: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:${resource}`;
const FN = arn("function:alpha");
const LIVE = arn("function:alpha:live");
const LAYER = arn("layer:lib");
const MAPPING = "11111111-2222-3333-4444-555555555555";
const SIGNING = arn("code-signing-config:csc-0123456789abcdef0");
const EXECUTION = arn("function:alpha:1/durable-execution/name/id");
const PROVIDER = arn("capacity-provider:pool");
const OPERATOR = `arn:aws:iam::${ACCOUNT}:role/operator`;

let house: Harness;
let authorization: Authorization<typeof client>;

before(async () => {
  house = await Harness.open();
  authorization = await house.room.loadAuthorization();
  await house.create("alpha", "export const handler = async () => 1;", { Tags: { team: "a" }, Publish: true });
  await house.call("CreateAlias", { FunctionName: "alpha", Name: "live", FunctionVersion: "1" });
  await house.call("CreateFunctionUrlConfig", { FunctionName: "alpha", Qualifier: "live", AuthType: "AWS_IAM" });
  const permission = { StatementId: "s", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };
  await house.call("AddPermission", { FunctionName: "alpha", Qualifier: "live", ...permission });
  const Content = { ZipFile: await zipOf({ a: "b" }) };
  await house.call("PublishLayerVersion", { LayerName: "lib", Content });
});
after(() => house[Symbol.asyncDispose]());

async function needsOf(operation: string, input: object): Promise<readonly Need[]> {
  const say: unknown = Reflect.get(authorization, operation);
  assert.ok(typeof say === "function", operation);
  const needs: unknown = await say(input, testCall({ service: "lambda", operation }));
  assert.ok(Array.isArray(needs));
  return needs;
}

const name = { FunctionName: "alpha" };
const live = { ...name, Qualifier: "live" };
const layer = { LayerName: "lib", VersionNumber: 1 };
const signing = { CodeSigningConfigArn: SIGNING };
const execution = { DurableExecutionArn: EXECUTION };
const provider = { CapacityProviderName: "pool" };
const mapping = { UUID: MAPPING };
const callback = { CallbackId: "id" };

/** Input, then `action resource` of each need; one that is the operation's own name is left out. */
const rows: Readonly<Record<string, readonly [input: object, ...needs: string[]]>> = {
  AddLayerVersionPermission: [layer, `${LAYER}:1`],
  AddPermission: [live, LIVE],
  CheckpointDurableExecution: [execution, EXECUTION],
  CreateAlias: [{ ...name, Name: "live" }, FN],
  CreateCapacityProvider: [
    { ...provider, Tags: { a: "b" }, PermissionsConfig: { CapacityProviderOperatorRoleArn: OPERATOR } },
    PROVIDER,
    `lambda:TagResource ${PROVIDER}`,
    `iam:PassRole ${OPERATOR}`,
  ],
  CreateCodeSigningConfig: [{}, "*"],
  CreateEventSourceMapping: [name, "*"],
  CreateFunction: [
    {
      ...name,
      Role: ROLE,
      Tags: { a: "b" },
      Layers: [`${LAYER}:1`, "arn:aws:lambda:us-east-1:999988887777:layer:x:2"],
    },
    FN,
    `lambda:TagResource ${FN}`,
    `iam:PassRole ${ROLE}`,
    `lambda:GetLayerVersion ${LAYER}:1`,
    "lambda:GetLayerVersion arn:aws:lambda:us-east-1:999988887777:layer:x:2",
  ],
  CreateFunctionUrlConfig: [{ ...live, AuthType: "NONE" }, LIVE],
  DeleteAlias: [{ ...name, Name: "live" }, FN],
  DeleteCapacityProvider: [provider, PROVIDER],
  DeleteCodeSigningConfig: [signing, SIGNING],
  DeleteEventSourceMapping: [mapping, arn(`event-source-mapping:${MAPPING}`)],
  DeleteFunction: [live, LIVE],
  DeleteFunctionCodeSigningConfig: [name, FN],
  DeleteFunctionConcurrency: [name, FN],
  DeleteFunctionEventInvokeConfig: [live, LIVE],
  DeleteFunctionUrlConfig: [live, LIVE],
  DeleteLayerVersion: [layer, `${LAYER}:1`],
  DeleteProvisionedConcurrencyConfig: [live, LIVE],
  DeleteResourcePolicy: [{ ResourceArn: FN }, FN],
  GetAccountSettings: [{}, "*"],
  GetAlias: [{ ...name, Name: "live" }, FN],
  GetCapacityProvider: [{ CapacityProviderName: PROVIDER }, PROVIDER],
  GetCodeSigningConfig: [signing, SIGNING],
  GetDurableExecution: [execution, EXECUTION],
  GetDurableExecutionHistory: [execution, EXECUTION],
  GetDurableExecutionState: [execution, EXECUTION],
  GetEventSourceMapping: [mapping, arn(`event-source-mapping:${MAPPING}`)],
  GetFunction: [{ FunctionName: `${FN}:live` }, LIVE],
  GetFunctionCodeSigningConfig: [name, FN],
  GetFunctionConcurrency: [name, FN],
  GetFunctionConfiguration: [live, LIVE],
  GetFunctionEventInvokeConfig: [live, LIVE],
  GetFunctionRecursionConfig: [name, FN],
  GetFunctionScalingConfig: [{ ...name, Qualifier: "1" }, `${FN}:1`],
  GetFunctionUrlConfig: [live, LIVE],
  GetLayerVersion: [layer, `${LAYER}:1`],
  GetLayerVersionByArn: [{ Arn: `${LAYER}:1` }, `lambda:GetLayerVersion ${LAYER}:1`],
  GetLayerVersionPolicy: [layer, `${LAYER}:1`],
  GetPolicy: [live, LIVE],
  GetProvisionedConcurrencyConfig: [live, LIVE],
  GetResourcePolicy: [{ ResourceArn: LIVE }, LIVE],
  GetRuntimeManagementConfig: [live, LIVE],
  Invoke: [live, `lambda:InvokeFunction ${LIVE}`],
  InvokeAsync: [name, `lambda:InvokeFunction ${FN}`],
  InvokeWithResponseStream: [name, `lambda:InvokeFunction ${FN}`],
  ListAliases: [name, FN],
  ListCapacityProviders: [{}, "*"],
  ListCodeSigningConfigs: [{}, "*"],
  ListDurableExecutionsByFunction: [live, LIVE],
  ListEventSourceMappings: [name, "*"],
  ListFunctionEventInvokeConfigs: [name, FN],
  ListFunctionUrlConfigs: [name, FN],
  ListFunctionVersionsByCapacityProvider: [provider, PROVIDER],
  ListFunctions: [{}, "*"],
  ListFunctionsByCodeSigningConfig: [signing, SIGNING],
  ListLayerVersions: [{ LayerName: "lib" }, "*"],
  ListLayers: [{}, "*"],
  ListProvisionedConcurrencyConfigs: [name, FN],
  ListTags: [{ Resource: FN }, FN],
  ListVersionsByFunction: [name, FN],
  PublishLayerVersion: [{ LayerName: "lib" }, LAYER],
  PublishVersion: [name, FN],
  PutFunctionCodeSigningConfig: [{ ...name, ...signing }, FN, `lambda:PutFunctionCodeSigningConfig ${SIGNING}`],
  PutFunctionConcurrency: [name, FN],
  PutFunctionEventInvokeConfig: [live, LIVE],
  PutFunctionRecursionConfig: [name, FN],
  PutFunctionScalingConfig: [{ ...name, Qualifier: "1" }, `${FN}:1`],
  PutProvisionedConcurrencyConfig: [live, LIVE],
  PutResourcePolicy: [{ ResourceArn: FN }, FN],
  PutRuntimeManagementConfig: [name, FN],
  RemoveLayerVersionPermission: [layer, `${LAYER}:1`],
  RemovePermission: [live, LIVE],
  SendDurableExecutionCallbackFailure: [callback, "*"],
  SendDurableExecutionCallbackHeartbeat: [callback, "*"],
  SendDurableExecutionCallbackSuccess: [callback, "*"],
  StopDurableExecution: [execution, EXECUTION],
  TagResource: [{ Resource: PROVIDER, Tags: { a: "b" } }, PROVIDER],
  UntagResource: [{ Resource: FN, TagKeys: ["a"] }, FN],
  UpdateAlias: [{ ...name, Name: "live" }, FN],
  UpdateCapacityProvider: [provider, PROVIDER],
  UpdateCodeSigningConfig: [signing, SIGNING],
  UpdateEventSourceMapping: [mapping, arn(`event-source-mapping:${MAPPING}`)],
  UpdateFunctionCode: [name, FN],
  UpdateFunctionConfiguration: [
    { ...name, Role: ROLE, Layers: [`${LAYER}:1`] },
    FN,
    `iam:PassRole ${ROLE}`,
    `lambda:GetLayerVersion ${LAYER}:1`,
  ],
  UpdateFunctionEventInvokeConfig: [live, LIVE],
  UpdateFunctionUrlConfig: [live, LIVE],
};

test("every operation of the model has its row, and says what it needs", () => {
  const operations = Object.keys(client)
    .filter((key) => key.endsWith("Command") && key !== "$Command")
    .map((key) => key.slice(0, -"Command".length))
    .sort();
  assert.deepEqual(Object.keys(rows).sort(), operations);
  assert.deepEqual(Object.keys(authorization).sort(), operations);
});

for (const [operation, [input, ...expected]] of Object.entries(rows)) {
  test(`${operation} needs its action on its resource`, async () => {
    const needs = await needsOf(operation, input);
    assert.deepEqual(
      needs.map(({ action, resource }) => `${action} ${resource}`),
      expected.map((text) => (text.includes(" ") ? text : `lambda:${operation} ${text}`)),
    );
  });
}

test("condition keys say what is asked for", async () => {
  const context = async (operation: string, input: object, at = 0): Promise<Need["context"]> =>
    (await needsOf(operation, input))[at]?.context;
  const vpc = { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1", "sg-2"] };
  const creating = {
    FunctionName: "new",
    Role: ROLE,
    Tags: { stage: "x" },
    VpcConfig: vpc,
    Layers: [`${LAYER}:1`],
    ...signing,
  };
  assert.deepEqual(await context("CreateFunction", creating), {
    "lambda:Layer": [`${LAYER}:1`],
    "lambda:SubnetIds": ["subnet-1"],
    "lambda:SecurityGroupIds": ["sg-1", "sg-2"],
    "lambda:CodeSigningConfigArn": SIGNING,
    "aws:RequestTag/stage": "x",
    "aws:TagKeys": ["stage"],
  });
  assert.deepEqual(await context("CreateFunction", creating, 2), {
    "iam:PassedToService": "lambda.amazonaws.com",
    "iam:AssociatedResourceArn": arn("function:new"),
  });
  assert.deepEqual(await context("GetFunction", name), { "aws:ResourceTag/team": "a" });
  const url = { "aws:ResourceTag/team": "a", "lambda:FunctionArn": LIVE };
  assert.deepEqual(await context("GetFunctionUrlConfig", live), { ...url, "lambda:FunctionUrlAuthType": "AWS_IAM" });
  const opened = await context("UpdateFunctionUrlConfig", { ...live, AuthType: "NONE" });
  assert.deepEqual(opened, { ...url, "lambda:FunctionUrlAuthType": "NONE" });
  const granting = { ...name, Principal: "s3.amazonaws.com", FunctionUrlAuthType: "NONE" };
  assert.deepEqual(await context("AddPermission", granting), {
    "aws:ResourceTag/team": "a",
    "lambda:Principal": "s3.amazonaws.com",
    "lambda:FunctionUrlAuthType": "NONE",
  });
  assert.deepEqual(await context("CreateEventSourceMapping", name), { "lambda:FunctionArn": FN });
  const untagging = await context("UntagResource", { Resource: FN, TagKeys: ["team"] });
  assert.deepEqual(untagging, { "aws:ResourceTag/team": "a", "aws:TagKeys": ["team"] });
});

test("the policy of what is named goes with the need", async () => {
  const policy = async (input: object): Promise<string | null | undefined> =>
    (await needsOf("Invoke", input))[0]?.resourcePolicy;
  assert.match((await policy(live)) ?? "", /s3\.amazonaws\.com/);
  assert.equal(await policy({ FunctionName: "nobody" }), null);
  assert.equal((await needsOf("GetLayerVersion", layer))[0]?.resourcePolicy, null);
});
