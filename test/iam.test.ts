/** IAM and STS for clients that nobody changed: boto3, the AWS CLI, and the JavaScript SDK against a server that enforces. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, type Credentials, STSClient } from "@aws-sdk/client-sts";
import { pythonEnvironment } from "./support/python.ts";
import { clientEnvironment, startServer, type TestServer } from "./support/server.ts";

const TIMEOUT = { timeout: 240_000 };
const document = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });

test(
  "boto3 makes users, groups, keys, roles, policies, profiles and sessions, and takes them away again",
  TIMEOUT,
  async () => {
    const { python } = await pythonEnvironment();
    await using server = await startServer();
    const program = join(import.meta.dirname, "fixtures", "boto3_iam.py");
    await promisify(execFile)(python, [program], { env: { ...process.env, ...clientEnvironment(server.url) } });
  },
);

test(
  "aws iam makes a user with keys that aws sts knows it by, and what it made outlives a crash",
  TIMEOUT,
  async () => {
    const { aws: program } = await pythonEnvironment();
    await using first = await startServer();
    const run = async (server: TestServer, env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
      const whole = { ...process.env, ...clientEnvironment(server.url), ...env };
      const { stdout } = await promisify(execFile)(program, [...args, "--output", "text"], { env: whole });
      return stdout.trim();
    };
    await run(first, {}, "iam", "create-user", "--user-name", "cli", "--query", "User.Arn");
    await run(first, {}, "iam", "create-group", "--group-name", "team");
    await run(first, {}, "iam", "add-user-to-group", "--group-name", "team", "--user-name", "cli");
    const made = await run(
      ...([first, {}, "iam", "create-access-key", "--user-name", "cli"] as const),
      ...["--query", "AccessKey.[AccessKeyId,SecretAccessKey]"],
    );
    const [accessKeyId = "", secret = ""] = made.split(/\s+/);
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret };
    await first.crash();
    await using second = await startServer({ dataFolder: first.dataFolder });
    const arn = await run(second, keys, "sts", "get-caller-identity", "--query", "Arn");
    assert.equal(arn, "arn:aws:iam::000000000000:user/cli");
    const members = await run(second, {}, "iam", "get-group", "--group-name", "team", "--query", "Users[].UserName");
    assert.equal(members, "cli");
    await assert.rejects(run(second, {}, "iam", "delete-user", "--user-name", "cli"), {
      stderr: /\(DeleteConflict\) when calling the DeleteUser operation: Cannot delete entity, must/,
    });
  },
);

test(
  "where --auth=enforce, a role is assumed by whom its trust policy lets in, and its session does no more than both allow",
  TIMEOUT,
  async () => {
    await using server = await startServer({ args: ["--auth=enforce"] });
    const file = await readFile(join(server.dataFolder, "root-credentials"), "utf8");
    const member = (name: string): string => new RegExp(`${name}\\s*=\\s*(\\S+)`).exec(file)?.[1] ?? "";
    const rootKeys = { accessKeyId: member("aws_access_key_id"), secretAccessKey: member("aws_secret_access_key") };
    const config = { endpoint: server.url, region: "us-east-1", maxAttempts: 1 };
    await using stack = new AsyncDisposableStack();
    const iamAs = (credentials: typeof rootKeys) =>
      stack.adopt(new IAMClient({ ...config, credentials }), (client) => void client.destroy());
    const stsAs = (credentials: typeof rootKeys) =>
      stack.adopt(new STSClient({ ...config, credentials }), (client) => void client.destroy());
    const root = iamAs(rootKeys);

    const { User: user } = await root.send(new CreateUserCommand({ UserName: "eva" }));
    const { AccessKey: key } = await root.send(new CreateAccessKeyCommand({ UserName: "eva" }));
    const eva = { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
    const reading = { Effect: "Allow", Action: "iam:GetUser", Resource: "*" };
    const trusting = (Condition: object) =>
      document({ Effect: "Allow", Principal: { AWS: user?.Arn }, Action: "sts:AssumeRole", Condition });
    const AssumeRolePolicyDocument = trusting({ StringEquals: { "sts:ExternalId": "secret" } });
    const { Role: role } = await root.send(new CreateRoleCommand({ RoleName: "reader", AssumeRolePolicyDocument }));
    await root.send(
      new PutRolePolicyCommand({ RoleName: "reader", PolicyName: "read", PolicyDocument: document(reading) }),
    );

    const assume = (ExternalId: string, Policy?: string) =>
      stsAs(eva).send(new AssumeRoleCommand({ RoleArn: role?.Arn, RoleSessionName: "se", ExternalId, Policy }));
    const refused = { name: "AccessDenied", message: /is not authorized to perform: sts:AssumeRole on resource: / };
    await assert.rejects(assume("guess"), refused);
    const session = sessionKeys((await assume("secret")).Credentials);
    const get = new GetUserCommand({ UserName: "eva" });
    assert.equal((await iamAs(session).send(get)).User?.Arn, user?.Arn);
    await assert.rejects(iamAs(session).send(new CreateUserCommand({ UserName: "more" })), {
      name: "AccessDenied",
      message:
        "User: arn:aws:sts::000000000000:assumed-role/reader/se is not authorized to perform: iam:CreateUser on resource: " +
        "arn:aws:iam::000000000000:user/more because no identity-based policy allows the iam:CreateUser action",
    });
    const limited = document({ Effect: "Allow", Action: "iam:ListUsers", Resource: "*" });
    const narrow = sessionKeys((await assume("secret", limited)).Credentials);
    await assert.rejects(iamAs(narrow).send(get), { name: "AccessDenied", message: /no session policy allows/ });
    await assert.rejects(iamAs(eva).send(get), { name: "AccessDenied" });
    await root.send(
      new PutUserPolicyCommand({ UserName: "eva", PolicyName: "read", PolicyDocument: document(reading) }),
    );
    assert.equal((await iamAs(eva).send(new GetUserCommand({}))).User?.UserName, "eva");
  },
);

function sessionKeys(credentials: Credentials | undefined) {
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}
