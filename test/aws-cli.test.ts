/** The unmodified AWS CLI, from PyPI, creates, invokes, publishes, aliases, and deletes functions, and reads their log. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { pythonEnvironment } from "./support/python.ts";
import { clientEnvironment, startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

let server: TestServer;
let folder: string;
let program: string;

before(async () => {
  program = (await pythonEnvironment()).aws;
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), "lambent-cli-"));
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function aws(...args: readonly string[]): Promise<unknown> {
  const env = { ...process.env, ...clientEnvironment(server.url) };
  const { stdout } = await promisify(execFile)(program, [...args, "--output", "json"], { env });
  return stdout.trim() === "" ? undefined : JSON.parse(stdout);
}

test("aws lambda creates, invokes, publishes, aliases and deletes; aws logs shows the log", {
  timeout: 120_000,
}, async () => {
  const packageFile = join(folder, "f.zip");
  const outFile = join(folder, "out.json");
  await writeFile(
    packageFile,
    await zip({
      "app.py": "def handler(event, context):\n    print('seen by cli', event['n'])\n    return event['n'] * 2\n",
    }),
  );
  const created = await aws(
    "lambda",
    "create-function",
    "--function-name",
    "cli",
    "--runtime",
    "python3.11",
    "--handler",
    "app.handler",
    "--role",
    "arn:aws:iam::000000000000:role/cli",
    "--zip-file",
    `fileb://${packageFile}`,
  );
  assert.equal(member(created, "State"), "Pending");
  await aws("lambda", "wait", "function-active-v2", "--function-name", "cli");

  const invoked = await invoke(outFile, 21);
  assert.equal(member(invoked, "StatusCode"), 200);
  assert.equal(await readFile(outFile, "utf8"), "42");
  await logged("seen by cli 21");
  await invoke(outFile, 22);
  await logged("seen by cli 22");

  assert.equal(member(await aws("lambda", "publish-version", "--function-name", "cli"), "Version"), "1");
  await aws("lambda", "create-alias", "--function-name", "cli", "--name", "live", "--function-version", "1");
  await aws("lambda", "delete-alias", "--function-name", "cli", "--name", "live");
  await aws("lambda", "delete-function", "--function-name", "cli");
  await assert.rejects(aws("lambda", "get-function", "--function-name", "cli"), /ResourceNotFoundException/);
});

test("aws lambda sets concurrency, function URLs and recursion, and its waiters end", {
  timeout: 120_000,
}, async () => {
  const packageFile = join(folder, "settings.zip");
  await writeFile(packageFile, await zip({ "index.mjs": "export const handler = async () => 1;" }));
  const name = ["--function-name", "settings"];
  const version = [...name, "--qualifier", "1"];
  const deployed = ["--runtime", "nodejs24.x", "--handler", "index.handler", "--zip-file", `fileb://${packageFile}`];
  const lambda = (operation: string, ...args: readonly string[]): Promise<unknown> => aws("lambda", operation, ...args);
  await lambda("create-function", ...name, "--role", "arn:aws:iam::000000000000:role/cli", ...deployed);
  await lambda("wait", "function-active-v2", ...name);
  await lambda("update-function-configuration", ...name, "--description", "changed");
  await lambda("wait", "function-updated-v2", ...name);
  await lambda("publish-version", ...name);
  await lambda("wait", "published-version-active", ...version);

  const some = await lambda(
    "put-provisioned-concurrency-config",
    ...[...version, "--provisioned-concurrent-executions", "1"],
  );
  assert.deepEqual(
    [member(some, "Status"), member(some, "AllocatedProvisionedConcurrentExecutions")],
    ["IN_PROGRESS", 0],
  );
  const get = (): Promise<unknown> => lambda("get-provisioned-concurrency-config", ...version);
  for (let config = await get(); member(config, "Status") !== "READY"; config = await get()) {
    assert.equal(member(config, "Status"), "IN_PROGRESS");
  }
  const configs = member(
    await lambda("list-provisioned-concurrency-configs", ...name),
    "ProvisionedConcurrencyConfigs",
  );
  assert.ok(Array.isArray(configs) && configs.length === 1);
  const { LastModified, ...config } = configs[0];
  assert.match(LastModified, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?\+0000$/);
  assert.deepEqual(config, {
    FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:settings:1",
    RequestedProvisionedConcurrentExecutions: 1,
    AvailableProvisionedConcurrentExecutions: 1,
    AllocatedProvisionedConcurrentExecutions: 1,
    Status: "READY",
  });
  await lambda("put-function-concurrency", ...name, "--reserved-concurrent-executions", "5");
  const limits = member(await lambda("get-account-settings"), "AccountLimit");
  assert.deepEqual(
    [member(limits, "ConcurrentExecutions"), member(limits, "UnreservedConcurrentExecutions")],
    [1000, 995],
  );
  await lambda("delete-provisioned-concurrency-config", ...version);
  await assert.rejects(get(), /ProvisionedConcurrencyConfigNotFoundException/);

  const url = await lambda("create-function-url-config", ...name, "--auth-type", "NONE", "--cors", "AllowOrigins=*");
  assert.deepEqual(member(url, "Cors"), { AllowOrigins: ["*"] });
  const changed = await lambda("update-function-url-config", ...name, "--invoke-mode", "RESPONSE_STREAM");
  assert.deepEqual(
    [member(changed, "InvokeMode"), member(changed, "FunctionUrl")],
    ["RESPONSE_STREAM", member(url, "FunctionUrl")],
  );
  const urls = member(await lambda("list-function-url-configs", ...name), "FunctionUrlConfigs");
  assert.ok(Array.isArray(urls) && urls.length === 1);
  await lambda("delete-function-url-config", ...name);
  await assert.rejects(lambda("get-function-url-config", ...name), /ResourceNotFoundException/);

  assert.deepEqual(await lambda("get-function-recursion-config", ...name), { RecursiveLoop: "Terminate" });
  const loop = await lambda("put-function-recursion-config", ...name, "--recursive-loop", "Allow");
  assert.deepEqual(loop, { RecursiveLoop: "Allow" });
  await lambda("delete-function", ...name);
});

test("aws sts and aws iam answer as AWS does", { timeout: 60_000 }, async () => {
  assert.equal(member(await aws("sts", "get-caller-identity"), "Account"), "000000000000");
  await aws(
    "iam",
    "create-role",
    "--role-name",
    "cli",
    "--assume-role-policy-document",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
  );
  const role = member(await aws("iam", "get-role", "--role-name", "cli"), "Role");
  assert.equal(member(role, "Arn"), "arn:aws:iam::000000000000:role/cli");
});

/** Waits until the log has a line with this text, by the call that `aws logs tail --follow` repeats. */
async function logged(text: string): Promise<void> {
  const filter = ["--log-group-name", "/aws/lambda/cli", "--filter-pattern", `"${text}"`];
  for (;;) {
    if (await groupExists()) {
      const events = member(await aws("logs", "filter-log-events", ...filter), "events");
      if (Array.isArray(events) && events.length > 0) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function groupExists(): Promise<boolean> {
  const groups = member(
    await aws("logs", "describe-log-groups", "--log-group-name-prefix", "/aws/lambda/cli"),
    "logGroups",
  );
  return Array.isArray(groups) && groups.length > 0;
}

function invoke(outFile: string, n: number): Promise<unknown> {
  return aws("lambda", "invoke", "--function-name", "cli", "--payload", JSON.stringify({ n }), outFile);
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
