/**
 * The shapes of answers: status, and exactly the members that AWS sends. One story from create to delete; each step is a
 * row of request, status and members, so that what is absent counts as much as what is there.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, FUNCTIONS, functionInput, type House, openHouse, settled } from "./support/house.ts";
import type { Answer, Request } from "./support/raw.ts";

const F = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:shape`;
const LISTED =
  "Architectures CodeSha256 CodeSize Description EphemeralStorage FunctionArn FunctionName Handler LastModified LoggingConfig MemorySize PackageType RevisionId Role Runtime SnapStart Timeout TracingConfig Version";
const CREATED = `${LISTED} RuntimeVersionConfig State StateReason StateReasonCode`;
const SETTLED = `${LISTED} RuntimeVersionConfig State LastUpdateStatus`;
const UPDATING = `${SETTLED} LastUpdateStatusReason LastUpdateStatusReasonCode`;
const ALIAS = "AliasArn Name FunctionVersion Description RevisionId";
const LAYER = "Content LayerArn LayerVersionArn Description CreatedDate Version";
const LISTED_LAYER = "LayerVersionArn Description CreatedDate Version";
const EVENTS = "FunctionArn LastModified DestinationConfig";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/;

let house: House;
let input: Record<string, unknown>;

before(async () => {
  house = await openHouse();
  input = await functionInput("shape", { "index.mjs": "export const handler = async () => 1;" });
});

after(() => house?.[Symbol.asyncDispose]());

/** Sends, compares status and members, and returns the answer for what else is to be said. */
async function expect(request: Request, status: number, members: string): Promise<Answer> {
  const answer = await house.send(...request);
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.json).sort(), members.split(" ").filter(Boolean).sort());
  return answer;
}

function itemsOf(answer: Answer, member: string): readonly Record<string, unknown>[] {
  const items = answer.json[member];
  assert.ok(Array.isArray(items), answer.text);
  return items;
}

const path = (rest = ""): string => `${FUNCTIONS}/shape${rest}`;
const tags = `/2017-03-31/tags/${encodeURIComponent(F)}`;

test("a function is created Pending and becomes Active under a new revision", async () => {
  const created = (await expect(["POST", FUNCTIONS, input], 201, CREATED)).json;
  assert.match(String(created["RevisionId"]), UUID);
  assert.match(String(created["LastModified"]), TIME);
  const fixed = {
    Architectures: ["x86_64"],
    Description: "",
    EphemeralStorage: { Size: 512 },
    FunctionArn: F,
    LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/shape" },
    MemorySize: 128,
    PackageType: "Zip",
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    State: "Pending",
    StateReason: "The function is being created.",
    StateReasonCode: "Creating",
    Timeout: 3,
    TracingConfig: { Mode: "PassThrough" },
    Version: "$LATEST",
  };
  for (const [member, value] of Object.entries(fixed)) assert.deepEqual(created[member], value, member);
  const arn = JSON.stringify(created["RuntimeVersionConfig"]);
  assert.match(arn, /^\{"RuntimeVersionArn":"arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}"\}$/);
  await settled(house.send, "shape");
  const active = (await expect(["GET", path("/configuration")], 200, SETTLED)).json;
  assert.deepEqual([active["State"], active["LastUpdateStatus"]], ["Active", "Successful"]);
  assert.notEqual(active["RevisionId"], created["RevisionId"]);
});

test("GetFunction shows tags and reserved concurrency only when there are some", async () => {
  await expect(["GET", path()], 200, "Code Configuration");
  await expect(["POST", tags, { Tags: { a: "b" } }], 204, "");
  await expect(
    ["PUT", `/2017-10-31/functions/shape/concurrency`, { ReservedConcurrentExecutions: 5 }],
    200,
    "ReservedConcurrentExecutions",
  );
  const { json } = await expect(["GET", path()], 200, "Code Configuration Tags Concurrency");
  assert.deepEqual(json["Concurrency"], { ReservedConcurrentExecutions: 5 });
  await expect(["DELETE", `/2017-10-31/functions/shape/concurrency`], 204, "");
  await expect(["GET", `/2019-09-30/functions/shape/concurrency`], 200, "");
  await expect(["DELETE", `${tags}?tagKeys=a&tagKeys=absent`], 204, "");
  assert.deepEqual((await expect(["GET", tags], 200, "Tags")).json, { Tags: {} });
});

test("updates are InProgress, then Successful; each step has its own revision", async () => {
  const before = (await house.send("GET", path("/configuration"))).json["RevisionId"];
  const updating = (await expect(["PUT", path("/configuration"), { Description: "d" }], 200, UPDATING)).json;
  assert.deepEqual(
    [updating["State"], updating["LastUpdateStatus"], updating["LastUpdateStatusReasonCode"]],
    ["Active", "InProgress", "Creating"],
  );
  const after = (await settled(house.send, "shape")).json["RevisionId"];
  assert.equal(new Set([before, updating["RevisionId"], after]).size, 3);
  const code = input["Code"];
  const zip = typeof code === "object" && code !== null && "ZipFile" in code ? code.ZipFile : undefined;
  await expect(["PUT", path("/code"), { ZipFile: zip }], 200, UPDATING);
  await settled(house.send, "shape");
});

test("environment, JSON logging and removed VPC settings are shown as AWS shows them", async () => {
  const steps: readonly (readonly [given: object, shown: Readonly<Record<string, unknown>>])[] = [
    [{ Environment: {} }, { Environment: { Variables: {} } }],
    [
      { LoggingConfig: { LogFormat: "JSON" } },
      {
        LoggingConfig: {
          LogFormat: "JSON",
          ApplicationLogLevel: "INFO",
          SystemLogLevel: "INFO",
          LogGroup: "/aws/lambda/shape",
        },
      },
    ],
    [{ LoggingConfig: { LogFormat: "Text" } }, { LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/shape" } }],
    [
      { VpcConfig: { SubnetIds: [], SecurityGroupIds: [] } },
      { VpcConfig: { SubnetIds: [], SecurityGroupIds: [], VpcId: "", Ipv6AllowedForDualStack: false } },
    ],
  ];
  for (const [given, shown] of steps) {
    const { json } = await house.send("PUT", path("/configuration"), given);
    for (const [member, value] of Object.entries(shown)) assert.deepEqual(json[member], value);
    await settled(house.send, "shape");
  }
});

test("versions: publishing gives a settled version, and the same one again when nothing changed", async () => {
  const full = `${SETTLED} Environment VpcConfig`;
  const first = (await expect(["POST", path("/versions"), { Description: "first" }], 201, full)).json;
  assert.deepEqual([first["FunctionArn"], first["Version"], first["Description"]], [`${F}:1`, "1", "first"]);
  assert.deepEqual([first["State"], first["LastUpdateStatus"]], ["Active", "Successful"]);
  const again = (await expect(["POST", path("/versions"), {}], 201, full)).json;
  assert.deepEqual([again["Version"], again["RevisionId"]], ["1", first["RevisionId"]]);
  const versions = itemsOf(await expect(["GET", path("/versions")], 200, "Versions"), "Versions");
  assert.deepEqual(
    versions.map((version) => version["FunctionArn"]),
    [`${F}:$LATEST`, `${F}:1`],
  );
  for (const version of versions) {
    assert.deepEqual(Object.keys(version).sort(), `${LISTED} Environment VpcConfig`.split(" ").sort());
  }
  await house.send("PUT", path("/configuration"), { Description: "e" });
  await settled(house.send, "shape");
  assert.equal((await expect(["POST", path("/versions"), {}], 201, full)).json["Version"], "2");
});

test("code updated with Publish answers as the new version, still Pending", async () => {
  const { Code: code } = await functionInput("x", { "index.mjs": "export const handler = async () => 2;" });
  const request: Request = ["PUT", path("/code"), { ...(typeof code === "object" ? code : {}), Publish: true }];
  const { json } = await expect(request, 200, `${CREATED} Environment VpcConfig`);
  assert.deepEqual([json["FunctionArn"], json["Version"], json["State"]], [`${F}:3`, "3", "Pending"]);
  await settled(house.send, "shape");
});

test("a function created with Publish shows version 1 under its own ARN", async () => {
  const request: Request = ["POST", FUNCTIONS, { ...input, FunctionName: "published", Publish: true }];
  const { json } = await expect(request, 201, CREATED);
  assert.deepEqual([json["FunctionArn"], json["Version"]], [F.replace("shape", "published"), "1"]);
  await settled(house.send, "published");
  const again = await house.send("POST", `${FUNCTIONS}/published/versions`, {});
  assert.equal(again.json["Version"], "1");
});

test("the ARN of an answer is as qualified as the request", async () => {
  await expect(["POST", path("/aliases"), { Name: "live", FunctionVersion: "1" }], 201, ALIAS);
  const rows: readonly (readonly [name: string, arn: string, version: string])[] = [
    ["shape", F, "$LATEST"],
    ["shape:$LATEST", `${F}:$LATEST`, "$LATEST"],
    ["shape:1", `${F}:1`, "1"],
    ["shape:live", `${F}:live`, "1"],
    [F, F, "$LATEST"],
    [`${F}:live`, `${F}:live`, "1"],
    [`${ACCOUNT}:function:shape`, F, "$LATEST"],
    ["function:shape", F, "$LATEST"],
    [`us-east-1:${ACCOUNT}:function:shape:1`, `${F}:1`, "1"],
    ["shape:1?Qualifier=1", `${F}:1`, "1"],
  ];
  for (const [name, arn, version] of rows) {
    const { json } = await house.send(
      "GET",
      `${FUNCTIONS}/${name.replace("?", "/configuration?")}${name.includes("?") ? "" : "/configuration"}`,
    );
    assert.deepEqual([json["FunctionArn"], json["Version"]], [arn, version], name);
  }
});

test("aliases show routing only when there is some, and a new revision for every update", async () => {
  const routed = `${ALIAS} RoutingConfig`;
  const weighted = await expect(
    ["PUT", path("/aliases/live"), { RoutingConfig: { AdditionalVersionWeights: { 2: 0.2 } } }],
    200,
    routed,
  );
  assert.deepEqual(weighted.json["RoutingConfig"], { AdditionalVersionWeights: { 2: 0.2 } });
  const cleared = await expect(
    ["PUT", path("/aliases/live"), { RoutingConfig: { AdditionalVersionWeights: {} } }],
    200,
    ALIAS,
  );
  const untouched = await expect(["PUT", path("/aliases/live"), {}], 200, ALIAS);
  assert.notEqual(cleared.json["RevisionId"], untouched.json["RevisionId"]);
  assert.deepEqual(itemsOf(await expect(["GET", path("/aliases")], 200, "Aliases"), "Aliases"), [untouched.json]);
  assert.deepEqual((await expect(["GET", path("/aliases?FunctionVersion=2")], 200, "Aliases")).json, { Aliases: [] });
  await expect(["DELETE", path("/aliases/none")], 204, "");
});

test("lists leave states out, and mark a next page only when there is one", async () => {
  const listed = itemsOf(await expect(["GET", `${FUNCTIONS}?MaxItems=1`], 200, "Functions NextMarker"), "Functions");
  assert.deepEqual(Object.keys(listed[0] ?? {}).sort(), LISTED.split(" ").sort());
  const all = itemsOf(await expect(["GET", `${FUNCTIONS}?FunctionVersion=ALL`], 200, "Functions"), "Functions");
  const arns = all.map((item) => item["FunctionArn"]);
  assert.deepEqual(
    arns.filter((arn) => String(arn).startsWith(F)),
    [`${F}:$LATEST`, `${F}:1`, `${F}:2`, `${F}:3`],
  );
});

test("policies are AWS's JSON, key by key, per qualifier", async () => {
  const rows: readonly (readonly [given: object, principal: string, condition: string])[] = [
    [{ Principal: "*" }, '"*"', ""],
    [{ Principal: "111111111111" }, '{"AWS":"arn:aws:iam::111111111111:root"}', ""],
    [{ Principal: "arn:aws:iam::111111111111:role/r" }, '{"AWS":"arn:aws:iam::111111111111:role/r"}', ""],
    [
      { Principal: "s3.amazonaws.com", SourceArn: "arn:aws:s3:::b", SourceAccount: ACCOUNT },
      '{"Service":"s3.amazonaws.com"}',
      `,"Condition":{"StringEquals":{"AWS:SourceAccount":"${ACCOUNT}"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}`,
    ],
    [
      { Principal: "*", FunctionUrlAuthType: "NONE", Action: "lambda:InvokeFunctionUrl" },
      '"*"',
      ',"Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}',
    ],
  ];
  const statements: string[] = [];
  for (const [at, [given, principal, condition]] of rows.entries()) {
    const body = { StatementId: `s${at}`, Action: "lambda:InvokeFunction", ...given };
    const { json } = await expect(["POST", path("/policy?Qualifier=live"), body], 201, "Statement");
    const statement = `{"Sid":"s${at}","Effect":"Allow","Principal":${principal},"Action":"${body.Action}","Resource":"${F}:live"${condition}}`;
    assert.equal(json["Statement"], statement);
    statements.push(statement);
  }
  const { json } = await expect(["GET", path("/policy?Qualifier=live")], 200, "Policy RevisionId");
  assert.equal(json["Policy"], `{"Version":"2012-10-17","Id":"default","Statement":[${statements.join(",")}]}`);
  assert.equal((await house.send("GET", path("/policy"))).status, 404);
  for (const at of rows.keys()) await expect(["DELETE", path(`/policy/s${at}?Qualifier=live`)], 204, "");
  assert.equal((await house.send("GET", path("/policy?Qualifier=live"))).status, 404);
});

test("layers: optional members only when given, newest first, numbers never again", async () => {
  const layers = "/2018-10-31/layers";
  const given = { CompatibleRuntimes: ["nodejs24.x"], CompatibleArchitectures: ["x86_64"], LicenseInfo: "MIT" };
  const first = await expect(["POST", `${layers}/lay/versions`, { Content: input["Code"] }], 201, LAYER);
  assert.match(String(first.json["CreatedDate"]), TIME);
  const optional = `${LAYER} CompatibleRuntimes CompatibleArchitectures LicenseInfo`;
  await expect(["POST", `${layers}/lay/versions`, { Content: input["Code"], ...given }], 201, optional);
  await expect(["GET", `${layers}/lay/versions/1`], 200, LAYER);
  const arn = String(first.json["LayerVersionArn"]);
  await expect(["GET", `${layers}?find=LayerVersion&Arn=${encodeURIComponent(arn)}`], 200, LAYER);
  const versions = itemsOf(await expect(["GET", `${layers}/lay/versions`], 200, "LayerVersions"), "LayerVersions");
  assert.deepEqual(
    versions.map((version) => version["Version"]),
    [2, 1],
  );
  assert.deepEqual(Object.keys(versions[1] ?? {}).sort(), LISTED_LAYER.split(" ").sort());
  for (const version of [1, 2, 7]) await expect(["DELETE", `${layers}/lay/versions/${version}`], 204, "");
  assert.deepEqual((await house.send("GET", `${layers}/lay/versions`)).json, { LayerVersions: [] });
  const third = await expect(["POST", `${layers}/lay/versions`, { Content: input["Code"] }], 201, LAYER);
  assert.equal(third.json["Version"], 3);
});

test("event invoke configs: only what was set, always a qualified ARN", async () => {
  const config = "/2019-09-25/functions/shape/event-invoke-config";
  const put = await expect(["PUT", config, { MaximumRetryAttempts: 0 }], 200, `${EVENTS} MaximumRetryAttempts`);
  assert.equal(put.json["FunctionArn"], `${F}:$LATEST`);
  assert.equal(typeof put.json["LastModified"], "number");
  assert.deepEqual(put.json["DestinationConfig"], { OnSuccess: {}, OnFailure: {} });
  await expect(
    ["POST", config, { MaximumEventAgeInSeconds: 60 }],
    200,
    `${EVENTS} MaximumRetryAttempts MaximumEventAgeInSeconds`,
  );
  await expect(["PUT", config, { MaximumEventAgeInSeconds: 90 }], 200, `${EVENTS} MaximumEventAgeInSeconds`);
  assert.equal((await house.send("GET", `${config}?Qualifier=live`)).status, 404);
  await expect(["GET", `${config}/list`], 200, "FunctionEventInvokeConfigs");
  await expect(["DELETE", config], 204, "");
});

test("what is not there yet is answered as AWS answers for functions without it", async () => {
  const rows: readonly (readonly [path: string, body: object])[] = [
    ["/2020-06-30/functions/shape/code-signing-config", {}],
    ["/2024-08-31/functions/shape/recursion-config", { RecursiveLoop: "Terminate" }],
    ["/2021-07-20/functions/shape/runtime-management-config", { UpdateRuntimeOn: "Auto", FunctionArn: F }],
    ["/2021-10-31/functions/shape/urls", { FunctionUrlConfigs: [] }],
    ["/2019-09-30/functions/shape/provisioned-concurrency?List=ALL", { ProvisionedConcurrencyConfigs: [] }],
    ["/2015-03-31/event-source-mappings", { EventSourceMappings: [] }],
  ];
  for (const [request, body] of rows) assert.deepEqual((await house.send("GET", request)).json, body, request);
  const { json } = await expect(["GET", "/2016-08-19/account-settings"], 200, "AccountLimit AccountUsage");
  assert.deepEqual(json["AccountLimit"], {
    TotalCodeSize: 80530636800,
    CodeSizeUnzipped: 262144000,
    CodeSizeZipped: 52428800,
    ConcurrentExecutions: 1000,
    UnreservedConcurrentExecutions: 1000,
  });
});

test("deleting is 204 and empty, also of a version that is not there", async () => {
  await expect(["DELETE", path("?Qualifier=99")], 204, "");
  const answer = await expect(["DELETE", path()], 204, "");
  assert.equal(answer.text, "");
});
