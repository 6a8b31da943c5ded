/** A SAM template from its first deployment to its end, with the real command line against a real server. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./support/server.ts";

const ROOT: string = join(import.meta.dirname, "..");
let server: TestServer;
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lambent-template-"));
  await cp(join(ROOT, "examples/sam-shop"), join(folder, "shop"), { recursive: true });
  server = await startServer();
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function lambent(...args: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, LAMBENT_ENDPOINT: server.url };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, "bin/lambent.js"), ...args],
      { cwd: folder, env },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

async function edit(file: string, from: string | RegExp, to: string): Promise<void> {
  const path = join(folder, "shop", file);
  await writeFile(path, (await readFile(path, "utf8")).replace(from, to));
}

const FILE = "shop/template.yaml";

test("a template is shown, made, left alone, changed, cut down and deleted", async () => {
  const shown = await lambent("deploy", FILE, "--dry-run");
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^\+ +OrdersAliaslive +AWS::Lambda::Alias$/m);
  assert.match(shown.stdout, /^shop: 10 to add$/m);
  assert.deepEqual(JSON.parse((await lambent("ls", "--json")).stdout), [], "showing makes nothing");

  const made = await lambent("deploy", FILE);
  assert.equal(made.code, 0, made.stderr);
  const url = /^OrdersUrl +http:\/\/(\w+)\./m.exec(made.stdout)?.[1];
  const priced = await fetch(`${server.url}/_lambent/urls/${url}/?item=coffee&count=2`);
  assert.deepEqual(await priced.json(), { item: "coffee", count: 2, total: 6, stage: "dev" });
  assert.match((await lambent("invoke", "shop-Report")).stdout, /shop in us-east-1/);

  const same = await lambent("deploy", FILE);
  assert.match(same.stdout, /^shop: no changes$/m);

  const changed = await lambent("deploy", FILE, "--parameter", "Stage=prod");
  assert.match(changed.stderr, /MemorySize 128 → 512[\s\S]*Environment\.Variables\.STAGE dev → prod/);
  assert.match(changed.stdout, /^shop: 2 changed$/m);

  await edit("orders/index.mjs", "count: Number(count)", "count: Number(count), new: true");
  const code = await lambent("deploy", FILE, "--parameter", "Stage=prod");
  assert.match(code.stderr, /FunctionVersion 1 → \(known after apply\)/);
  assert.doesNotMatch(code.stderr, /Report/, "code that did not change is not deployed again");
  const again = await fetch(`${server.url}/_lambent/urls/${url}/`);
  assert.deepEqual(await again.json(), { item: "tea", count: 1, new: true, total: 2.5, stage: "prod" });

  await edit("template.yaml", /\n {2}Report:[\s\S]*?\nOutputs/, "\nOutputs");
  await edit("template.yaml", /\n {2}ReportArn:\n.*\n/, "\n");
  await edit("template.yaml", /\n {6}Policies:\n.*\n.*\n/, "\n");
  const refused = await lambent("deploy", FILE, "--parameter", "Stage=prod");
  assert.deepEqual([refused.code, /add --yes/.test(refused.stderr)], [1, true]);
  const cut = await lambent("deploy", FILE, "--parameter", "Stage=prod", "--yes");
  assert.equal(cut.code, 0, cut.stderr);
  assert.match(cut.stdout, /2 removed/);
  const left: { FunctionName: string }[] = JSON.parse((await lambent("ls", "--json")).stdout);
  assert.deepEqual(
    left.map(({ FunctionName }) => FunctionName),
    ["shop-Orders"],
  );

  const deleted = await lambent("delete", "shop", "--yes");
  assert.equal(deleted.code, 0, deleted.stderr);
  assert.deepEqual(JSON.parse((await lambent("ls", "--json")).stdout), []);
  assert.match((await lambent("delete", "shop", "--yes")).stderr, /There is no stack shop/);
});

test("a failure in the middle says what was made, and another run goes on from there", async () => {
  const template = (memory: number): string => `
Resources:
  First: { Type: AWS::Serverless::Function, Properties: { InlineCode: "exports.handler = async () => 1", Handler: index.handler, Runtime: nodejs24.x } }
  Second: { Type: AWS::Serverless::Function, Properties: { InlineCode: "exports.handler = async () => 2", Handler: index.handler, Runtime: nodejs24.x, MemorySize: ${memory} } }
`;
  const file = join(folder, "two.yaml");
  await writeFile(file, template(1));
  const failed = await lambent("deploy", file, "--stack", "two");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /Second: .*3 of 4 changes were made; not made: Second\./);
  await writeFile(file, template(256));
  const mended = await lambent("deploy", file, "--stack", "two");
  assert.match(mended.stdout, /^two: 1 added$/m);
  assert.equal((await lambent("invoke", "two-Second")).stdout.trim(), "2");

  const other = await lambent("deploy", file, "--stack", "other", "--dry-run");
  assert.equal(other.code, 0, "another stack has names of its own");
  await writeFile(
    file,
    template(256)
      .replaceAll("Properties: {", "Properties: { FunctionName: two-First,")
      .replace(/\n {2}Second.*/, ""),
  );
  const taken = await lambent("deploy", file, "--stack", "other");
  assert.match(taken.stderr, /First is called two-First, and there is one that the stack other did not make/);
  assert.equal((await lambent("delete", "two", "--yes")).code, 0);
});

test("what is not deployed is noticed, and refused with --strict", async () => {
  const file = join(folder, "api.yaml");
  await writeFile(
    file,
    `
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "exports.handler = async () => process.env.QUEUE"
      Handler: index.handler
      Runtime: nodejs24.x
      Environment: { Variables: { QUEUE: !GetAtt Jobs.Arn } }
      Events: { Get: { Type: Api, Properties: { Path: /, Method: get } } }
  Jobs: { Type: AWS::SQS::Queue }
`,
  );
  const strict = await lambent("deploy", file, "--stack", "api", "--strict");
  assert.deepEqual([strict.code, /--strict/.test(strict.stderr)], [1, true]);
  const made = await lambent("deploy", file, "--stack", "api");
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stderr, /its event Get \(Api\) is not deployed yet/);
  assert.match(made.stderr, /Jobs \(AWS::SQS::Queue\) is not deployed yet/);
  assert.equal((await lambent("invoke", "api-Hello")).stdout.trim(), `"arn:aws:sqs:us-east-1:000000000000:api-Jobs"`);
  assert.equal((await lambent("delete", "api", "--yes")).code, 0);
});

test("every resource type is made, found unchanged, changed where its properties say so, and removed; secrets stay hidden", async () => {
  await cp(join(ROOT, "test/fixtures/templates"), join(folder, "every"), { recursive: true });
  const file = join(folder, "every/every-type.yaml");
  const made = await lambent("deploy", file);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^every: 14 added$/m);
  assert.match((await lambent("deploy", file)).stdout, /^every: no changes$/m);

  const edits = [
    ["BatchSize: 5", "BatchSize: 6"],
    ['MaxAge: "60"|MaxAge: 60', "MaxAge: 61"],
    ["MaximumRetryAttempts: 1", "MaximumRetryAttempts: 0"],
    ["RetentionInDays: \\d+", "RetentionInDays: 30"],
    ["Action: .s3:[^,]*", 'Action: "s3:PutObject"'],
    ["Value: a", "Value: b"],
    ["s3.amazonaws", "sns.amazonaws"],
    ["RecursiveLoop: Allow", "Timeout: 9"],
    ["ConcurrentExecutions: 1 ", "ConcurrentExecutions: 2 "],
  ] as const;
  for (const [from, to] of edits) {
    const before = await readFile(file, "utf8");
    const after = before.replace(new RegExp(from), to);
    assert.notEqual(after, before, from);
    await writeFile(file, after);
  }
  const changed = await lambent("deploy", file, "--parameter", "Secret=psst", "--yes");
  assert.equal(changed.code, 0, changed.stderr);
  assert.match(changed.stdout, /^every: 7 changed, 1 replaced$/m);
  assert.match(changed.stderr, /Environment\.Variables\.KEY \*{4} → \*{4}/);
  assert.doesNotMatch(changed.stdout + changed.stderr, /hush|psst/);
  assert.match((await lambent("deploy", file, "--parameter", "Secret=psst")).stdout, /^every: no changes$/m);
  assert.equal((await lambent("delete", "every", "--yes")).code, 0);
});
