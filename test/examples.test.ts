/**
 * The examples do what examples/README.md says: every command line in it is run as it stands. The Go example is built and
 * run by go-example.test.ts.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startServer } from "./support/server.ts";

const ROOT: string = join(import.meta.dirname, "..");
const LAMBENT: string = join(ROOT, "bin/lambent.js");

test("every example is in the index, with commands that work", { timeout: 240_000 }, async () => {
  const index = await readFile(join(ROOT, "examples/README.md"), "utf8");
  const folders = (await readdir(join(ROOT, "examples"), { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  for (const { name } of folders)
    assert.ok(index.includes(`**[${name}](${name})**`), `${name} is in examples/README.md`);

  await using server = await startServer();
  const run = async (line: string): Promise<string> => {
    const shell = line.replace(/^npx lambent/, `'${process.execPath}' '${LAMBENT}'`);
    const env = { ...process.env, LAMBENT_ENDPOINT: server.url };
    return (await promisify(execFile)("bash", ["-c", shell], { cwd: ROOT, env })).stdout;
  };
  const lines = index.split("\n").filter((line) => line.startsWith("npx lambent ") && !line.includes("go-hello"));
  assert.equal(lines.length, 6);
  const answers: string[] = [];
  for (const line of lines) answers.push(await run(line));

  const sales: { orders: number; revenue: number } = JSON.parse(answers[1] ?? "");
  assert.deepEqual([sales.orders, sales.revenue], [600, 73803.7]);
  const usage: { functions: { name: string; invocations: number; billedMs: number }[] } = JSON.parse(answers[3] ?? "");
  assert.deepEqual(usage.functions.map(({ name }) => name).sort(), ["sales-report", "usage-report"]);
  const ran = usage.functions.find(({ name }) => name === "sales-report");
  assert.equal(ran?.invocations, 1);
  assert.ok((ran?.billedMs ?? 0) > 0);
});
