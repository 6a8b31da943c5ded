/** An extension in a layer, through the unmodified SDK: published, attached, and seen at work in the function's log. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand, LambdaClient, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { clientConfiguration, createFunction } from "./support/functions.ts";
import { loggedMessages } from "./support/logs.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

let server: TestServer;
let client: LambdaClient;
let logs: CloudWatchLogsClient;

before(async () => {
  server = await startServer();
  client = new LambdaClient(clientConfiguration(server));
  logs = new CloudWatchLogsClient(clientConfiguration(server));
});

after(async () => {
  client?.destroy();
  logs?.destroy();
  await server?.[Symbol.asyncDispose]();
});

const NODE_EXTENSION = `#!/usr/bin/env node
const base = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2020-01-01/extension";
(async () => {
  const registration = { "Lambda-Extension-Name": "collector" };
  const body = JSON.stringify({ events: ["INVOKE", "SHUTDOWN"] });
  const registered = await fetch(base + "/register", { method: "POST", headers: registration, body });
  const headers = { "Lambda-Extension-Identifier": registered.headers.get("lambda-extension-identifier") };
  for (;;) {
    const event = await (await fetch(base + "/event/next", { headers })).json();
    console.log("collector saw " + event.requestId);
    if (event.eventType === "SHUTDOWN") process.exit(0);
  }
})();
`;
const PYTHON_EXTENSION = `#!/usr/bin/env python3
import json, os, sys, urllib.request
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension"
body = json.dumps({"events": ["INVOKE", "SHUTDOWN"]}).encode()
register = urllib.request.Request(base + "/register", data=body, headers={"Lambda-Extension-Name": "collector"})
headers = {"Lambda-Extension-Identifier": urllib.request.urlopen(register).headers["Lambda-Extension-Identifier"]}
while True:
    event = json.load(urllib.request.urlopen(urllib.request.Request(base + "/event/next", headers=headers)))
    print("collector saw " + str(event.get("requestId")), flush=True)
    if event["eventType"] == "SHUTDOWN":
        sys.exit(0)
`;
const FUNCTIONS = [
  {
    name: "node",
    Runtime: "nodejs22.x",
    extension: NODE_EXTENSION,
    files: { "index.mjs": "export const handler = async () => 'ok';" },
  },
  {
    name: "python",
    Runtime: "python3.12",
    extension: PYTHON_EXTENSION,
    files: { "index.py": "def handler(event, context):\n    return 'ok'\n" },
  },
] as const;

for (const { name, Runtime, extension, files } of FUNCTIONS) {
  test(`${name}: an extension from a layer sees the invocations of the function`, async () => {
    const Content = { ZipFile: await zip({ "extensions/collector": extension }) };
    const layer = await client.send(new PublishLayerVersionCommand({ LayerName: name, Content }));
    const Layers = [layer.LayerVersionArn ?? ""];
    await createFunction(client, { FunctionName: name, Runtime, files, Layers, Timeout: 20 });
    const requestIds: string[] = [];
    for (const time of ["cold", "warm"]) {
      const { Payload, FunctionError, $metadata } = await client.send(new InvokeCommand({ FunctionName: name }));
      assert.equal(Buffer.from(Payload ?? []).toString(), '"ok"', `${time}: ${FunctionError}`);
      requestIds.push($metadata.requestId ?? "");
    }
    const wanted = [
      "EXTENSION\tName: collector\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n",
      ...requestIds.map((id) => `collector saw ${id}\n`),
    ];
    await loggedMessages(logs, name, (messages) => wanted.every((line) => messages.includes(line)));
  });
}
