/** Wrapper scripts through the unmodified SDK: where they may lie, what they may change, and what is said without one. */
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

/** Keeps what it was started with in variables, changes one, adds one, and names another handler. */
const WRAPPER = `#!/bin/sh
export WRAPPER_SAW="$OWN $_HANDLER $#" PROGRAM="$1" OWN=changed HOME=/tmp _HANDLER=other.handler
exec "$@"
`;
const RUNTIMES = {
  nodejs: {
    Runtime: "nodejs22.x",
    program: /\/node$/,
    files: {
      "index.mjs": "export const handler = async () => 'the configured one';",
      "other.mjs": "export const handler = async () => ({ ...process.env });",
    },
  },
  python: {
    Runtime: "python3.12",
    program: /python3/,
    files: {
      "index.py": "def handler(event, context):\n    return 'the configured one'\n",
      "other.py": "import os\ndef handler(event, context):\n    return dict(os.environ)\n",
    },
  },
} as const;

for (const [language, { Runtime, program, files }] of Object.entries(RUNTIMES)) {
  for (const place of ["code", "layer"]) {
    test(`${language}: a wrapper from the ${place} starts the runtime and may change its variables and its handler`, async () => {
      const name = `${language}-${place}`;
      const wrapper = place === "code" ? "/var/task/wrapper" : "/opt/wrapper";
      const layers = place === "layer" ? [await layer(name, { wrapper: WRAPPER })] : [];
      const code = place === "code" ? { ...files, wrapper: WRAPPER } : files;
      await create(name, Runtime, code, wrapper, layers);
      for (const time of ["cold", "warm"]) {
        const { payload } = await invoke(name);
        const inside = JSON.parse(payload);
        assert.match(inside["WRAPPER_SAW"], /^given index\.handler [1-9]/, time);
        assert.match(inside["PROGRAM"], program);
        assert.deepEqual([inside["OWN"], inside["HOME"], inside["_HANDLER"]], ["changed", "/tmp", "other.handler"]);
      }
    });
  }

  test(`${language}: a wrapper that is missing or may not run ends the init with the shell's code and says why`, async () => {
    const cases = [
      ["/var/task/none", "127", "/var/task/none: does not exist"],
      ["/opt/none", "127", "/opt/none: does not exist"],
      ["/etc/passwd", "126", "/etc/passwd: is not an executable"],
    ] as const;
    for (const [at, [wrapper, status, said]] of cases.entries()) {
      const name = `${language}-without-${at}`;
      await create(name, Runtime, files, wrapper, []);
      const { payload, functionError, requestId, log } = await invoke(name);
      const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: exit status ${status}`;
      assert.deepEqual(JSON.parse(payload), { errorType: "Runtime.ExitError", errorMessage });
      assert.equal(functionError, "Unhandled");
      assert.match(log, /\tStatus: error\tError Type: Runtime\.ExitError\n$/);
      await loggedMessages(logs, name, (messages) => messages.includes(`${said}\n`));
    }
  });
}

async function layer(name: string, files: Record<string, string>): Promise<string> {
  const Content = { ZipFile: await zip(files) };
  const { LayerVersionArn } = await client.send(new PublishLayerVersionCommand({ LayerName: name, Content }));
  return LayerVersionArn ?? "";
}

async function create(
  FunctionName: string,
  Runtime: "nodejs22.x" | "python3.12",
  files: Record<string, string>,
  wrapper: string,
  Layers: string[],
): Promise<void> {
  const Environment = { Variables: { OWN: "given", AWS_LAMBDA_EXEC_WRAPPER: wrapper } };
  await createFunction(client, { FunctionName, Runtime, files, Environment, Layers, Timeout: 10 });
}

async function invoke(FunctionName: string) {
  const answer = await client.send(new InvokeCommand({ FunctionName, LogType: "Tail" }));
  return {
    payload: Buffer.from(answer.Payload ?? []).toString(),
    functionError: answer.FunctionError,
    log: Buffer.from(answer.LogResult ?? "", "base64").toString(),
    requestId: answer.$metadata.requestId ?? "",
  };
}
