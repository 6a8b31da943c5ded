/** A server that audits: nobody is refused, and `lambent audit` lists what AWS would refuse, with policies to paste. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { clientConfiguration, createFunction } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";

const LAMBENT: string = join(import.meta.dirname, "../bin/lambent.js");
const USER = "arn:aws:iam::000000000000:user/lambent";
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:audited";

let server: TestServer;
before(async () => {
  server = await startServer({ args: ["--auth", "audit"] });
});
after(() => server[Symbol.asyncDispose]());

interface Outcome {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function lambent(...args: string[]): Promise<Outcome> {
  const { AWS_ACCESS_KEY_ID: _, AWS_PROFILE: __, ...rest } = process.env;
  const env = { ...rest, LAMBENT_ENDPOINT: server.url, LAMBENT_HOME: server.dataFolder, NO_COLOR: "1" };
  const child = spawn(process.execPath, [LAMBENT, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

test("what AWS would refuse is served, logged once with its statement, and listed with a policy for each principal", async () => {
  const client = new LambdaClient(clientConfiguration(server));
  await createFunction(client, {
    FunctionName: "audited",
    files: { "index.mjs": "export const handler = async () => 'ran';" },
  });
  for (let time = 0; time < 2; time++) await client.send(new InvokeCommand({ FunctionName: "audited" }));
  await client.send(new ListFunctionsCommand({}));
  client.destroy();

  const log = server
    .output()
    .split("\n")
    .filter((line) => line.includes(`action=lambda:InvokeFunction`));
  assert.equal(log.length, 1, server.output());
  assert.match(
    log[0] ?? "",
    /^warn audit: with --auth=enforce this would be refused: User: .* missing=identity statement=\{"Effect":"Allow","Action":"lambda:InvokeFunction"/,
  );

  const listed = await lambent("audit");
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^PRINCIPAL +ACTION +RESOURCE +MISSING +TIMES/);
  assert.match(listed.stdout, new RegExp(`^${USER} +lambda:InvokeFunction +${FUNCTION} +identity policy +2$`, "m"));
  assert.match(listed.stdout, /^access key test +any +lambda +UnrecognizedClientException/m);
  assert.match(
    listed.stdout,
    /^arn:aws:lambda:\S+:function:audited +any +arn:aws:iam::000000000000:role\/lambda +InvalidParameterValueException/m,
  );
  assert.match(listed.stdout, new RegExp(`^For ${USER}:\n\\{\n  "Version": "2012-10-17"`, "m"));

  const report: { policies: { principal: string; kind: string; document: { Statement: object[] } }[] } = JSON.parse(
    (await lambent("audit", "--json")).stdout,
  );
  const policy = report.policies.find(({ principal, kind }) => principal === USER && kind === "identity");
  assert.ok(policy !== undefined && policy.document.Statement.length >= 2);
});

test("status and credentials say how the server authenticates and with which key", async () => {
  assert.match((await lambent("status")).stdout, /^Auth {7}audit: everything is allowed/m);
  const shown: { accountId: string; accessKeyId: string } = JSON.parse((await lambent("credentials", "--json")).stdout);
  assert.equal(shown.accountId, "000000000000");
  const other = await lambent("credentials", "--account", "111122223333");
  assert.match(
    other.stdout,
    /^\[lambent-111122223333\]\naws_access_key_id = AKIA\w{16}\naws_secret_access_key = \S{40}\n$/,
  );
  assert.equal((await lambent("credentials", "--account", "1")).code, 1);
});
