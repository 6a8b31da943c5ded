import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import fc from "fast-check";
import { lineLog } from "../base/index.ts";
import { encodeStart, readEntrypointFailure } from "./provided/start-line.ts";
import { createRuntimes } from "./runtimes.ts";
import { execLine, shellLaunch } from "./stage.ts";

const folder = mkdtempSync(join(tmpdir(), "lambent-late-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Lambda's paths, in a temporary folder. */
const inside = (path: string): string =>
  path.replace(/^\/(var\/task|opt)\//, (_all, name: string) => `${folder}/${name}/`);

function startStage(): ChildProcess {
  const { args, env } = shellLaunch();
  const [program = "", ...rest] = args;
  return spawn(program, rest, { env, cwd: folder, stdio: ["ignore", "pipe", "pipe", "pipe"] });
}

async function become(line: string): Promise<{ out: string; error: string; said: string; code: unknown }> {
  const stage = startStage();
  const channel = stage.stdio[3];
  const { stdout, stderr } = stage;
  assert.ok(channel instanceof Duplex);
  assert.ok(stdout !== null && stderr !== null);
  channel.write(line);
  const [out, error, said, [code]] = await Promise.all([
    text(stdout),
    text(stderr),
    text(channel),
    once(stage, "exit"),
  ]);
  return { out, error, said, code };
}

const PRINT_ENVIRONMENT = [process.execPath, "-e", "process.stdout.write(JSON.stringify(process.env))"];

test("the stage becomes the program with every value unchanged, whatever it holds", async () => {
  const value = fc.string({ unit: "binary", maxLength: 60 }).filter((text) => !text.includes("\0"));
  const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{1,8}$/);
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 8 }), async (variables) => {
      const { out } = await become(execLine(PRINT_ENVIRONMENT, variables));
      const seen = JSON.parse(out);
      for (const [key, expected] of Object.entries(variables)) {
        assert.equal(seen[key], Buffer.from(expected).toString(), `${key} is not what was sent`);
      }
      assert.equal(
        Object.keys(seen).some((key) => key.includes("LAMBENT")),
        false,
      );
    }),
    { seed: 4566, numRuns: 10 },
  );
});

test("quotes, new lines, dollars and backslashes pass unchanged in values and in arguments", async () => {
  const odd = `it's "$HOME" \`id\` \\n\n\nend\n`;
  const { out } = await become(execLine(["/usr/bin/printf", "%s|%s", odd, "second"], {}));
  assert.equal(out, `${odd}|second`);
});

test("a name that is no shell identifier is left out and does no harm", async () => {
  const { out } = await become(execLine(PRINT_ENVIRONMENT, { "A;exit 9": "x", GOOD: "y" }));
  assert.equal(JSON.parse(out)["GOOD"], "y");
});

test("a program that is not there ends the stage", async () => {
  assert.notEqual((await become(execLine(["/no/such/program"], {}))).code, 0);
});

test("a host that hangs up ends the stage", async () => {
  const stage = startStage();
  const channel = stage.stdio[3];
  channel?.destroy();
  assert.deepEqual(await once(stage, "exit"), [126, null]);
});

test("a custom runtime is the function's bootstrap, else the layer's, started without the channel", async () => {
  for (const place of ["opt", "var/task"]) {
    mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(
      join(folder, place, "bootstrap"),
      `#!/bin/sh\necho "${place} $#" $GREETING\n[ -e /proc/$$/fd/3 ] && echo open\n`,
    );
    chmodSync(join(folder, place, "bootstrap"), 0o755);
    const { out, code } = await become(encodeStart({ GREETING: "hello" }, inside));
    assert.equal(out, `${place} 0 hello\n`);
    assert.equal(code, 1, "file descriptor 3 is closed");
  }
});

test("a missing bootstrap and one that may not run are reported as the service does", async () => {
  const nowhere = (path: string): string => `/nowhere${path}`;
  assert.deepEqual(readEntrypointFailure(Buffer.from((await become(encodeStart({}, nowhere))).said)), {
    errorType: "Runtime.InvalidEntrypoint",
    message: "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
  });
  chmodSync(join(folder, "var/task/bootstrap"), 0o644);
  assert.deepEqual(readEntrypointFailure(Buffer.from((await become(encodeStart({}, inside))).said)), {
    errorType: "Runtime.InvalidEntrypoint",
    message: "fork/exec /var/task/bootstrap: permission denied",
  });
  assert.equal(readEntrypointFailure(Buffer.from("anything else\n")), undefined);
});

const runtimes = createRuntimes({
  cacheFolder: join(folder, "cache"),
  hostNode: process.execPath,
  log: lineLog("error", (line) => process.stderr.write(line)),
});

test("variables that count from the start ask for a late start, others do not", () => {
  const node = runtimes.get("nodejs24.x");
  const python = runtimes.get("python3.12");
  assert.ok(node !== undefined && python !== undefined);
  for (const name of [
    "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "LD_PRELOAD",
    "AWS_LAMBDA_EXEC_WRAPPER",
    "UV_THREADPOOL_SIZE",
  ]) {
    assert.equal(node.needsFreshProcess({ [name]: "x" }), true, name);
  }
  for (const name of ["NODE_ENV", "NODE_PATH", "TABLE", "TZ", "PYTHONHASHSEED"]) {
    assert.equal(node.needsFreshProcess({ [name]: "x" }), false, name);
  }
  assert.equal(python.needsFreshProcess({ PYTHONHASHSEED: "1" }), true);
  assert.equal(python.needsFreshProcess({ PYTHONPATH: "/x", PYTHONUNBUFFERED: "1", TZ: "Asia/Tokyo" }), false);
});

test("a wrapper stands before the interpreter's command; one that is missing exits with 127", async () => {
  const node = runtimes.get("nodejs24.x");
  assert.ok(node !== undefined);
  const interpreter = { version: "24.1.0", program: process.execPath, mounts: [] };
  const wrapper = join(folder, "wrapper");
  writeFileSync(wrapper, '#!/bin/sh\necho "wrapped $1"\n');
  chmodSync(wrapper, 0o755);
  const variables = { AWS_LAMBDA_EXEC_WRAPPER: wrapper };
  const args = node.lateArgs(interpreter, { memoryMb: 128, variables });
  assert.equal((await become(execLine(args, variables))).out, "wrapped /var/lang/bin/node\n");

  const missing = { AWS_LAMBDA_EXEC_WRAPPER: "/opt/none" };
  const ended = await become(execLine(node.lateArgs(interpreter, { memoryMb: 128, variables: missing }), missing));
  assert.deepEqual([ended.code, ended.error], [127, "/opt/none: does not exist\n"]);
});

test("heap sizes follow the memory, and from Node.js 24 on yield to NODE_OPTIONS", () => {
  const node22 = runtimes.get("nodejs22.x");
  const node24 = runtimes.get("nodejs24.x");
  assert.ok(node22 !== undefined && node24 !== undefined);
  const interpreter = { version: "22.23.3", program: "/x", mounts: [] };
  const own = { NODE_OPTIONS: "--max-old-space-size=64 --experimental-require-module" };
  assert.deepEqual(node22.launch(interpreter, { memoryMb: 512 }).args.slice(1, -1), [
    "--max-http-header-size=81920",
    "--max-semi-space-size=25",
    "--max-old-space-size=461",
    "--no-experimental-require-module",
    "--no-experimental-detect-module",
  ]);
  const late = node22.lateArgs(interpreter, { memoryMb: 512, variables: own });
  assert.ok(late.includes("--max-old-space-size=461") && !late.includes("--no-experimental-require-module"));
  assert.equal(
    node24.lateArgs(interpreter, { memoryMb: 512, variables: own }).join(" ").includes("max-old-space"),
    false,
  );
});

test("the flags of a launch are ones that the interpreter accepts", () => {
  const node = runtimes.get("nodejs26.x");
  const version = process.versions.node;
  const args = node?.launch({ version, program: process.execPath, mounts: [] }, { memoryMb: 128 }).args.slice(1, -1);
  execFileSync(process.execPath, [...(args ?? []), "-e", "0"]);
});
