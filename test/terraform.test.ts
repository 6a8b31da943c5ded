/**
 * Terraform's AWS provider, unmodified, makes, changes and removes a stack around a function and finds it as it left it.
 * Where this machine has no Terraform or no provider, the calls that the provider makes stand for it.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { clientConfiguration } from "./support/functions.ts";
import { ProviderCalls, type StackFiles } from "./support/provider-calls.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { openTerraform, type Terraform } from "./support/terraform.ts";
import { zip } from "./support/zip.ts";

const CONFIGURATION = join(import.meta.dirname, "fixtures/terraform/main.tf");

test("the calls of Terraform's AWS provider create, change and destroy a stack", { timeout: 120_000 }, async () => {
  await using server = await startServer();
  await byItsCalls(server, await stackFiles());
  assert.deepEqual(await functionsOf(server), []);
});

test("Terraform's AWS provider creates, changes and destroys a stack", { timeout: 480_000 }, async () => {
  await using server = await startServer();
  const files = await stackFiles();
  const configuration = await readFile(CONFIGURATION, "utf8");
  await using terraform = await openTerraform(configuration, {
    "function.zip": files.functionZip,
    "layer.zip": files.layerZip,
  });
  await (terraform === undefined ? byItsCalls(server, files) : byItself(terraform, server));
  assert.deepEqual(await functionsOf(server), []);
});

async function stackFiles(): Promise<StackFiles> {
  const source = 'exports.handler = async () => ({ statusCode: 200, body: process.env.STAGE + require("said").word });';
  const library = 'exports.word = " says the layer";';
  return {
    functionZip: await zip({ "index.js": source }),
    layerZip: await zip({ "nodejs/node_modules/said/index.js": library }),
  };
}

async function byItsCalls(server: TestServer, files: StackFiles): Promise<void> {
  using calls = new ProviderCalls(server);
  await calls.create(files);
  await calls.change();
  await calls.destroy();
}

async function byItself(terraform: Terraform, server: TestServer): Promise<void> {
  const endpoint = `-var=endpoint=${server.url}`;
  const changed = [endpoint, "-var=memory=256", "-var=batch_size=8"];
  const created = await terraform.run("apply", "-auto-approve", endpoint);
  assert.equal(created.code, 0, created.output);
  const [, id] = /http:\/\/(\w+)\.lambda-url/.exec(created.output.split("Outputs:").at(-1) ?? "") ?? [];
  const page = await fetch(`${server.url}/_lambent/urls/${id}/`);
  assert.equal(await page.text(), "test says the layer");
  const updated = await terraform.run("apply", "-auto-approve", ...changed);
  assert.match(updated.output, /0 added, \d+ changed, 0 destroyed/);
  const planned = await terraform.run("plan", "-detailed-exitcode", ...changed);
  assert.equal(planned.code, 0, planned.output);
  const destroyed = await terraform.run("destroy", "-auto-approve", "-refresh=false", ...changed);
  assert.equal(destroyed.code, 0, destroyed.output);
}

async function functionsOf(server: TestServer): Promise<readonly string[]> {
  using client = disposable(new LambdaClient(clientConfiguration(server)));
  const { Functions = [] } = await client.send(new ListFunctionsCommand());
  return Functions.map(({ FunctionName = "" }) => FunctionName);
}

function disposable(client: LambdaClient): LambdaClient & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}
