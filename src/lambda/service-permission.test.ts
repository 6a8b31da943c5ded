/** Which services may invoke a function, by its resource policies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceCall } from "./index.ts";
import { ACCOUNT, ARN, Harness, REGION } from "./testing/harness.ts";

const SOURCE = "export const handler = () => 1;";
const HERE = { accountId: ACCOUNT, region: REGION };
const BUCKET = "arn:aws:s3:::b";
const S3 = { service: "s3.amazonaws.com", sourceArn: BUCKET, sourceAccount: ACCOUNT };

const may = async (lambda: Harness, target: string, call: ServiceCall): Promise<boolean | undefined> =>
  (await lambda.room.servicePermissions.decide(HERE, target, call))?.allowed;

async function permitted(settings: object = {}): Promise<Harness> {
  const lambda = await Harness.open();
  await lambda.create("f", SOURCE);
  await lambda.call("PublishVersion", { FunctionName: "f" });
  await lambda.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  const permission = { StatementId: "s", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };
  await lambda.call("AddPermission", { FunctionName: "f", ...permission, ...settings });
  return lambda;
}

test("a service may invoke what it is permitted to, for the sources and accounts that the permission names", async () => {
  await using lambda = await permitted({ SourceArn: BUCKET, SourceAccount: ACCOUNT });
  assert.equal(await may(lambda, "f", S3), true);
  assert.equal(await may(lambda, ARN("f"), S3), true);
  assert.equal(await may(lambda, "f", { ...S3, sourceArn: "arn:aws:s3:::other" }), false);
  assert.equal(await may(lambda, "f", { ...S3, sourceAccount: "111122223333" }), false);
  assert.equal(
    await may(lambda, "f", { service: "s3.amazonaws.com" }),
    false,
    "without a source the condition is not met",
  );
  assert.equal(await may(lambda, "f", { ...S3, service: "sns.amazonaws.com" }), false);
  assert.equal(await may(lambda, "f", { ...S3, action: "lambda:InvokeFunctionUrl" }), false);
  assert.equal(await may(lambda, "none", S3), undefined);
});

test("sources may be named by wildcards", async () => {
  await using lambda = await permitted({
    SourceArn: "arn:aws:events:*:*:rule/nightly-*",
    Principal: "events.amazonaws.com",
  });
  const rule = (name: string): ServiceCall => ({
    service: "events.amazonaws.com",
    sourceArn: `arn:aws:events:us-east-1:${ACCOUNT}:rule/${name}`,
  });
  assert.equal(await may(lambda, "f", rule("nightly-1")), true);
  assert.equal(await may(lambda, "f", rule("daily")), false);
});

test("a permission is for the qualifier that it was given for, and no other", async () => {
  await using lambda = await permitted({ Qualifier: "live" });
  assert.equal(await may(lambda, ARN("f:live"), S3), true);
  assert.equal(await may(lambda, "f:live", S3), true);
  assert.equal(await may(lambda, "f", S3), false);
  assert.equal(await may(lambda, "f:1", S3), false);
  await lambda.call("AddPermission", {
    FunctionName: "f",
    StatementId: "s",
    Action: "lambda:*",
    Principal: "*",
  });
  assert.equal(await may(lambda, "f", { service: "sns.amazonaws.com" }), true);
  assert.equal(await may(lambda, "f:1", { service: "sns.amazonaws.com" }), false);
});

test("a whole policy may speak for all versions and aliases, and deny", async () => {
  await using lambda = await permitted({ Qualifier: "live" });
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "s",
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "lambda:Invoke*",
        Resource: `${ARN("f")}*`,
      },
      { Effect: "Deny", Principal: "*", Action: "lambda:*", Resource: ARN("f:1") },
    ],
  });
  await lambda.call("PutResourcePolicy", { ResourceArn: ARN("f"), Policy });
  const sns = { service: "sns.amazonaws.com" };
  assert.deepEqual(await Promise.all(["f", "f:live", "f:1"].map((target) => may(lambda, target, sns))), [
    true,
    true,
    false,
  ]);
  assert.equal(await may(lambda, "f:live", S3), true, "the alias's own permission still holds");
  const denied = await lambda.room.servicePermissions.decide(HERE, "f:1", sns);
  assert.equal(denied?.outcome, "explicitDeny");
  assert.deepEqual(denied.statements, [{ source: "resource", policyId: "f:1", sid: undefined, index: 1 }]);
});

test("Alexa is known by its skill", async () => {
  const principal = "alexa-appkit.amazon.com";
  await using lambda = await permitted({ Principal: principal, EventSourceToken: "amzn1.ask.skill.1" });
  const skill = (eventSourceToken: string): ServiceCall => ({ service: principal, eventSourceToken });
  assert.equal(await may(lambda, "f", skill("amzn1.ask.skill.1")), true);
  assert.equal(await may(lambda, "f", skill("amzn1.ask.skill.2")), false);
});
