/** Functions that are container images, made by unmodified clients: from layouts and archives of the operator's folders. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { functionFile } from "../src/environments/testing/house.ts";
import { filesLayer, nodeLayer } from "../src/environments/testing/image-layers.ts";
import { layerOf, makeImage, writeLayout } from "../src/images/testing/layouts.ts";
import { clientConfiguration } from "./support/functions.ts";
import { startServer } from "./support/server.ts";

test("an OCI layout in an allowed folder becomes a function that answers", { timeout: 120_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-image-function-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const runtime = await readFile(functionFile("custom-runtime.mjs"), "utf8");
  const image = makeImage({
    layers: [
      { tar: layerOf(nodeLayer(join(folder, "base"))) },
      { tar: layerOf(filesLayer(join(folder, "task"), { "app/runtime.mjs": runtime })), compression: "gzip" },
    ],
    config: { Entrypoint: ["node"], Cmd: ["/app/runtime.mjs"], Env: ["PATH=/usr/bin", "FROM_IMAGE=yes"] },
  });
  const layout = writeLayout(join(folder, "layout"), { v1: image });
  await using server = await startServer({ args: ["--image-folder", folder] });
  const client = new LambdaClient(clientConfiguration(server));
  const ImageUri = `oci:${layout}:v1`;
  const created = await client.send(
    new CreateFunctionCommand({
      FunctionName: "imaged",
      PackageType: "Image",
      Role: "arn:aws:iam::000000000000:role/lambda",
      Code: { ImageUri },
      MemorySize: 256,
    }),
  );
  assert.equal(created.State, "Pending");
  assert.equal(created.PackageType, "Image");
  assert.equal(created.CodeSha256, image.digest.slice(7));
  assert.equal(created.CodeSize, 0);
  for (const absent of ["Runtime", "Handler", "RuntimeVersionConfig", "ImageConfigResponse"] as const) {
    assert.equal(created[absent], undefined, absent);
  }
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 }, { FunctionName: "imaged" });
  const { Code } = await client.send(new GetFunctionCommand({ FunctionName: "imaged" }));
  const ResolvedImageUri = `oci:${layout}@${image.digest}`;
  assert.deepEqual(Code, { RepositoryType: "ECR", ImageUri, ResolvedImageUri });
  const { Payload, FunctionError, LogResult } = await client.send(
    new InvokeCommand({ FunctionName: "imaged", Payload: Buffer.from('{"do":"show"}'), LogType: "Tail" }),
  );
  assert.equal(FunctionError, undefined, Buffer.from(LogResult ?? "", "base64").toString());
  const { variables } = JSON.parse(Buffer.from(Payload ?? []).toString());
  assert.equal(variables.FROM_IMAGE, "yes");
  assert.equal(variables.AWS_LAMBDA_FUNCTION_NAME, "imaged");
  client.destroy();
});
