/** Provisioned concurrency as AWS shows it: configurations on their way, log lines, settings of the account. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, eventually, FUNCTIONS, type House, openHouse } from "./support/house.ts";
import type { Answer } from "./support/raw.ts";

const F = `arn:aws:lambda:us-east-1:${ACCOUNT}:function`;
const WORKS = "exports.handler = async () => process.env.AWS_LAMBDA_INITIALIZATION_TYPE;";
const FAILS = "throw new Error('not today');";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?\+0000$/;

let house: House;

before(async () => {
  house = await openHouse();
});

after(() => house?.[Symbol.asyncDispose]());

const path = (name: string, qualifier: string): string =>
  `/2019-09-30/functions/${name}/provisioned-concurrency?Qualifier=${qualifier}`;

async function provision(name: string, source: string, settings: object = {}): Promise<Answer> {
  await house.create(name, { "index.js": source }, settings);
  const published = await house.send("POST", `${FUNCTIONS}/${name}/versions`, {});
  assert.equal(published.json["Version"], "1");
  const alias = await house.send("POST", `${FUNCTIONS}/${name}/aliases`, { Name: "live", FunctionVersion: "1" });
  assert.equal(alias.status, 201, alias.text);
  return house.send("PUT", path(name, "live"), { ProvisionedConcurrentExecutions: 1 });
}

function ended(name: string): Promise<Answer> {
  return eventually(
    () => house.send("GET", path(name, "live")),
    ({ json }) => json["Status"] !== "IN_PROGRESS",
  );
}

function shape({ status, json }: Answer): readonly unknown[] {
  const { LastModified, ...rest } = json;
  assert.match(String(LastModified), TIME);
  return [status, rest];
}

const config = (Status: string, there: number): object => ({
  RequestedProvisionedConcurrentExecutions: 1,
  AvailableProvisionedConcurrentExecutions: there,
  AllocatedProvisionedConcurrentExecutions: there,
  Status,
});

test("a configuration is in progress, then ready, and counts against the account", async () => {
  assert.deepEqual(shape(await provision("works", WORKS)), [202, config("IN_PROGRESS", 0)]);
  assert.deepEqual(shape(await ended("works")), [200, config("READY", 1)]);
  const list = await house.send("GET", "/2019-09-30/functions/works/provisioned-concurrency?List=ALL");
  const [{ LastModified: _time, ...item }] = Object(list.json["ProvisionedConcurrencyConfigs"]);
  assert.deepEqual(item, { FunctionArn: `${F}:works:live`, ...config("READY", 1) });
  const account = await house.send("GET", "/2016-08-19/account-settings");
  assert.deepEqual(account.json["AccountLimit"], {
    CodeSizeUnzipped: 262_144_000,
    CodeSizeZipped: 52_428_800,
    ConcurrentExecutions: 1000,
    TotalCodeSize: 80_530_636_800,
    UnreservedConcurrentExecutions: 999,
  });
});

test("its first invocation shows an init that is long over, and it goes with its alias", async () => {
  const answer = await house.invoke("works:live", {}, { "x-amz-log-type": "Tail" });
  assert.deepEqual([answer.text, answer.headers["x-amz-executed-version"]], ['"provisioned-concurrency"', "1"]);
  const id = answer.headers["x-amzn-requestid"] ?? "";
  const messages = await house.logged("works", (all) => all.some((line) => line.startsWith("REPORT")));
  const lines = messages.map((line) => line.replaceAll(id, "ID"));
  assert.match(lines[0] ?? "", /^INIT_START Runtime Version: nodejs:24\S*\tRuntime Version ARN: arn:aws:lambda:\S+\n$/);
  assert.match(lines[1] ?? "", /^INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: init\t/);
  assert.deepEqual(lines.slice(2, 4), ["START RequestId: ID Version: 1\n", "END RequestId: ID\n"]);
  assert.match(
    lines[4] ?? "",
    /^REPORT RequestId: ID\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\n$/,
  );
  assert.equal(lines.length, 5);
  assert.match((await house.invoke("works", {})).text, /"on-demand"/);
  await house.send("DELETE", `${FUNCTIONS}/works/aliases/live`);
  const gone = await house.send("GET", path("works", "live"));
  assert.equal(gone.json["Message"], `Cannot find alias arn: ${F}:works:live`);
});

test("an init that fails fails the configuration, with AWS's reason and nothing allocated", async () => {
  await provision("fails", FAILS);
  assert.deepEqual(shape(await ended("fails")), [
    200,
    { ...config("FAILED", 0), StatusReason: "FUNCTION_ERROR_INIT_FAILURE" },
  ]);
});

test("the JSON format has a record of the init at the level that is the default", async () => {
  const LoggingConfig = { LogFormat: "JSON" };
  await provision("json", WORKS, { LoggingConfig });
  await ended("json");
  const written = await house.logged("json", (all) => all.some((line) => line.includes("platform.initReport")));
  const records: Record<string, unknown>[] = written.map((line) => JSON.parse(line));
  assert.deepEqual(
    records.map(({ type }) => type),
    ["platform.initStart", "platform.initReport"],
  );
  const { initializationType, phase, status, metrics, ...rest } = Object(records[1]?.["record"]);
  assert.deepEqual([initializationType, phase, status, rest], ["provisioned-concurrency", "init", "success", {}]);
  assert.equal(typeof metrics.durationMs, "number");
});
