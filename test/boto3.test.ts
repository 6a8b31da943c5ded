/** The unmodified boto3, from PyPI, does with Lambent what it does with AWS. The journey itself is Python. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { pythonEnvironment } from "./support/python.ts";
import { clientEnvironment, startServer } from "./support/server.ts";

test("boto3 creates, invokes, updates, publishes, aliases, reads the log of, and deletes a function", {
  timeout: 240_000,
}, async () => {
  const { python } = await pythonEnvironment();
  await using server = await startServer();
  const journey = join(import.meta.dirname, "fixtures/boto3_journey.py");
  await promisify(execFile)(python, [journey], { env: { ...process.env, ...clientEnvironment(server.url) } });
});
