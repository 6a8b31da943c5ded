/** The rooms of IAM and STS behind the real wire, with unmodified SDK clients, as a deployment script uses them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  waitUntilRoleExists,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { systemClock, systemRandom } from "../../base/index.ts";
import { type TestServer, testServer, testStore } from "../kit/testing.ts";
import { createSessionResolver, stsService } from "../sts/index.ts";
import { type IamClient, iamService } from "./index.ts";

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

describe("IAM and STS through the SDK clients", () => {
  const stack = new AsyncDisposableStack();
  let server: TestServer;
  let iam: IAMClient;

  before(async () => {
    const ports = { store: stack.use(await testStore(systemClock)), clock: systemClock, random: systemRandom };
    const resolve = createSessionResolver(ports);
    const sts = stsService({ ...ports, iamClient: (identity) => server.wire.client<IamClient>("iam", identity) });
    server = stack.use(
      await testServer([iamService(ports), sts], async (accessKeyId, token) => {
        return (await resolve(accessKeyId, token))?.principal;
      }),
    );
    iam = stack.adopt(new IAMClient(server.clientConfig), (client) => void client.destroy());
  });
  after(() => stack.disposeAsync());

  it("make a role, wait for it, and read its policy back", async () => {
    const created = await iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: TRUST }));
    assert.equal(created.Role?.Arn, "arn:aws:iam::000000000000:role/worker");
    await waitUntilRoleExists({ client: iam, maxWaitTime: 5 }, { RoleName: "worker" });
    const { Role: role } = await iam.send(new GetRoleCommand({ RoleName: "worker" }));
    assert.equal(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ""), TRUST);
    assert.ok(Math.abs(Date.now() - (role?.CreateDate?.getTime() ?? 0)) < 5000);
    await iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: BASIC }));
    const { AttachedPolicies: attached } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "worker" }));
    assert.deepEqual(attached, [{ PolicyName: "AWSLambdaBasicExecutionRole", PolicyArn: BASIC }]);
  });

  it("name errors as AWS does, modelled or not", async () => {
    await assert.rejects(iam.send(new DeleteRoleCommand({ RoleName: "worker" })), {
      name: "DeleteConflictException",
      message: "Cannot delete entity, must detach all policies first.",
    });
    await assert.rejects(iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: "p".repeat(20) })), {
      name: "ValidationError",
      message: `ARN ${"p".repeat(20)} is not valid.`,
    });
  });

  it("assume the role and call with its credentials as the role's session", async () => {
    const sts = stack.adopt(new STSClient(server.clientConfig), (client) => void client.destroy());
    assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, "arn:aws:iam::000000000000:user/lambent");
    const { Credentials: issued, AssumedRoleUser: user } = await sts.send(
      new AssumeRoleCommand({ RoleArn: "arn:aws:iam::000000000000:role/worker", RoleSessionName: "deploy" }),
    );
    const credentials = {
      accessKeyId: issued?.AccessKeyId ?? "",
      secretAccessKey: issued?.SecretAccessKey ?? "",
      sessionToken: issued?.SessionToken ?? "",
    };
    const asRole = new STSClient({ ...server.clientConfig, credentials });
    stack.adopt(asRole, (client) => void client.destroy());
    const identity = await asRole.send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Arn, "arn:aws:sts::000000000000:assumed-role/worker/deploy");
    assert.equal(identity.UserId, user?.AssumedRoleId);
    const { Role: role } = await iam.send(new GetRoleCommand({ RoleName: "worker" }));
    assert.equal(identity.UserId, `${role?.RoleId}:deploy`);
  });
});
