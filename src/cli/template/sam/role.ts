/** The role that SAM makes for a function that names none: who may assume it, and what its settings and Policies add up to. Pure. */
import type { JsonValue } from "../../../base/index.ts";
import { pendingReference } from "../intrinsics.ts";
import { defined, isObject, type JsonObject, listOf, objectOf, textOf } from "../json.ts";
import { badTemplate } from "../problems.ts";
import { made, type Resource } from "../resource.ts";
import { policyFromTemplate } from "./policy-templates.ts";

export interface Surroundings {
  readonly region: string;
  readonly account: string;
  readonly partition: string;
  /** The ARN of a managed policy of AWS, by its name. */
  managedPolicy(name: string): string;
}

const SOURCE_POLICIES: Readonly<Record<string, string>> = {
  SQS: "AWSLambdaSQSQueueExecutionRole",
  Kinesis: "AWSLambdaKinesisExecutionRole",
  DynamoDB: "AWSLambdaDynamoDBExecutionRole",
  MSK: "AWSLambdaMSKExecutionRole",
};

export function roleOf(id: string, properties: JsonObject, around: Surroundings): Resource {
  const managed: JsonValue[] = ["AWSLambdaBasicExecutionRole"];
  const inline: JsonObject[] = [];
  if (properties["VpcConfig"] !== undefined) managed.push("AWSLambdaVPCAccessExecutionRole");
  if (properties["Tracing"] === "Active") managed.push("AWSXRayDaemonWriteAccess");
  for (const event of Object.values(objectOf(properties["Events"]))) {
    const policy = SOURCE_POLICIES[textOf(objectOf(event)["Type"]) ?? ""];
    if (policy !== undefined && !managed.includes(policy)) managed.push(policy);
  }
  for (const target of sendTargets(properties)) inline.push(mayUse(target.action, target.arn));
  for (const policy of listOf(properties["Policies"])) {
    if (!isObject(policy) || pendingReference(policy) !== undefined || "Fn::Join" in policy) managed.push(policy);
    else inline.push(inlinePolicy(id, policy, around));
  }
  const arns = managed.map((policy) =>
    typeof policy === "string" && !policy.startsWith("arn:") ? around.managedPolicy(policy) : policy,
  );
  return made(
    `${id}Role`,
    "AWS::IAM::Role",
    defined({
      AssumeRolePolicyDocument: properties["AssumeRolePolicyDocument"] ?? LAMBDA_MAY_ASSUME,
      Path: properties["RolePath"],
      PermissionsBoundary: properties["PermissionsBoundary"],
      ManagedPolicyArns: [...new Set(arns)],
      Policies: inline.map((document, index) => ({ PolicyName: `${id}RolePolicy${index}`, PolicyDocument: document })),
    }),
  );
}

const LAMBDA_MAY_ASSUME: JsonObject = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com"] }, Action: ["sts:AssumeRole"] }],
};

function inlinePolicy(id: string, policy: JsonObject, around: Surroundings): JsonObject {
  if ("Statement" in policy) return { Version: "2012-10-17", ...policy, Statement: listOf(policy["Statement"]) };
  const [name, ...others] = Object.keys(policy);
  if (name === undefined || others.length > 0) {
    throw badTemplate(`A policy of ${id} is neither a document nor one policy template.`);
  }
  return policyFromTemplate(name, objectOf(policy[name]), `${around.region}:${around.account}`, around.partition);
}

const SEND_ACTIONS: Readonly<Record<string, string>> = {
  SQS: "sqs:SendMessage",
  SNS: "sns:Publish",
  Lambda: "lambda:InvokeFunction",
  EventBridge: "events:PutEvents",
  S3: "s3:PutObject",
};

interface SendTarget {
  readonly action: string;
  readonly arn: JsonValue;
}

/** Where the function's failures and results go. */
function sendTargets(properties: JsonObject): readonly SendTarget[] {
  const queue = objectOf(properties["DeadLetterQueue"]);
  const destinations = objectOf(objectOf(properties["EventInvokeConfig"])["DestinationConfig"]);
  return [
    { type: queue["Type"], arn: queue["TargetArn"] },
    ...Object.values(destinations).map((value) => ({
      type: objectOf(value)["Type"],
      arn: objectOf(value)["Destination"],
    })),
  ].flatMap(({ type, arn }) => {
    const action = SEND_ACTIONS[textOf(type) ?? ""];
    return action === undefined || arn === undefined ? [] : [{ action, arn }];
  });
}

function mayUse(action: string, arn: JsonValue): JsonObject {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: arn }] };
}
