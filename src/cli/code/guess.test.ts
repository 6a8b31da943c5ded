import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { UserError } from "../../base/index.ts";
import { type Guess, guess } from "./guess.ts";

async function guessOf(files: Readonly<Record<string, string>>): Promise<Guess> {
  const folder = await mkdtemp(join(tmpdir(), "lambent-guess-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    return await guess(folder, new Set(Object.keys(files).map((path) => path.split("/")[0] ?? "")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function nextStepOf(files: Readonly<Record<string, string>>): Promise<string> {
  try {
    await guessOf(files);
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.nextStep ?? "";
  }
  assert.fail("something was guessed");
}

test("Node.js functions are found by their usual names, and the handler by its export", async () => {
  const node = "nodejs24.x";
  assert.deepEqual(await guessOf({ "index.mjs": "export const handler = async () => 1;" }), {
    runtime: node,
    handler: "index.handler",
  });
  assert.deepEqual(await guessOf({ "app.js": "exports.lambdaHandler = () => 1;" }), {
    runtime: node,
    handler: "app.lambdaHandler",
  });
  assert.deepEqual(await guessOf({ "index.js": "module.exports.handler = () => 1;" }), {
    runtime: node,
    handler: "index.handler",
  });
  assert.deepEqual(await guessOf({ "index.mjs": "async function go() {}\nexport { go as handler };" }), {
    runtime: node,
    handler: "index.handler",
  });
});

test("package.json names the file and the version of Node", async () => {
  const manifest = JSON.stringify({ main: "./src/entry.cjs", engines: { node: "22.x" } });
  const files = { "package.json": manifest, "src/entry.cjs": "exports.handler = () => 1;", "index.mjs": "" };
  assert.deepEqual(await guessOf(files), { runtime: "nodejs22.x", handler: "src/entry.handler" });
  const open = JSON.stringify({ engines: { node: ">=20" } });
  assert.equal((await guessOf({ "package.json": open, "index.mjs": "" })).runtime, "nodejs24.x");
});

test("Python functions are found by their usual names, and the handler by its two parameters", async () => {
  const lambda = "import json\n\ndef helper(x):\n    pass\n\ndef lambda_handler(event, context):\n    return 1\n";
  const pinned = { ".python-version": "3.12.4\n" };
  assert.deepEqual(await guessOf({ ...pinned, "lambda_function.py": lambda }), {
    runtime: "python3.12",
    handler: "lambda_function.lambda_handler",
  });
  assert.deepEqual(await guessOf({ ...pinned, "app.py": "def run(event: dict, context):\n    return 1\n" }), {
    runtime: "python3.12",
    handler: "app.run",
  });
});

test("a bootstrap is a custom runtime", async () => {
  assert.deepEqual(await guessOf({ bootstrap: "#!/bin/sh\n", "index.js": "" }), {
    runtime: "provided.al2023",
    handler: "bootstrap",
  });
});

test("what must be built first gets the command that builds it", async () => {
  assert.match(await nextStepOf({ "go.mod": "module x", "main.go": "package main" }), /go build .*-o bootstrap/);
  assert.match(await nextStepOf({ "index.ts": "export const handler = 1;" }), /esbuild .*index\.ts/);
  assert.match(await nextStepOf({ "notes.txt": "" }), /--runtime .* --handler/);
  assert.match(await nextStepOf({ "package.json": "{" }), /mend it/);
});
