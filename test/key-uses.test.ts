/**
 * What else follows from who signed a request: last uses of keys and roles, the mark of a function's session, and metrics
 * for programs that cannot sign. Method: the SDK and raw requests against a server that enforces.
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { GetAccountSettingsCommand } from "@aws-sdk/client-lambda";
import { until } from "../src/base/testing/until.ts";
import { answerOf, type Keys, lambdaOf, rootKeys, settings } from "./support/accounts.ts";
import { createFunction } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";

const A = "111122223333";

suite("what a key is used for", () => {
  let server: TestServer;
  let root: Keys;
  const role = "tester";
  const stack = new AsyncDisposableStack();
  const iamAs = (keys: Keys) => stack.adopt(new IAMClient(settings(server, keys)), (client) => void client.destroy());

  before(async () => {
    server = stack.use(await startServer({ args: ["--auth=enforce"] }));
    root = await rootKeys(server, A);
  });
  after(() => stack.disposeAsync());

  test("GetAccessKeyLastUsed and RoleLastUsed tell of requests, and a function's session carries lambda:SourceFunctionArn", async () => {
    const iam = iamAs(root);
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
    await iam.send(new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument }));
    const Condition = { ArnEquals: { "lambda:SourceFunctionArn": `arn:aws:lambda:us-east-1:${A}:function:marked` } };
    const statement = { Effect: "Allow", Action: "lambda:GetAccountSettings", Resource: "*", Condition };
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: role,
        PolicyName: "marked",
        PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
      }),
    );
    using client = lambdaOf(server, root);
    const sessionOf = async (FunctionName: string): Promise<Keys> => {
      const Role = `arn:aws:iam::${A}:role/${role}`;
      const files = { "index.mjs": "export const handler = async () => process.env;" };
      await createFunction(client, { FunctionName, Runtime: "nodejs26.x", Role, files });
      const env = Object(await answerOf(client, FunctionName));
      const member = (name: string): string => String(Reflect.get(env, name));
      const sessionToken = member("AWS_SESSION_TOKEN");
      const [accessKeyId, secretAccessKey] = [member("AWS_ACCESS_KEY_ID"), member("AWS_SECRET_ACCESS_KEY")];
      return Object.assign({ accessKeyId, secretAccessKey }, { sessionToken });
    };
    using marked = lambdaOf(server, await sessionOf("marked"));
    using unmarked = lambdaOf(server, await sessionOf("unmarked"));
    await marked.send(new GetAccountSettingsCommand({}));
    await assert.rejects(unmarked.send(new GetAccountSettingsCommand({})), { name: "AccessDeniedException" });

    await until("the role's last use", async () => {
      const { Role } = await iam.send(new GetRoleCommand({ RoleName: role }));
      return Role?.RoleLastUsed?.Region === "us-east-1" && Role.RoleLastUsed.LastUsedDate !== undefined;
    });
    await iam.send(new CreateUserCommand({ UserName: "eva" }));
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: "eva" }));
    const { AccessKeyId = "", SecretAccessKey = "" } = key ?? {};
    const lastUse = async () => (await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }))).AccessKeyLastUsed;
    assert.deepEqual(await lastUse(), { ServiceName: "N/A", Region: "N/A" });
    using eva = lambdaOf(server, { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey });
    await assert.rejects(eva.send(new GetAccountSettingsCommand({})), { name: "AccessDeniedException" });
    await until("the key's last use", async () => (await lastUse())?.ServiceName === "lambda");
  });

  test("metrics are read with a key as user name and password, by whom may, and nothing else is", async () => {
    const read = async (page: string, user: string, password: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
      const answer = await fetch(`${server.url}/_lambent/${page}`, { headers: { authorization } });
      await answer.arrayBuffer();
      return answer.status;
    };
    const iam = iamAs(root);
    await iam.send(new CreateUserCommand({ UserName: "prometheus" }));
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: "prometheus" }));
    const { AccessKeyId = "", SecretAccessKey = "" } = key ?? {};
    assert.equal(await read("metrics", AccessKeyId, SecretAccessKey), 403);
    const statement = { Effect: "Allow", Action: "lambent:*", Resource: "*" };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await iam.send(new PutUserPolicyCommand({ UserName: "prometheus", PolicyName: "scrape", PolicyDocument }));
    await until("the policy", async () => (await read("metrics", AccessKeyId, SecretAccessKey)) === 200);
    assert.equal(await read("metrics", AccessKeyId, "wrong"), 403);
    assert.equal(await read("metrics", "AKIANOBODY", SecretAccessKey), 403);
    assert.equal(await read("status", AccessKeyId, SecretAccessKey), 403);
  });
});
