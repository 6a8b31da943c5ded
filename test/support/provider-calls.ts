/**
 * What the AWS provider of Terraform calls for the stack of fixtures/terraform, in its order: a create is followed by the
 * reads that its state is made of, a change by the same reads, and a delete by reads until the resource is gone. For
 * machines without Terraform, and fast enough to run always.
 */
import assert from "node:assert/strict";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as iam from "@aws-sdk/client-iam";
import * as lambda from "@aws-sdk/client-lambda";
import * as sts from "@aws-sdk/client-sts";
import { until } from "../../src/base/testing/until.ts";
import { clientConfiguration } from "./functions.ts";

const ROLE = "stack-role";
const FUNCTION = "stack-function";
const LAYER = "stack-layer";
const LOG_GROUP = `/aws/lambda/${FUNCTION}`;
const MANAGED = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const document = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });

export interface StackFiles {
  readonly functionZip: Uint8Array;
  readonly layerZip: Uint8Array;
}

export class ProviderCalls implements Disposable {
  readonly #iam: iam.IAMClient;
  readonly #lambda: lambda.LambdaClient;
  readonly #logs: logs.CloudWatchLogsClient;
  readonly #sts: sts.STSClient;
  #policyArn = "";
  #mapping = "";

  constructor(server: { readonly url: string }) {
    const configuration = clientConfiguration(server);
    this.#iam = new iam.IAMClient(configuration);
    this.#lambda = new lambda.LambdaClient(configuration);
    this.#logs = new logs.CloudWatchLogsClient(configuration);
    this.#sts = new sts.STSClient(configuration);
  }

  async create({ functionZip, layerZip }: StackFiles): Promise<void> {
    const { Account = "" } = await this.#sts.send(new sts.GetCallerIdentityCommand());
    const roleArn = await this.#createRole();
    await this.#logs.send(new logs.CreateLogGroupCommand({ logGroupName: LOG_GROUP }));
    await this.#logs.send(new logs.PutRetentionPolicyCommand({ logGroupName: LOG_GROUP, retentionInDays: 14 }));
    await this.#readLogGroup();
    const layer = await this.#lambda.send(
      new lambda.PublishLayerVersionCommand({
        LayerName: LAYER,
        Content: { ZipFile: layerZip },
        CompatibleRuntimes: ["nodejs22.x"],
      }),
    );
    await this.#lambda.send(
      new lambda.AddLayerVersionPermissionCommand({
        LayerName: LAYER,
        VersionNumber: 1,
        StatementId: "shared",
        Action: "lambda:GetLayerVersion",
        Principal: "111111111111",
      }),
    );
    await this.#readLayer();
    const made = await this.#lambda.send(
      new lambda.CreateFunctionCommand({
        FunctionName: FUNCTION,
        Role: roleArn,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Code: { ZipFile: functionZip },
        Layers: [layer.LayerVersionArn ?? ""],
        MemorySize: 128,
        Publish: true,
        Environment: { Variables: { STAGE: "test" } },
        Tags: { owner: "stack" },
      }),
    );
    await this.#readFunction("1");
    await this.#lambda.send(
      new lambda.CreateAliasCommand({ FunctionName: FUNCTION, Name: "live", FunctionVersion: "1" }),
    );
    await this.#createAround(made.FunctionArn ?? "", Account);
    await this.read();
  }

  async #createRole(): Promise<string> {
    const trust = document({
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { Service: "lambda.amazonaws.com" },
    });
    const { Role } = await this.#iam.send(
      new iam.CreateRoleCommand({
        RoleName: ROLE,
        AssumeRolePolicyDocument: trust,
        Tags: [{ Key: "owner", Value: "stack" }],
      }),
    );
    const logsAllowed = document({ Effect: "Allow", Action: "logs:*", Resource: "*" });
    const { Policy } = await this.#iam.send(
      new iam.CreatePolicyCommand({ PolicyName: "stack-logs", PolicyDocument: logsAllowed }),
    );
    this.#policyArn = Policy?.Arn ?? "";
    for (const PolicyArn of [this.#policyArn, MANAGED])
      await this.#iam.send(new iam.AttachRolePolicyCommand({ RoleName: ROLE, PolicyArn }));
    const queues = document({ Effect: "Allow", Action: "sqs:*", Resource: "*" });
    await this.#iam.send(
      new iam.PutRolePolicyCommand({ RoleName: ROLE, PolicyName: "inline", PolicyDocument: queues }),
    );
    return Role?.Arn ?? "";
  }

  async #createAround(functionArn: string, account: string): Promise<void> {
    const onAlias = { FunctionName: FUNCTION, Qualifier: "live" };
    await this.#lambda.send(
      new lambda.CreateFunctionUrlConfigCommand({ ...onAlias, AuthType: "NONE", Cors: { AllowOrigins: ["*"] } }),
    );
    // The provider grants by itself what a URL without authentication needs.
    await this.#lambda.send(
      new lambda.AddPermissionCommand({
        ...onAlias,
        StatementId: "FunctionURLAllowPublicAccess",
        Action: "lambda:InvokeFunctionUrl",
        Principal: "*",
        FunctionUrlAuthType: "NONE",
      }),
    );
    await this.#lambda.send(
      new lambda.AddPermissionCommand({
        ...onAlias,
        StatementId: "bucket",
        Action: "lambda:InvokeFunction",
        Principal: "s3.amazonaws.com",
        SourceArn: "arn:aws:s3:::uploads",
      }),
    );
    await this.#lambda.send(
      new lambda.PutFunctionEventInvokeConfigCommand({ FunctionName: FUNCTION, MaximumRetryAttempts: 1 }),
    );
    await this.#lambda.send(
      new lambda.PutProvisionedConcurrencyConfigCommand({ ...onAlias, ProvisionedConcurrentExecutions: 1 }),
    );
    const { UUID } = await this.#lambda.send(
      new lambda.CreateEventSourceMappingCommand({
        EventSourceArn: `arn:aws:sqs:us-east-1:${account}:jobs`,
        FunctionName: functionArn,
        BatchSize: 5,
        Enabled: true,
        ScalingConfig: { MaximumConcurrency: 10 },
        FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: { kind: ["order"] } }) }] },
      }),
    );
    this.#mapping = UUID ?? "";
  }

  /** Memory of the function and batch size of its mapping; publishes, and moves the alias. */
  async change(): Promise<void> {
    await this.#lambda.send(new lambda.UpdateFunctionConfigurationCommand({ FunctionName: FUNCTION, MemorySize: 256 }));
    await this.#readFunction("1");
    const { Version } = await this.#lambda.send(new lambda.PublishVersionCommand({ FunctionName: FUNCTION }));
    assert.equal(Version, "2");
    await this.#readFunction("2");
    await this.#lambda.send(
      new lambda.UpdateAliasCommand({ FunctionName: FUNCTION, Name: "live", FunctionVersion: "2" }),
    );
    await this.#lambda.send(
      new lambda.UpdateEventSourceMappingCommand({ UUID: this.#mapping, FunctionName: FUNCTION, BatchSize: 8 }),
    );
    await this.read();
  }

  /** The reads of a refresh: everything is settled and there. */
  async read(): Promise<void> {
    const onAlias = { FunctionName: FUNCTION, Qualifier: "live" };
    await this.#iam.send(new iam.GetRoleCommand({ RoleName: ROLE }));
    await this.#iam.send(new iam.ListRolePoliciesCommand({ RoleName: ROLE }));
    await this.#iam.send(new iam.GetRolePolicyCommand({ RoleName: ROLE, PolicyName: "inline" }));
    const attached = await this.#iam.send(new iam.ListAttachedRolePoliciesCommand({ RoleName: ROLE }));
    assert.deepEqual(
      attached.AttachedPolicies?.map(({ PolicyArn }) => PolicyArn).sort(),
      [MANAGED, this.#policyArn].sort(),
    );
    const { Policy } = await this.#iam.send(new iam.GetPolicyCommand({ PolicyArn: this.#policyArn }));
    const VersionId = Policy?.DefaultVersionId ?? "";
    await this.#iam.send(new iam.GetPolicyVersionCommand({ PolicyArn: this.#policyArn, VersionId }));
    await this.#readLogGroup();
    await this.#readLayer();
    await this.#lambda.send(new lambda.GetAliasCommand({ FunctionName: FUNCTION, Name: "live" }));
    await this.#lambda.send(new lambda.GetFunctionUrlConfigCommand(onAlias));
    const { Policy: policy = "" } = await this.#lambda.send(new lambda.GetPolicyCommand(onAlias));
    assert.match(policy, /FunctionURLAllowPublicAccess.*bucket/);
    await this.#lambda.send(new lambda.GetFunctionEventInvokeConfigCommand({ FunctionName: FUNCTION }));
    await until("the environments of the alias are ready", async () => {
      const { Status } = await this.#lambda.send(new lambda.GetProvisionedConcurrencyConfigCommand(onAlias));
      assert.notEqual(Status, "FAILED");
      return Status === "READY";
    });
    await until("the mapping is enabled", async () => {
      const { State } = await this.#lambda.send(new lambda.GetEventSourceMappingCommand({ UUID: this.#mapping }));
      return State === "Enabled";
    });
    const { Account = "" } = await this.#sts.send(new sts.GetCallerIdentityCommand());
    const Resource = `arn:aws:lambda:us-east-1:${Account}:event-source-mapping:${this.#mapping}`;
    await this.#lambda.send(new lambda.ListTagsCommand({ Resource }));
  }

  async #readFunction(newest: string): Promise<void> {
    await until("the function is active", async () => {
      const { Configuration } = await this.#lambda.send(new lambda.GetFunctionCommand({ FunctionName: FUNCTION }));
      return Configuration?.State === "Active" && Configuration.LastUpdateStatus === "Successful";
    });
    const { Versions } = await this.#lambda.send(
      new lambda.ListVersionsByFunctionCommand({ FunctionName: FUNCTION, MaxItems: 10_000 }),
    );
    assert.equal(Versions?.at(-1)?.Version, newest);
    await this.#lambda.send(new lambda.GetFunctionCodeSigningConfigCommand({ FunctionName: FUNCTION }));
  }

  async #readLogGroup(): Promise<void> {
    const { logGroups } = await this.#logs.send(new logs.DescribeLogGroupsCommand({ logGroupNamePrefix: LOG_GROUP }));
    const [{ retentionInDays, logGroupArn: resourceArn = "" } = {}] = logGroups ?? [];
    assert.equal(retentionInDays, 14);
    await this.#logs.send(new logs.ListTagsForResourceCommand({ resourceArn }));
  }

  async #readLayer(): Promise<void> {
    const version = { LayerName: LAYER, VersionNumber: 1 };
    await this.#lambda.send(new lambda.GetLayerVersionCommand(version));
    const { Policy = "" } = await this.#lambda.send(new lambda.GetLayerVersionPolicyCommand(version));
    assert.match(Policy, /"Sid":"shared"/);
  }

  async destroy(): Promise<void> {
    const onAlias = { FunctionName: FUNCTION, Qualifier: "live" };
    await this.#lambda.send(new lambda.DeleteEventSourceMappingCommand({ UUID: this.#mapping }));
    await until("the mapping is gone", () =>
      this.#isGone(new lambda.GetEventSourceMappingCommand({ UUID: this.#mapping })),
    );
    await this.#lambda.send(new lambda.DeleteProvisionedConcurrencyConfigCommand(onAlias));
    await this.#lambda.send(new lambda.DeleteFunctionEventInvokeConfigCommand({ FunctionName: FUNCTION }));
    await this.#lambda.send(new lambda.RemovePermissionCommand({ ...onAlias, StatementId: "bucket" }));
    await this.#lambda.send(new lambda.DeleteFunctionUrlConfigCommand(onAlias));
    await this.#lambda.send(new lambda.DeleteAliasCommand({ FunctionName: FUNCTION, Name: "live" }));
    await this.#lambda.send(new lambda.DeleteFunctionCommand({ FunctionName: FUNCTION }));
    await until("the function is gone", () => this.#isGone(new lambda.GetFunctionCommand({ FunctionName: FUNCTION })));
    const version = { LayerName: LAYER, VersionNumber: 1 };
    await this.#lambda.send(new lambda.RemoveLayerVersionPermissionCommand({ ...version, StatementId: "shared" }));
    await this.#lambda.send(new lambda.DeleteLayerVersionCommand(version));
    await this.#logs.send(new logs.DeleteLogGroupCommand({ logGroupName: LOG_GROUP }));
    await this.#iam.send(new iam.DeleteRolePolicyCommand({ RoleName: ROLE, PolicyName: "inline" }));
    for (const PolicyArn of [this.#policyArn, MANAGED])
      await this.#iam.send(new iam.DetachRolePolicyCommand({ RoleName: ROLE, PolicyArn }));
    const { Versions } = await this.#iam.send(new iam.ListPolicyVersionsCommand({ PolicyArn: this.#policyArn }));
    assert.equal(Versions?.length, 1);
    await this.#iam.send(new iam.DeletePolicyCommand({ PolicyArn: this.#policyArn }));
    const { InstanceProfiles } = await this.#iam.send(new iam.ListInstanceProfilesForRoleCommand({ RoleName: ROLE }));
    assert.deepEqual(InstanceProfiles, []);
    await this.#iam.send(new iam.DeleteRoleCommand({ RoleName: ROLE }));
  }

  async #isGone(command: lambda.GetFunctionCommand | lambda.GetEventSourceMappingCommand): Promise<boolean> {
    try {
      await (command instanceof lambda.GetFunctionCommand ? this.#lambda.send(command) : this.#lambda.send(command));
      return false;
    } catch (error) {
      if (error instanceof lambda.ResourceNotFoundException) return true;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const client of [this.#iam, this.#lambda, this.#logs, this.#sts]) client.destroy();
  }
}
