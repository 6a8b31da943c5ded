import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { lineLog } from "../../base/index.ts";
import type { ProgressStep } from "../interpreters/progress.ts";
import { RuntimeProcess } from "../testing/runtime-process.ts";
import { NODE_SDK_PACKAGES } from "./packages.ts";
import { createSdkStore, type SdkStore } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "lambent-sdk-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const BOOTSTRAP = join(import.meta.dirname, "../nodejs/bootstrap/index.cjs");

/** Installs one small package in place of the whole SDK. */
function store(cacheFolder: string, env: Record<string, string | undefined>, steps: ProgressStep[] = []): SdkStore {
  return createSdkStore({
    cacheFolder,
    log: lineLog("error", () => undefined),
    progress: (step) => steps.push(step),
    env: { ...process.env, ...env },
    packages: { node: ["@aws/lambda-invoke-store@0.2.3"], python: ["jmespath==1.0.1"] },
  });
}

test("the SDK is installed once, whole, into the folder that is already mounted", async () => {
  const cacheFolder = join(folder, "online");
  const steps: ProgressStep[] = [];
  const sdk = store(cacheFolder, {}, steps);
  const { source, target } = sdk.nodeMount();
  assert.equal(target, "/var/runtime");
  assert.deepEqual(readdirSync(source), []);
  assert.deepEqual(await Promise.all([sdk.prepareNode(), sdk.prepareNode()]), [
    { notice: undefined },
    { notice: undefined },
  ]);
  assert.deepEqual(await store(cacheFolder, {}, steps).prepareNode(), { notice: undefined });
  assert.deepEqual(readdirSync(source), ["node_modules"]);
  assert.ok(existsSync(join(source, "node_modules/@aws/lambda-invoke-store/package.json")));
  assert.deepEqual(
    steps.map(({ state }) => state),
    ["started", "done"],
  );
});

test("offline there is a notice instead of an SDK, and a later try succeeds", async () => {
  const cacheFolder = join(folder, "offline");
  const offline = {
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_cache: join(folder, "npm"),
    npm_config_fetch_retries: "0",
  };
  const sdk = store(cacheFolder, offline);
  assert.match((await sdk.prepareNode()).notice ?? "", /^the AWS SDK for JavaScript is not available inside functions/);
  assert.deepEqual(readdirSync(sdk.nodeMount().source), []);
  assert.deepEqual(await store(cacheFolder, {}).prepareNode(), { notice: undefined });
});

test("the clients that functions commonly use are among the packages", () => {
  for (const name of ["client-s3", "client-dynamodb", "lib-dynamodb", "client-sqs", "s3-request-presigner"]) {
    assert.ok(NODE_SDK_PACKAGES.includes(`@aws-sdk/${name}`), name);
  }
});

const programs = [process.execPath, "/usr/bin/node"].filter(existsSync);
for (const program of programs) {
  test(`require and import find the runtime's SDK and layers through NODE_PATH on ${program === process.execPath ? "this Node.js" : "the system's"}`, async () => {
    const root = mkdtempSync(join(folder, "task-"));
    const parts = { sdk: "runtime/node_modules/the-sdk", layer: "opt/nodejs/node_modules/a-layer" };
    for (const [name, path] of Object.entries(parts)) {
      mkdirSync(join(root, path), { recursive: true });
      writeFileSync(
        join(root, path, "package.json"),
        JSON.stringify({ name: path.split("/").at(-1), main: "index.js" }),
      );
      writeFileSync(join(root, path, "index.js"), `exports.from = "${name}";`);
    }
    mkdirSync(join(root, "task"));
    writeFileSync(
      join(root, "task/esm.mjs"),
      'import { from as sdk } from "the-sdk"; import layer from "a-layer"; export const handler = async () => [sdk, layer.from];',
    );
    writeFileSync(
      join(root, "task/cjs.cjs"),
      'exports.handler = async () => [require("the-sdk").from, require("a-layer").from];',
    );
    writeFileSync(join(root, "task/missing.mjs"), 'import "nowhere-to-be-found"; export const handler = 1;');
    const variables = { NODE_PATH: `${root}/opt/nodejs/node_modules:${root}/runtime/node_modules:${root}/runtime` };
    for (const module of ["esm", "cjs"]) {
      await using node = new RuntimeProcess({ args: [program, BOOTSTRAP], env: {} });
      await node.next("waiting");
      node.init(`${module}.handler`, join(root, "task"), variables);
      await node.next("initDone");
      node.invoke({});
      assert.equal((await node.next("response")).body.toString(), '["sdk","layer"]', module);
    }
    await using node = new RuntimeProcess({ args: [program, BOOTSTRAP], env: {} });
    await node.next("waiting");
    node.init("missing.handler", join(root, "task"), variables);
    assert.match(
      (await node.next("initError")).body.toString(),
      /Cannot find package 'nowhere-to-be-found' imported from/,
    );
  });
}
