/** Functions with file systems: an unmodified SDK configures an access point, and functions share what they write below /mnt. */
import assert from "node:assert/strict";
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { clientConfiguration, createFunction } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";

/** Writes `text` to the end of `file`, and answers with what is in it, its owner and itself. */
const IN_NODE = `import { appendFileSync, readFileSync, statSync, symlinkSync, chmodSync, linkSync } from "node:fs";
export const handler = async ({ file, text, link, suid }) => {
  try {
    if (link) symlinkSync(link, file);
    if (text) appendFileSync(file, text);
    if (suid) chmodSync(file, 0o4755);
    return { content: readFileSync(file, "utf8"), own: statSync(file).uid === process.getuid() };
  } catch (error) {
    return { code: error.code };
  }
};`;
const IN_PYTHON = `def handler(event, context):
    with open(event["file"], "a+") as file:
        file.write(event["text"])
        file.seek(0)
        return {"content": file.read()}
`;
const point = (digit: string): string =>
  `arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-${digit.repeat(17)}`;
const S3_FILES = `arn:aws:s3files:us-east-1:000000000000:file-system/fs-${"a".repeat(17)}/access-point/fsap-${"b".repeat(17)}`;
const VpcConfig = { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] };
const on = (Arn: string, LocalMountPath: string): object => ({
  FileSystemConfigs: [{ Arn, LocalMountPath }],
  VpcConfig,
});

let home: string;
let server: TestServer;
let lambda: LambdaClient;

async function open(): Promise<void> {
  const named = join(home, "operators");
  server = await startServer({ dataFolder: join(home, "data"), args: ["--file-system", `${point("f")}=${named}`] });
  lambda = new LambdaClient(clientConfiguration(server));
}

before(async () => {
  home = await mkdtemp(join(tmpdir(), "lambent-fs-"));
  await mkdir(join(home, "operators"));
  await writeFile(join(home, "operators", "given"), "given");
  if (process.getuid?.() === 0)
    for (const name of ["", "given"]) await chown(join(home, "operators", name), 1234, 1234);
  await open();
});

after(async () => {
  lambda?.destroy();
  await server?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function invoke(FunctionName: string, event: object): Promise<Record<string, unknown>> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return JSON.parse(Payload?.transformToString() ?? "");
}

test("functions of different languages share an access point's files, also across restarts and kill -9 of the server", async () => {
  const files = { "index.mjs": IN_NODE };
  await createFunction(lambda, { FunctionName: "writer", files, ...on(point("0"), "/mnt/shared") });
  await createFunction(lambda, {
    FunctionName: "snake",
    Runtime: "python3.13",
    files: { "index.py": IN_PYTHON },
    ...on(point("0"), "/mnt/other-name"),
  });
  await createFunction(lambda, { FunctionName: "stranger", files, ...on(point("1"), "/mnt/shared") });
  assert.deepEqual(await invoke("writer", { file: "/mnt/shared/log", text: "one " }), { content: "one ", own: true });
  assert.deepEqual(await invoke("snake", { file: "/mnt/other-name/log", text: "two " }), { content: "one two " });
  assert.deepEqual(await invoke("stranger", { file: "/mnt/shared/log" }), { code: "ENOENT" });
  const Description = "changed, so that environments are new";
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "writer", Description }));
  await waitUntilFunctionUpdatedV2(
    { client: lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 },
    { FunctionName: "writer" },
  );
  assert.deepEqual(await invoke("writer", { file: "/mnt/shared/log", text: "three " }), {
    content: "one two three ",
    own: true,
  });
  await server.crash();
  lambda.destroy();
  await open();
  assert.deepEqual(await invoke("writer", { file: "/mnt/shared/log", text: "four" }), {
    content: "one two three four",
    own: true,
  });
});

test("a folder that the operator names is mounted in place of one in the data folder, whoever owns it", async () => {
  await createFunction(lambda, {
    FunctionName: "named",
    files: { "index.mjs": IN_NODE },
    ...on(point("f"), "/mnt/operators"),
  });
  const answer = await invoke("named", { file: "/mnt/operators/given", text: " and taken" });
  assert.deepEqual(answer, { content: "given and taken", own: true });
  assert.equal(await readFile(join(home, "operators", "given"), "utf8"), "given and taken");
});

test("links, set-uid bits and other places of /mnt lead out of nothing", async () => {
  const files = { "index.mjs": IN_NODE };
  await createFunction(lambda, { FunctionName: "hostile", files, ...on(point("2"), "/mnt/x") });
  const own = join(home, "operators", "given");
  assert.deepEqual(await invoke("hostile", { file: "/mnt/x/link", link: own }), { code: "ENOENT" });
  assert.deepEqual(await invoke("hostile", { file: "/mnt/x/up", link: "../../../../../../../../etc/shadow" }), {
    code: "ENOENT",
  });
  assert.deepEqual(await invoke("hostile", { file: "/mnt/other", text: "x" }), { code: "EACCES" });
  assert.deepEqual(await invoke("hostile", { file: "/mnt/x/program", text: "x", suid: true }), {
    content: "x",
    own: true,
  });
  // A second environment mounts the folder with all of that in it.
  await createFunction(lambda, { FunctionName: "next", files, ...on(point("2"), "/mnt/x") });
  assert.deepEqual(await invoke("next", { file: "/mnt/x/link" }), { code: "ENOENT" });
});

test("settings are shown, kept by updates and versions, taken away by an empty list, and need a VPC", async () => {
  const FunctionName = "shown";
  const FileSystemConfigs = [
    { Arn: S3_FILES, LocalMountPath: "/mnt/a-b_c.d", S3FilesConfig: { DirectS3Read: "DISABLED" as const } },
  ];
  const files = { "index.mjs": IN_NODE };
  const vpcMissing = {
    name: "InvalidParameterValueException",
    message: `Function must be configured to execute in a VPC to reference access point ${S3_FILES}. Please update the function configuration to include VPC subnets and security groups.`,
  };
  await assert.rejects(createFunction(lambda, { FunctionName, files, FileSystemConfigs }), vpcMissing);
  await createFunction(lambda, { FunctionName, files, FileSystemConfigs, VpcConfig });
  const update = async (change: object): Promise<void> => {
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...change }));
    const fast = { client: lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 };
    await waitUntilFunctionUpdatedV2(fast, { FunctionName });
  };
  await update({ Description: "other" });
  assert.deepEqual(await invoke(FunctionName, { file: "/mnt/a-b_c.d/x", text: "x" }), { content: "x", own: true });
  await lambda.send(new PublishVersionCommand({ FunctionName }));
  await assert.rejects(update({ VpcConfig: { SubnetIds: [], SecurityGroupIds: [] } }), {
    name: "InvalidParameterValueException",
    message: `Function VPC configuration cannot be removed with access point ${S3_FILES} referenced.`,
  });
  await update({ FileSystemConfigs: [] });
  const latest = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  assert.equal(latest.FileSystemConfigs, undefined);
  const published = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier: "1" }));
  assert.deepEqual(published.FileSystemConfigs, FileSystemConfigs);
  const malformed = [{ Arn: "arn:aws:efs", LocalMountPath: "/srv/x" }];
  await assert.rejects(update({ FileSystemConfigs: malformed }), {
    name: "ValidationException",
    message:
      /^2 validation errors detected: Value 'arn:aws:efs' at 'fileSystemConfigs\.1\.member\.arn' failed .*; Value '\/srv\/x' at 'fileSystemConfigs\.1\.member\.localMountPath' failed /,
  });
});
