/** The unmodified boto3, from PyPI, does with Lambent what it does with AWS. The journey itself is Python. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { pythonEnvironment } from "./support/python.ts";
import { clientEnvironment, startServer } from "./support/server.ts";

async function run(fixture: string): Promise<void> {
  const { python } = await pythonEnvironment();
  await using server = await startServer();
  const program = join(import.meta.dirname, "fixtures", fixture);
  await promisify(execFile)(python, [program], { env: { ...process.env, ...clientEnvironment(server.url) } });
}

test(
  "boto3 creates, invokes, updates, publishes, aliases, reads the log of, and deletes a function",
  {
    timeout: 240_000,
  },
  () => run("boto3_journey.py"),
);

test(
  "boto3 calls every operation of Lambda, its waiters and its paginators, and hears of mistakes in AWS's words",
  {
    timeout: 240_000,
  },
  () => run("boto3_every_operation.py"),
);

test(
  "boto3 reserves and provisions concurrency, and reads throttles as it does from AWS",
  {
    timeout: 240_000,
  },
  () => run("boto3_concurrency.py"),
);

test(
  "boto3 uses keys, keeps variables and code under them, and deploys under a code signing configuration",
  {
    timeout: 240_000,
  },
  () => run("boto3_keys.py"),
);
