/** Functions that are container images, made by unmodified clients: from layouts and archives of the operator's folders. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { until } from "../src/base/testing/until.ts";
import { functionFile } from "../src/environments/testing/house.ts";
import { filesLayer, nodeLayer } from "../src/environments/testing/image-layers.ts";
import { layerOf, makeImage, writeLayout } from "../src/images/testing/layouts.ts";
import { makeTar } from "../src/images/testing/tar.ts";
import { clientConfiguration } from "./support/functions.ts";
import { startServer } from "./support/server.ts";

const WAIT = { maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 };

function input(FunctionName: string, ImageUri: string): CreateFunctionCommandInput {
  const Role = "arn:aws:iam::000000000000:role/lambda";
  return { FunctionName, PackageType: "Image", Role, Code: { ImageUri }, MemorySize: 256, Timeout: 10 };
}

/** What the image's variable says, or why the function failed. */
async function invoked(client: LambdaClient, FunctionName: string): Promise<string> {
  const { Payload, FunctionError } = await client.send(new InvokeCommand({ FunctionName, Payload: Buffer.from("{}") }));
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString());
  return FunctionError === undefined ? answer.variables.FROM_IMAGE : answer.errorMessage;
}

/** An image of Node.js and a program that speaks the Runtime API, as `v1`. */
async function layoutIn(folder: string): Promise<string> {
  const runtime = await readFile(functionFile("custom-runtime.mjs"), "utf8");
  const image = makeImage({
    layers: [
      { tar: layerOf(nodeLayer(join(folder, "base"))) },
      { tar: layerOf(filesLayer(join(folder, "task"), { "app/runtime.mjs": runtime })), compression: "gzip" },
    ],
    config: { Entrypoint: ["node"], Cmd: ["/app/runtime.mjs"], Env: ["PATH=/usr/bin", "FROM_IMAGE=yes"] },
  });
  return writeLayout(join(folder, "layout"), { v1: image });
}

function digestIn(layout: string): string {
  const index: { manifests: { digest: string }[] } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  return index.manifests[0]?.digest.slice(7) ?? "";
}

test("an OCI layout in an allowed folder becomes a function that answers", { timeout: 120_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-image-function-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const layout = await layoutIn(folder);
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
  assert.equal(created.CodeSha256, digestIn(layout));
  assert.equal(created.CodeSize, 0);
  for (const absent of ["Runtime", "Handler", "RuntimeVersionConfig", "ImageConfigResponse"] as const) {
    assert.equal(created[absent], undefined, absent);
  }
  await waitUntilFunctionActiveV2(
    { client, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 },
    { FunctionName: "imaged" },
  );
  const { Code } = await client.send(new GetFunctionCommand({ FunctionName: "imaged" }));
  const ResolvedImageUri = `oci:${layout}@sha256:${digestIn(layout)}`;
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

test("settings of an image are shown and work; those of a zip are refused; a deleted layout leaves what was made of it", {
  timeout: 120_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-image-settings-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const layout = await layoutIn(folder);
  const data = join(folder, "data");
  const args = ["--image-folder", folder];
  const ImageUri = `oci:${layout}:v1`;
  {
    await using server = await startServer({ args, dataFolder: data });
    const client = new LambdaClient(clientConfiguration(server));
    const send = { client, ...WAIT };
    const ImageConfig = { Command: ["/app/runtime.mjs", "more"], WorkingDirectory: "/app" };
    const { ImageConfigResponse } = await client.send(
      new CreateFunctionCommand({ ...input("imaged", ImageUri), ImageConfig }),
    );
    assert.deepEqual(ImageConfigResponse, { ImageConfig });
    await waitUntilFunctionActiveV2(send, { FunctionName: "imaged" });
    assert.equal(await invoked(client, "imaged"), "yes");

    const update = { FunctionName: "imaged", ImageConfig: { EntryPoint: ["/no/such"] } };
    await client.send(new UpdateFunctionConfigurationCommand(update));
    await waitUntilFunctionUpdatedV2(send, { FunctionName: "imaged" });
    assert.match(await invoked(client, "imaged"), /fork\/exec \/no\/such: no such file or directory/);
    const reset = await client.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: "imaged", ImageConfig: {} }),
    );
    assert.equal(reset.ImageConfigResponse, undefined);
    await waitUntilFunctionUpdatedV2(send, { FunctionName: "imaged" });

    const wrong: [string, () => Promise<unknown>][] = [
      [
        "Please provide ImageUri when updating a function with packageType Image.",
        () => client.send(new UpdateFunctionCodeCommand({ FunctionName: "imaged", ZipFile: Buffer.from("zip") })),
      ],
      [
        "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
        () => client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "imaged", Handler: "a.b" })),
      ],
      [
        `Source image oci:${layout}:none does not exist. Provide a valid source image.`,
        () => client.send(new UpdateFunctionCodeCommand({ FunctionName: "imaged", ImageUri: `oci:${layout}:none` })),
      ],
      [
        "Code signing is not supported for functions created with container images.",
        () => client.send(new GetFunctionCodeSigningConfigCommand({ FunctionName: "imaged" })),
      ],
    ];
    for (const [message, refused] of wrong) await assert.rejects(refused(), { message });
    const dry = await client.send(new UpdateFunctionCodeCommand({ FunctionName: "imaged", ImageUri, DryRun: true }));
    assert.equal(dry.PackageType, "Image");
    client.destroy();
    await server.crash();
  }
  // What a function is made of is the server's own: the layout may go, and so may the server.
  await rm(layout, { recursive: true });
  await using server = await startServer({ args, dataFolder: data });
  const client = new LambdaClient(clientConfiguration(server));
  assert.equal(await invoked(client, "imaged"), "yes");
  client.destroy();
});

test("an image whose layers are not what they say is Failed with InvalidImage, and without isolation every image is", {
  timeout: 60_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-image-failures-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const good = makeTar([{ path: "a", content: "a" }]);
  const broken = writeLayout(join(folder, "broken"), {
    v1: makeImage({ layers: [{ tar: good }], diffIds: [`sha256:${"0".repeat(64)}`] }),
  });
  const whole = writeLayout(join(folder, "whole"), { v1: makeImage({ layers: [{ tar: good }] }) });
  const settledAs = async (args: readonly string[], ImageUri: string): Promise<string> => {
    await using server = await startServer({ args: ["--image-folder", folder, ...args] });
    const client = new LambdaClient(clientConfiguration(server));
    await client.send(new CreateFunctionCommand(input("failing", ImageUri)));
    const configuration = async () => client.send(new GetFunctionConfigurationCommand({ FunctionName: "failing" }));
    await until("it is settled", async () => (await configuration()).State !== "Pending");
    const { State, StateReasonCode, StateReason } = await configuration();
    client.destroy();
    return `${State} ${StateReasonCode}: ${StateReason}`;
  };
  assert.match(await settledAs([], `oci:${broken}:v1`), /^Failed InvalidImage: .*content of sha256:0000/);
  assert.match(await settledAs(["--driver", "process"], `oci:${whole}:v1`), /^Failed InvalidImage: .*isolation/);
});
