/** A streaming function in Go: the unmodified aws-lambda-go library, chunks and trailers over the HTTP Runtime API. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import {
  CreateFunctionCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { openGates } from "./support/gates.ts";
import { goCommand } from "./support/python.ts";
import { startServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

test("a Go program streams its response, waits where it waits, and ends with its error", {
  timeout: 240_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-go-"));
  try {
    const bootstrap = join(folder, "bootstrap");
    await promisify(execFile)(await goCommand(), ["build", "-tags", "lambda.norpc", "-o", bootstrap, "."], {
      cwd: join(import.meta.dirname, "fixtures/go-streams"),
      env: { ...process.env, CGO_ENABLED: "0", HOME: process.env["HOME"] ?? folder },
    });
    await using gates = await openGates();
    await using server = await startServer({ args: ["--expose", String(gates.port)] });
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const client = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials });
    await client.send(
      new CreateFunctionCommand({
        FunctionName: "go",
        Runtime: "provided.al2023",
        Handler: "bootstrap",
        Timeout: 20,
        Role: "arn:aws:iam::000000000000:role/go",
        Code: { ZipFile: await zip({ bootstrap: await readFile(bootstrap) }) },
      }),
    );
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName: "go" });
    const stream = async (event: object) => {
      const Payload = JSON.stringify(event);
      const answer = await client.send(new InvokeWithResponseStreamCommand({ FunctionName: "go", Payload }));
      const events = [];
      for await (const { PayloadChunk, InvokeComplete } of answer.EventStream ?? []) {
        if (PayloadChunk !== undefined) gates.open("second");
        events.push(PayloadChunk === undefined ? InvokeComplete : Buffer.from(PayloadChunk.Payload ?? []).toString());
      }
      return events;
    };
    const gate = `http://localhost:${gates.port}/wait/second`;
    assert.deepEqual(await stream({ first: "one", gate, second: "two" }), ["one", "two", {}]);
    const [half, complete] = await stream({ first: "half", fails: true });
    assert.equal(half, "half");
    assert.ok(typeof complete === "object");
    assert.equal(complete.ErrorCode, "Unhandled");
    assert.deepEqual(JSON.parse(complete.ErrorDetails ?? ""), {
      errorMessage: "lost the rest",
      errorType: "errorString",
    });
    client.destroy();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
