/** The oldest paths of the API, and what few clients ask for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GetLayerVersionByArnCommand, InvokeAsyncCommand, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { until } from "../base/testing/until.ts";
import { Served } from "./testing/served.ts";
import { zipOf } from "./testing/zips.ts";

test("InvokeAsync of 2014 queues an event, answers 202, and refuses what is no JSON", async () => {
  await using server = await Served.open();
  const { client, lambda } = server;
  await lambda.create("f", "export const handler = (event) => event;");
  let path = "";
  client.middlewareStack.add(
    (next) => (args) => {
      path = Reflect.get(args.request as object, "path");
      return next(args);
    },
    { step: "finalizeRequest", name: "path" },
  );
  const invoke = (InvokeArgs: string) => client.send(new InvokeAsyncCommand({ FunctionName: "f", InvokeArgs }));
  const answer = await invoke('{"old":true}');
  assert.deepEqual([answer.Status, path], [202, "/2014-11-13/functions/f/invoke-async"]);
  await until("the event has run", () => lambda.environments.invoked.length === 1);
  await assert.rejects(invoke("{"), { name: "InvalidRequestContentException" });
});

test("GetLayerVersionByArn answers as GetLayerVersion does", async () => {
  await using server = await Served.open();
  const { client, lambda } = server;
  const published = await client.send(
    new PublishLayerVersionCommand({ LayerName: "lay", Content: { ZipFile: await zipOf({ "nodejs/x.js": "1" }) } }),
  );
  const Arn = published.LayerVersionArn;
  const { $metadata, Content, ...byArn } = await client.send(new GetLayerVersionByArnCommand({ Arn }));
  const { Content: _, ...byName } = await lambda.call("GetLayerVersion", { LayerName: "lay", VersionNumber: 1 });
  assert.deepEqual(byArn, byName);
  assert.equal(Content?.CodeSha256, published.Content?.CodeSha256);
  await assert.rejects(client.send(new GetLayerVersionByArnCommand({ Arn: Arn?.replace(/1$/, "2") })), {
    name: "ResourceNotFoundException",
    message: "The resource you requested does not exist.",
  });
});
