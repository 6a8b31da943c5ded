/**
 * The command line from end to end, as a person or a script uses it: a real server, real functions, exit codes and what
 * stands on standard output (results) and standard error (everything about them).
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { LambdaClient, UpdateFunctionUrlConfigCommand } from "@aws-sdk/client-lambda";
import { startServer, type TestServer } from "./support/server.ts";

const LAMBENT: string = join(import.meta.dirname, "../bin/lambent.js");
const GREETING = `export const handler = async (event) => {
  console.log("greeting", event.name);
  if (event.name === "nobody") throw new RangeError("no name");
  return { hello: event.name };
};`;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

let server: TestServer;
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lambent-cli-"));
  await mkdir(join(folder, "tmp"));
  await mkdir(join(folder, "greet"));
  await writeFile(join(folder, "greet/index.mjs"), GREETING);
  await writeFile(join(folder, "greet/package.json"), JSON.stringify({ engines: { node: "26.x" } }));
  server = await startServer();
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test("a folder is deployed, invoked, listed, followed in its log and removed", async () => {
  const created = await lambent("deploy", "greet");
  assert.equal(created.code, 0, created.stderr);
  assert.match(created.stdout, /^Created greet \(nodejs26\.x, index\.handler, \d+ B\) in \d+ ms\n$/);
  assert.match(created.stderr, /Next: lambent invoke greet/);

  const invoked = await lambent("invoke", "greet", `{"name": "world"}`);
  assert.equal(invoked.code, 0, invoked.stderr);
  assert.deepEqual(JSON.parse(invoked.stdout), { hello: "world" });
  assert.match(invoked.stderr, /greeting world/);
  assert.match(invoked.stderr, /ok · .* ran [\d.]+ ms, billed \d+ ms · .* round trip/);

  const updated = await lambent("deploy", "greet", "--memory", "256", "-e", "STAGE=dev", "--json");
  const answer: { created: boolean; configuration: { MemorySize: number; Environment: object; $metadata?: object } } =
    JSON.parse(updated.stdout);
  assert.equal(answer.created, false);
  assert.equal(answer.configuration.$metadata, undefined, "what an SDK says about its call is not shown");
  assert.equal(answer.configuration.MemorySize, 256);
  assert.deepEqual(answer.configuration.Environment, { Variables: { STAGE: "dev" } });

  const listed = await lambent("ls");
  assert.match(listed.stdout, /^NAME\s+RUNTIME.*\ngreet\s+nodejs26\.x\s+index\.handler\s+256 MB/);

  await until(async () => /greeting world/.test((await lambent("logs", "greet")).stdout));
  const status = await lambent("status");
  assert.match(status.stdout, new RegExp(`Server +${server.url}[\\s\\S]*Isolation +\\S[\\s\\S]*greet`));

  const refused = await lambent("rm", "greet");
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /--yes/);
  assert.equal((await lambent("rm", "greet", "--yes")).stdout, "Deleted greet\n");
  assert.deepEqual(JSON.parse((await lambent("ls", "--json")).stdout), []);
});

test("invoke --explain shows where the time of a cold and of a warm call went; nobody else is told", async () => {
  await lambent("deploy", "greet", "--name", "explained");
  const cold = await lambent("invoke", "explained", "--explain");
  assert.match(cold.stderr, /^cold, .* ms$/m);
  assert.match(cold.stderr, /^interpreter, extensions +[\d.]+/m);
  assert.match(cold.stderr, /^run: event in, answer out +[\d.]+/m);
  const warm = JSON.parse((await lambent("invoke", "explained", "--explain", "--json")).stdout);
  assert.equal(warm.explanation.start, "warm");
  const steps: { ms: number }[] = warm.explanation.steps;
  const sum = steps.reduce((total, { ms }) => total + ms, 0);
  assert.ok(Math.abs(sum - warm.roundTripMs) < 0.01, `${sum} of ${warm.roundTripMs}`);

  const url = `${server.url}/2015-03-31/functions/explained/invocations`;
  const unasked = await fetch(url, { method: "POST", body: "{}" });
  assert.equal(unasked.headers.get("x-lambent-explain"), null);
  assert.deepEqual(await unasked.json(), {});
});

test("a function that fails ends invoke with 1 and shows AWS's error", async () => {
  await lambent("deploy", "greet", "--name", "fails");
  const failed = await lambent("invoke", "fails", `{"name": "nobody"}`, "--json");
  assert.equal(failed.code, 1);
  const { payload, functionError }: { payload: string; functionError: string } = JSON.parse(failed.stdout);
  assert.equal(functionError, "Unhandled");
  const { errorType, errorMessage }: { errorType: string; errorMessage: string } = JSON.parse(payload);
  assert.deepEqual([errorType, errorMessage], ["RangeError", "no name"]);
  await lambent("invoke", "fails", `{"name": "nobody"}`, "--async");
  // Due or running, then waiting for its second try.
  await until(async () => /^fails +0 +0 +1$/m.test((await lambent("status")).stdout));
  assert.match((await lambent("status")).stdout, /^FUNCTION +EVENTS DUE +RUNNING +LATER$/m);
  assert.match((await lambent("status")).stdout, /^fails +\$LATEST +idle +1 +2 +\d+ s ago$/m);
  await lambent("rm", "fails", "--yes");
});

test("an event comes from a file or from standard input, and goes to the queue with --async", async () => {
  await lambent("deploy", "greet", "--name", "inputs");
  await writeFile(join(folder, "event.json"), `{"name": "file"}`);
  assert.deepEqual(JSON.parse((await lambent("invoke", "inputs", "@event.json")).stdout), { hello: "file" });
  assert.deepEqual(JSON.parse((await lambentWith(`{"name": "pipe"}`, "invoke", "inputs", "-")).stdout), {
    hello: "pipe",
  });
  assert.match(
    (await lambent("invoke", "inputs", `{"name": "later"}`, "--async")).stdout,
    /^Accepted as [\da-f-]{36}\n$/,
  );
  await until(async () => /greeting later/.test((await lambent("logs", "inputs", "--filter", "later")).stdout));
  assert.match((await lambent("invoke", "inputs", "{name: world}")).stderr, /The payload is not JSON: \{name: world\}/);
  await lambent("rm", "inputs", "--yes");
});

test("logs --follow shows what comes until it is interrupted", async () => {
  await lambent("deploy", "greet", "--name", "followed");
  const following = start(["logs", "followed", "--follow"]);
  let output = "";
  following.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await lambent("invoke", "followed", `{"name": "first"}`);
  await until(async () => /greeting first/.test(output));
  await lambent("invoke", "followed", `{"name": "second"}`);
  await until(async () => /greeting second/.test(output));
  following.kill("SIGINT");
  assert.equal((await outcomeOf(following)).code, 0);
  assert.equal(output.match(/greeting first/g)?.length, 1);
  await lambent("rm", "followed", "--yes");
});

test("deploy --url gives a function a URL for everybody, and status shows it", async () => {
  const created = await lambent("deploy", "greet", "--name", "page", "--url");
  assert.equal(created.code, 0, created.stderr);
  const url = /^URL: (http:\S+)$/m.exec(created.stdout)?.[1] ?? "";
  assert.match(created.stderr, new RegExp(`Next: curl ${url}`));
  const byPath = `${server.url}/_lambent/urls/${new URL(url).hostname.split(".")[0]}/`;
  assert.equal((await fetch(byPath)).status, 200);
  const again = await lambent("deploy", "greet", "--name", "page", "--url", "--stream");
  assert.match(again.stdout, new RegExp(`URL: ${url}`), "the URL stays");
  assert.doesNotMatch(again.stderr, /AWS_IAM/);
  const lambda = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials: CREDENTIALS });
  await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: "page", AuthType: "AWS_IAM" }));
  const opened = await lambent("deploy", "greet", "--name", "page", "--url", "--stream");
  assert.match(opened.stderr, /^Its URL was for signed requests \(AWS_IAM\) before\.$/m);
  assert.match((await lambent("status")).stdout, new RegExp(`page +${url} +NONE +RESPONSE_STREAM`));
  await lambent("rm", "page", "--yes");
});

test("with deploy --watch a saved change is live", async () => {
  const live = join(folder, "live");
  await mkdir(live);
  await writeFile(join(live, "index.mjs"), "export const handler = async () => 1;");
  const watching = start(["deploy", "live", "--watch", "--runtime", "nodejs26.x"]);
  const result = async (): Promise<string> => (await lambent("invoke", "live")).stdout.trim();
  await until(async () => (await result()) === "1");
  await writeFile(join(live, "index.mjs"), "export const handler = async () => 2;");
  await until(async () => (await result()) === "2");
  watching.kill("SIGINT");
  assert.equal((await outcomeOf(watching)).code, 0);
  await lambent("rm", "live", "--yes");
});

test("a live folder that the function could not read is refused with the command that opens it", async () => {
  const closed = join(folder, "closed");
  await mkdir(closed, { mode: 0o700 });
  await writeFile(join(closed, "index.mjs"), "export const handler = async () => 1;", { mode: 0o600 });
  const status = await (await fetch(`${server.url}/_lambent/status`)).text();
  const { isolation }: { isolation: { contains: boolean } } = JSON.parse(status);
  if (!isolation.contains) return;
  const refused = await lambent("deploy", "closed", "--watch");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /cannot read .*closed and 1 more\.\n {2}Next: chmod -R o\+rX/);
});

test("errors are one sentence and a next step, as JSON too", async () => {
  const missing = await lambent("invoke", "nothing");
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^lambent: ResourceNotFoundException: Function not found: .*\n {2}Next: lambent ls/);
  const unreachable = await lambent("ls", "--endpoint", "http://localhost:1", "--json");
  assert.equal(unreachable.code, 1);
  const { error, nextStep }: { error: string; nextStep: string } = JSON.parse(unreachable.stdout);
  assert.deepEqual([error, nextStep], ["no-server", "start one with: lambent up (or name another with --endpoint)"]);
  assert.equal((await lambent("deploi")).code, 2);
  const noUrl = await lambent("deploy", "greet", "--name", "urlless", "--stream");
  const unanswered = await lambent("invoke", "nothing", "--explain", "--async");
  assert.match(unanswered.stderr, /^lambent: --explain needs the answer.*\n {2}Next: leave one of them out/);
  assert.match(noUrl.stderr, /^lambent: --stream is about a URL, .*\n {2}Next: add --url/);
});

test("up prints one line, says whose port is taken, and ends cleanly at Ctrl-C", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  const address = blocker.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const refused = await lambent("up", "--ephemeral", "--port", String(port));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use`));
  await new Promise((resolve) => blocker.close(resolve));

  const up = start(["up", "--port", "0", "--ephemeral"]);
  await new Promise((resolve) => up.stdout?.once("readable", resolve));
  up.kill("SIGINT");
  const { code, stdout } = await outcomeOf(up);
  assert.equal(code, 0);
  assert.match(stdout, /^Lambent is ready at http:\/\/localhost:\d+ · isolation.* · data: .* · \d+ ms\n/);
});

test("exec gives a command a server of its own and passes its exit code on", async () => {
  const program = `fetch(process.env.AWS_ENDPOINT_URL + "/2015-03-31/functions/").then(async (answer) => { console.log(await answer.text()); process.exitCode = 7; })`;
  const { code, stdout } = await lambent("exec", "--", process.execPath, "-e", program);
  assert.equal(code, 7);
  assert.deepEqual(JSON.parse(stdout), { Functions: [] });
  const missing = await lambent("exec", "--", "no-such-program");
  assert.equal(missing.code, 127);
  assert.match(missing.stderr, /There is no command "no-such-program"/);
  const left = (await readdir(join(folder, "tmp"))).filter((name) => name.startsWith("lambent-"));
  assert.deepEqual(left, [], "the data folder is removed");
});

test("a command run by exec inherits nothing of Lambent's own", async () => {
  const env = { ...process.env };
  delete env["NODE_COMPILE_CACHE"];
  const outcome = await outcomeOf(
    spawn(process.execPath, [LAMBENT, "exec", "--", process.execPath, "-p", "'NODE_COMPILE_CACHE' in process.env"], {
      cwd: folder,
      env,
    }),
  );
  assert.deepEqual([outcome.code, outcome.stdout], [0, "false\n"]);
});

test("a reader that goes ends the command without an error", async () => {
  const words = [process.execPath, LAMBENT, "up", "--help"].map((word) => `'${word}'`).join(" ");
  const piped = await outcomeOf(spawn("bash", ["-c", `${words} | head -c 1; echo; echo "\${PIPESTATUS[0]}"`]));
  assert.deepEqual([piped.stdout, piped.stderr], ["l\n0\n", ""]);
});

test("bash completes commands, options and files by the printed script", async () => {
  const completed = async (...words: readonly string[]): Promise<string> => {
    const line = words.map((word) => `'${word}'`).join(" ");
    const script = `source <('${process.execPath}' '${LAMBENT}' completion bash)
      COMP_WORDS=(lambent ${line}); COMP_CWORD=${words.length}; _lambent; echo "\${COMPREPLY[*]}"`;
    return (await outcomeOf(spawn("bash", ["-c", script], { cwd: folder }))).stdout.trim();
  };
  assert.equal(await completed("de"), "deploy delete demo");
  assert.equal(await completed("deploy", "--wat"), "--watch");
  assert.equal(await completed("deploy", "gre"), "greet");
});

test("deploy says when another interpreter version stands in, and status goes on saying it", async () => {
  await mkdir(join(folder, "old"));
  await writeFile(join(folder, "old/app.py"), "def handler(event, context):\n    return 1\n");
  const { stdout }: Outcome = await lambent("doctor", "--json");
  const { checks }: { checks: { name: string; detail: string }[] } = JSON.parse(stdout);
  const absent = /^(3\.\d+).* not here/.exec(
    checks.find(({ detail }) => detail.includes("not here"))?.detail ?? "",
  )?.[1];
  if (absent === undefined) return;
  const deployed = await lambent("deploy", "old", "--runtime", `python${absent}`);
  assert.equal(deployed.code, 0, deployed.stderr);
  assert.match(deployed.stderr, new RegExp(`python${absent.replace(".", "\\.")} runs on Python`));
  assert.match((await lambent("status")).stdout, /Runtime +python.* runs on Python/);
  await lambent("invoke", "old");
  await until(async () => /runs on Python/.test((await lambent("logs", "old")).stdout));
  await lambent("rm", "old", "--yes");
});

test("what a person mistypes never looks like a bug", async () => {
  const folderAsFile = await lambent("invoke", "greet", "@greet");
  assert.match(folderAsFile.stderr, /^lambent: There is no file greet\.\n {2}Next: /);
  const blockedPort = await lambent("status", "--endpoint", "http://localhost:1");
  assert.match(blockedPort.stderr, /^lambent: No Lambent server answers at http:\/\/localhost:1\.\n {2}Next: /);
  const impossible = await lambent("up", "--port", "0", "--data", "/proc/lambent");
  assert.match(impossible.stderr, /^lambent: The data folder \/proc\/lambent cannot be (made|used): .*\n {2}Next: /);
  await lambent("deploy", "greet", "--name", "typo", "--handler", "index.handle");
  const typo = await lambent("invoke", "typo");
  assert.match(typo.stderr, /Next: name the exported function: lambent deploy FOLDER --handler FILE\.FUNCTION/);
  assert.match(
    (await lambent("deploy", "greet", "--name", "typo", "--memory", "5")).stderr,
    /\n {2}Next: correct the value/,
  );
  await lambent("rm", "typo", "--yes");
});

test("doctor looks at this machine without a server", async () => {
  const { stdout } = await lambent("doctor", "--json", "--endpoint-is-not-needed");
  assert.equal(
    stdout,
    `${JSON.stringify({ error: "usage", message: "doctor has no option --endpoint-is-not-needed.", nextStep: "lambent doctor --help" })}\n`,
  );
  const { checks, isolation }: { checks: { name: string; verdict: string }[]; isolation: { summary: string } } =
    JSON.parse((await lambent("doctor", "--json")).stdout);
  assert.ok(checks.some(({ name, verdict }) => name === "Node.js" && verdict === "ok"));
  assert.ok(isolation.summary.length > 0);
});

test("the demo shows result, log and timing, and ends where nobody is at a terminal", async () => {
  const { code, stdout, stderr } = await lambent("demo");
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /Result\n\{\n {2}"orders": 600[\s\S]*Log\nSTART RequestId[\s\S]*read 600 orders[\s\S]*Timing\nfirst {3}ok · cold · init[\s\S]*second {2}ok · warm/,
  );
});

function lambent(...words: readonly string[]): Promise<Outcome> {
  return outcomeOf(start(words));
}

function lambentWith(input: string, ...words: readonly string[]): Promise<Outcome> {
  const child = start(words);
  child.stdin?.end(input);
  return outcomeOf(child);
}

function start(words: readonly string[]): ChildProcess {
  const env = {
    ...process.env,
    LAMBENT_ENDPOINT: server.url,
    LAMBENT_HOME: join(folder, "data"),
    TMPDIR: join(folder, "tmp"),
    NO_COLOR: "1",
  };
  return spawn(process.execPath, [LAMBENT, ...words], { cwd: folder, env });
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const outputs = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => {
    outputs.stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    outputs.stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, ...outputs };
}

/** Asks again until it holds; a test's own time limit is the deadline. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error("it did not come to hold within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
