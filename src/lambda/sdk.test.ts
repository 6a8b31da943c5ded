/** Goal: an unmodified SDK client sees AWS's statuses, shapes and errors. Method: a real port, real store, real requests. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  ListFunctionsCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { ROLE } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";
import { zipOf } from "./testing/zips.ts";

test("an SDK client creates, waits for, invokes, downloads, publishes, aliases and deletes a function", async () => {
  await using server = await Served.open();
  const { client } = server;
  const zip = await zipOf({ "index.mjs": "export const handler = async (event) => ({ echo: event });" });
  const created = await client.send(
    new CreateFunctionCommand({
      FunctionName: "journey",
      Role: ROLE,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile: zip },
      Environment: { Variables: { COLOUR: "blue" } },
      Tags: { team: "red" },
    }),
  );
  assert.equal(created.$metadata.httpStatusCode, 201);
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 10 }, { FunctionName: "journey" });

  const invoked = await client.send(
    new InvokeCommand({ FunctionName: "journey", Payload: '{"a":1}', LogType: "Tail" }),
  );
  assert.equal(invoked.StatusCode, 200);
  assert.equal(invoked.ExecutedVersion, "$LATEST");
  assert.equal(invoked.FunctionError, undefined);
  assert.equal(invoked.Payload?.transformToString(), '{"echo":{"a":1}}');
  assert.equal(Buffer.from(invoked.LogResult ?? "", "base64").toString(), "START\nEND\n");

  const got = await client.send(new GetFunctionCommand({ FunctionName: "journey" }));
  assert.deepEqual(got.Tags, { team: "red" });
  assert.deepEqual(got.Configuration?.Environment, { Variables: { COLOUR: "blue" } });
  const download = await fetch(got.Code?.Location ?? "");
  assert.equal(download.status, 200);
  const bytes = Buffer.from(await download.arrayBuffer());
  assert.equal(createHash("sha256").update(bytes).digest("base64"), got.Configuration?.CodeSha256);

  const published = await client.send(new PublishVersionCommand({ FunctionName: "journey" }));
  assert.equal(published.Version, "1");
  const alias = await client.send(
    new CreateAliasCommand({ FunctionName: "journey", Name: "live", FunctionVersion: "1" }),
  );
  assert.equal(alias.$metadata.httpStatusCode, 201);
  const byAlias = await client.send(new InvokeCommand({ FunctionName: "journey", Qualifier: "live" }));
  assert.equal(byAlias.ExecutedVersion, "1");
  assert.equal(byAlias.Payload?.transformToString(), '{"echo":{}}');

  const deleted = await client.send(new DeleteFunctionCommand({ FunctionName: "journey" }));
  assert.equal(deleted.$metadata.httpStatusCode, 204);
  assert.deepEqual((await client.send(new ListFunctionsCommand({}))).Functions, []);
});

test("DryRun answers 204, Event 202 and a failing function 200 with its error", async () => {
  await using server = await Served.open();
  await server.lambda.create("fails", "export const handler = () => { throw new TypeError('no'); };");
  const invoke = (InvocationType: "DryRun" | "Event" | "RequestResponse") =>
    server.client.send(new InvokeCommand({ FunctionName: "fails", InvocationType, Payload: "{}" }));
  assert.equal((await invoke("DryRun")).StatusCode, 204);
  const event = await invoke("Event");
  assert.equal(event.StatusCode, 202);
  assert.equal(event.ExecutedVersion, undefined);
  const failed = await invoke("RequestResponse");
  assert.equal(failed.StatusCode, 200);
  assert.equal(failed.FunctionError, "Unhandled");
  assert.equal(failed.Payload?.transformToString(), '{"errorType":"TypeError","errorMessage":"no"}');
});

test("a missing function, a payload that is not JSON and no concurrency are AWS's errors", async () => {
  await using server = await Served.open();
  await server.lambda.create("closed", "export const handler = () => 1;");
  const invoke = (FunctionName: string, Payload: string | Uint8Array) =>
    server.client.send(new InvokeCommand({ FunctionName, Payload }));
  await assert.rejects(invoke("nowhere", "{}"), {
    name: "ResourceNotFoundException",
    message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nowhere:$LATEST",
  });
  await assert.rejects(invoke("closed", Buffer.from([0x99])), {
    name: "InvalidRequestContentException",
    message:
      "Could not parse request body into json: Could not parse payload into json: Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1]",
  });
  await server.client.send(
    new PutFunctionConcurrencyCommand({ FunctionName: "closed", ReservedConcurrentExecutions: 0 }),
  );
  await assert.rejects(invoke("closed", "{}"), {
    name: "TooManyRequestsException",
    message: "Rate Exceeded.",
    Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
  });
});

test("a streamed response comes as chunks and ends with InvokeComplete", async () => {
  await using server = await Served.open();
  await server.lambda.create(
    "streams",
    `export const handler = async (event, { request }) => {
       request.stream.start("text/plain");
       for (const word of ["one ", "two"]) await request.stream.write(Buffer.from(word));
     };`,
  );
  const output = await server.client.send(new InvokeWithResponseStreamCommand({ FunctionName: "streams" }));
  assert.equal(output.ResponseStreamContentType, "text/plain");
  assert.equal(output.ExecutedVersion, "$LATEST");
  let text = "";
  let complete = 0;
  for await (const event of output.EventStream ?? []) {
    if (event.PayloadChunk) text += Buffer.from(event.PayloadChunk.Payload ?? []).toString();
    if (event.InvokeComplete) complete += 1;
  }
  assert.equal(text, "one two");
  assert.equal(complete, 1);
});

test("a code link that was altered or has expired gives nothing", async () => {
  await using server = await Served.open();
  await server.lambda.create("linked", "export const handler = () => 1;");
  const got = await server.client.send(new GetFunctionCommand({ FunctionName: "linked" }));
  const link = new URL(got.Code?.Location ?? "");
  link.searchParams.set("expires", String(Number(link.searchParams.get("expires")) + 1));
  assert.equal((await fetch(link)).status, 403);
});

test("an update of a missing function is AWS's 404", async () => {
  await using server = await Served.open();
  await assert.rejects(
    server.client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "none", Timeout: 5 })),
    {
      name: "ResourceNotFoundException",
      message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none",
    },
  );
});
