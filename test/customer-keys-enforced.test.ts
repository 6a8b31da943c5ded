/**
 * Customers' keys where requests are authorised. Goal: a function reads its variables by the grant that Lambda made for its
 * role, though the role itself is allowed nothing; who reads its configuration needs kms:Decrypt; and who sets a key, what
 * setting it takes. Method: a server with --auth=enforce, its root user, and a user with few rights.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import * as kms from "@aws-sdk/client-kms";
import * as lambda from "@aws-sdk/client-lambda";
import { startServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const document = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });

test("a key is used by the grant of the function's role, and variables are shown to who may decrypt them", async () => {
  await using server = await startServer({ args: ["--auth=enforce"] });
  const file = await readFile(join(server.dataFolder, "root-credentials"), "utf8");
  const member = (name: string): string => new RegExp(`${name}\\s*=\\s*(\\S+)`).exec(file)?.[1] ?? "";
  const rootKeys = { accessKeyId: member("aws_access_key_id"), secretAccessKey: member("aws_secret_access_key") };
  const config = { endpoint: server.url, region: "us-east-1", maxAttempts: 1 };
  await using stack = new AsyncDisposableStack();
  const iam = stack.adopt(new IAMClient({ ...config, credentials: rootKeys }), (made) => made.destroy());
  const keys = stack.adopt(new kms.KMSClient({ ...config, credentials: rootKeys }), (made) => made.destroy());
  const lambdaAs = (credentials: typeof rootKeys) =>
    stack.adopt(new lambda.LambdaClient({ ...config, credentials }), (made) => made.destroy());
  const root = lambdaAs(rootKeys);

  const service = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const { Role: role } = await iam.send(
    new CreateRoleCommand({ RoleName: "bare", AssumeRolePolicyDocument: document(service) }),
  );
  const { KeyMetadata: key } = await keys.send(new kms.CreateKeyCommand({}));
  const Variables = { SECRET: "hidden" };
  const create = (FunctionName: string, code: Uint8Array) =>
    new lambda.CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: role?.Arn,
      Code: { ZipFile: code, SourceKMSKeyArn: key?.Arn },
      KMSKeyArn: key?.Arn,
      Environment: { Variables },
    });
  const code = await zip({ "index.mjs": "export const handler = async () => process.env.SECRET;" });
  await root.send(create("f", code));
  const settled = { client: root, maxWaitTime: 60, minDelay: 0.02, maxDelay: 0.1 };
  await lambda.waitUntilFunctionActiveV2(settled, { FunctionName: "f" });
  const { Payload } = await root.send(new lambda.InvokeCommand({ FunctionName: "f" }));
  assert.equal(Buffer.from(Payload ?? []).toString(), '"hidden"');
  const get = new lambda.GetFunctionConfigurationCommand({ FunctionName: "f" });
  assert.deepEqual((await root.send(get)).Environment, { Variables });

  await iam.send(new CreateUserCommand({ UserName: "eva" }));
  const { AccessKey: made } = await iam.send(new CreateAccessKeyCommand({ UserName: "eva" }));
  const allow = (...Action: string[]) =>
    iam.send(
      new PutUserPolicyCommand({
        UserName: "eva",
        PolicyName: "p",
        PolicyDocument: document({ Effect: "Allow", Action, Resource: "*" }),
      }),
    );
  const eva = lambdaAs({ accessKeyId: made?.AccessKeyId ?? "", secretAccessKey: made?.SecretAccessKey ?? "" });
  await allow("lambda:*", "iam:PassRole");
  const { Environment } = await eva.send(get);
  assert.equal(Environment?.Variables, undefined);
  assert.equal(Environment?.Error?.ErrorCode, "AccessDeniedException");
  assert.match(
    Environment?.Error?.Message ?? "",
    /^Lambda was unable to decrypt your environment variables because the KMS access was denied. Please check your KMS permissions. KMS Exception: AccessDeniedException KMS Message: User: arn:aws:iam::000000000000:user\/eva is not authorized to perform: kms:Decrypt on resource: /,
  );
  await assert.rejects(eva.send(create("g", code)), {
    name: "InvalidParameterValueException",
    message: /KMS key is invalid for CreateGrant.*is not authorized to perform: kms:CreateGrant/,
  });
  await allow("lambda:*", "iam:PassRole", "kms:Decrypt");
  assert.deepEqual((await eva.send(get)).Environment, { Variables });
});
