/**
 * Attempts on a server that enforces to reach what is another account's, or another repository's: the registry's catalog and
 * blobs, lists of repositories, grants of keys, file systems. Whoever tries is root of an account of its own.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { CreateGrantCommand, CreateKeyCommand, KMSClient, RetireGrantCommand } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { systemRandom } from "../../src/base/index.ts";
import { openRootCredentials } from "../../src/root-credentials.ts";
import { createFunction } from "../support/functions.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ACCOUNT = "000000000000";
const STRANGE_ACCOUNT = "222222222222";
const SECRET = "a layer of the account's own";
const DIGEST = `sha256:${createHash("sha256").update(SECRET).digest("hex")}`;
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

let server: TestServer;
let root: Key;
let stranger: Key;
const clients: { destroy(): void }[] = [];

const settings = (credentials: Key) => ({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 1 });
function kept<T extends { destroy(): void }>(client: T): T {
  clients.push(client);
  return client;
}
const ecrOf = (key: Key): ECRClient => kept(new ECRClient(settings(key)));

before(async () => {
  server = await startServer({ args: ["--auth", "enforce"] });
  const roots = await openRootCredentials(server.dataFolder, { given: undefined, random: systemRandom });
  root = roots.of(ACCOUNT);
  stranger = roots.of(STRANGE_ACCOUNT);
});

after(async () => {
  for (const client of clients) client.destroy();
  await server[Symbol.asyncDispose]();
});

/** Sends requests to the registry with a token of whoever has `key`. */
async function registryOf(key: Key): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const { authorizationData } = await ecrOf(key).send(new GetAuthorizationTokenCommand({}));
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
  return (path, init) => fetch(server.url + path, { ...init, headers: { authorization, ...init?.headers } });
}

/** With a repository for each name, the first of which has the secret blob. */
async function makeRepositories(...names: readonly string[]): Promise<void> {
  for (const repositoryName of names) await ecrOf(root).send(new CreateRepositoryCommand({ repositoryName }));
  const asRoot = await registryOf(root);
  const pushed = await asRoot(`/v2/${names[0]}/blobs/uploads/?digest=${DIGEST}`, { method: "POST", body: SECRET });
  assert.equal(pushed.status, 201);
}

async function makeUser(UserName: string, ...Statement: object[]): Promise<Key> {
  const iam = kept(new IAMClient(settings(root)));
  await iam.send(new CreateUserCommand({ UserName }));
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "own", PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
}

test("repositories are listed to those who may list them, at both doors", async () => {
  await makeRepositories("listed");
  const client = ecrOf(stranger);
  await assert.rejects(client.send(new DescribeRepositoriesCommand({ registryId: ACCOUNT })), {
    name: "AccessDeniedException",
  });
  const named = new DescribeRepositoriesCommand({ registryId: ACCOUNT, repositoryNames: ["listed"] });
  await assert.rejects(client.send(named), { name: "AccessDeniedException" });
  assert.deepEqual((await client.send(new DescribeRepositoriesCommand({}))).repositories, []);
  const token = { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" };
  const bare = await registryOf(await makeUser("bare", token));
  assert.equal((await bare("/v2/_catalog")).status, 403);
  assert.equal((await (await registryOf(root))("/v2/_catalog")).status, 200);
});

test("a blob of a repository that one may not read is not mounted from it", async () => {
  await makeRepositories("secret", "own");
  const Resource = `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/own`;
  const pusher = await registryOf(
    await makeUser(
      "pusher",
      { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
      { Effect: "Allow", Action: "ecr:*", Resource },
    ),
  );
  assert.equal((await pusher(`/v2/secret/blobs/${DIGEST}`)).status, 403);
  const mounting = `/v2/own/blobs/uploads/?mount=${DIGEST}&from=secret`;
  assert.equal((await pusher(mounting, { method: "POST" })).status, 202);
  assert.equal((await pusher(`/v2/own/blobs/${DIGEST}`)).status, 404);
  assert.equal((await (await registryOf(root))(mounting, { method: "POST" })).status, 201);
});

test("a grant on a key of another account is not retired by its id", async () => {
  const kms = kept(new KMSClient(settings(root)));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata?.Arn ?? "";
  const { GrantId = "" } = await kms.send(
    new CreateGrantCommand({ KeyId, GranteePrincipal: `arn:aws:iam::${ACCOUNT}:root`, Operations: ["Decrypt"] }),
  );
  const strange = kept(new KMSClient(settings(stranger)));
  await assert.rejects(strange.send(new RetireGrantCommand({ KeyId, GrantId })), { name: "AccessDeniedException" });
  await kms.send(new RetireGrantCommand({ KeyId, GrantId }));
});

test("the file system of another account is not mounted by knowing its access point", async () => {
  const iam = kept(new IAMClient(settings(stranger)));
  await iam.send(new CreateRoleCommand({ RoleName: "mounting", AssumeRolePolicyDocument: TRUST }));
  const lambda = kept(new LambdaClient(settings(stranger)));
  const mounting = (accountId: string, FunctionName: string): Promise<unknown> =>
    createFunction(lambda, {
      FunctionName,
      Role: `arn:aws:iam::${STRANGE_ACCOUNT}:role/mounting`,
      VpcConfig: { SubnetIds: ["subnet-0123456789abcdef0"], SecurityGroupIds: ["sg-0123456789abcdef0"] },
      FileSystemConfigs: [
        {
          Arn: `arn:aws:elasticfilesystem:us-east-1:${accountId}:access-point/fsap-0123456789abcdef0`,
          LocalMountPath: "/mnt/data",
        },
      ],
      files: { "index.mjs": "export const handler = async () => 1;" },
    });
  await assert.rejects(mounting(ACCOUNT, "thief"), /elasticfilesystem:ClientMount/);
  await mounting(STRANGE_ACCOUNT, "owner");
});
