/** The Go example, with the unmodified aws-lambda-go library, runs as a custom runtime on the HTTP Runtime API. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { CreateFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { goCommand } from "./support/python.ts";
import { startServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

test("a Go program with aws-lambda-go answers, logs, and reports its errors", { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-go-"));
  try {
    const bootstrap = join(folder, "bootstrap");
    await promisify(execFile)(await goCommand(), ["build", "-tags", "lambda.norpc", "-o", bootstrap, "."], {
      cwd: join(import.meta.dirname, "../examples/go-hello"),
      env: { ...process.env, CGO_ENABLED: "0", HOME: process.env["HOME"] ?? folder },
    });
    await using server = await startServer();
    const client = new LambdaClient({
      endpoint: server.url,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    await client.send(
      new CreateFunctionCommand({
        FunctionName: "go",
        Runtime: "provided.al2023",
        Handler: "bootstrap",
        Role: "arn:aws:iam::000000000000:role/go",
        Code: { ZipFile: await zip({ bootstrap: await readFile(bootstrap) }) },
      }),
    );
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName: "go" });
    const invoke = async (event: object) => {
      const answer = await client.send(
        new InvokeCommand({
          FunctionName: "go",
          LogType: "Tail",
          Payload: new TextEncoder().encode(JSON.stringify(event)),
        }),
      );
      return {
        body: JSON.parse(Buffer.from(answer.Payload ?? []).toString()),
        error: answer.FunctionError,
        tail: Buffer.from(answer.LogResult ?? "", "base64").toString(),
      };
    };
    const greeting = await invoke({ name: "gopher" });
    assert.equal(greeting.body, "Hello, gopher!");
    assert.match(greeting.tail, /greeting gopher in request [0-9a-f-]{36}\n/);
    const failure = await invoke({});
    assert.equal(failure.error, "Unhandled");
    assert.deepEqual(failure.body, { errorMessage: "name is missing", errorType: "errorString" });
    client.destroy();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
