/**
 * SAM's policy templates as data: parameters, and statements of actions on resources. Rule's source: the list of policy
 * templates in SAM's documentation. `{Name}` in a resource stands for the parameter.
 */
import type { JsonValue } from "../../../base/index.ts";
import type { JsonObject } from "../json.ts";
import { badTemplate } from "../problems.ts";

interface Grant {
  /** `service:Name` of one service, the service written once: "sqs DeleteMessage ReceiveMessage". */
  readonly actions: string;
  /** The part of the ARN behind `arn:PARTITION:`; `*` is everything. `@` stands for region and account. */
  readonly resources: readonly string[];
}

const grant = (actions: string, ...resources: readonly string[]): Grant => ({ actions, resources });

const TABLE = ["dynamodb:@:table/{TableName}", "dynamodb:@:table/{TableName}/index/*"];
const BUCKET = ["s3:::{BucketName}", "s3:::{BucketName}/*"];
const READ_OBJECTS = "s3 GetObject ListBucket GetBucketLocation GetObjectVersion GetLifecycleConfiguration";
const STREAM = "kinesis:@:stream/{StreamName}";
const RECORDS = "GetRecords GetShardIterator";

export const POLICY_TEMPLATES: Readonly<Record<string, readonly Grant[]>> = {
  SQSPollerPolicy: [
    grant(
      "sqs ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch GetQueueAttributes ReceiveMessage",
      "sqs:@:{QueueName}",
    ),
  ],
  SQSSendMessagePolicy: [grant("sqs SendMessage*", "sqs:@:{QueueName}")],
  LambdaInvokePolicy: [grant("lambda InvokeFunction", "lambda:@:function:{FunctionName}*")],
  CloudWatchPutMetricPolicy: [grant("cloudwatch PutMetricData", "*")],
  CloudWatchDescribeAlarmHistoryPolicy: [grant("cloudwatch DescribeAlarmHistory", "*")],
  EC2DescribePolicy: [grant("ec2 DescribeRegions DescribeInstances", "*")],
  DynamoDBCrudPolicy: [
    grant(
      "dynamodb GetItem DeleteItem PutItem Scan Query UpdateItem BatchWriteItem BatchGetItem DescribeTable ConditionCheckItem",
      ...TABLE,
    ),
  ],
  DynamoDBReadPolicy: [grant("dynamodb GetItem Scan Query BatchGetItem DescribeTable", ...TABLE)],
  DynamoDBWritePolicy: [grant("dynamodb PutItem UpdateItem BatchWriteItem", ...TABLE)],
  DynamoDBStreamReadPolicy: [
    grant(`dynamodb DescribeStream ${RECORDS}`, "dynamodb:@:table/{TableName}/stream/{StreamName}"),
    grant("dynamodb ListStreams", "dynamodb:@:table/{TableName}/stream/*"),
  ],
  S3ReadPolicy: [grant(READ_OBJECTS, ...BUCKET)],
  S3WritePolicy: [grant("s3 PutObject PutObjectAcl PutLifecycleConfiguration", ...BUCKET)],
  S3CrudPolicy: [grant(`${READ_OBJECTS} PutObject PutObjectAcl PutLifecycleConfiguration DeleteObject`, ...BUCKET)],
  SNSPublishMessagePolicy: [grant("sns Publish", "sns:@:{TopicName}")],
  KinesisStreamReadPolicy: [
    grant("kinesis ListStreams DescribeLimits", "kinesis:@:stream/*"),
    grant(`kinesis DescribeStream DescribeStreamSummary ${RECORDS}`, STREAM),
  ],
  KMSDecryptPolicy: [grant("kms Decrypt", "kms:@:key/{KeyId}")],
  KMSEncryptPolicy: [grant("kms Encrypt", "kms:@:key/{KeyId}")],
  AWSSecretsManagerGetSecretValuePolicy: [grant("secretsmanager GetSecretValue", "{SecretArn}")],
  SSMParameterReadPolicy: [
    grant("ssm DescribeParameters", "*"),
    grant("ssm GetParameters GetParameter GetParametersByPath", "ssm:@:parameter/{ParameterName}"),
  ],
  EventBridgePutEventsPolicy: [grant("events PutEvents", "events:@:event-bus/{EventBusName}")],
  StepFunctionsExecutionPolicy: [grant("states StartExecution", "states:@:stateMachine:{StateMachineName}")],
  VPCAccessPolicy: [
    grant("ec2 CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DetachNetworkInterface", "*"),
  ],
};

/** A policy document; parameters that are not known yet stay inside Fn::Join. */
export function policyFromTemplate(name: string, given: JsonObject, place: string, partition: string): JsonObject {
  const grants = POLICY_TEMPLATES[name];
  if (grants === undefined) {
    throw badTemplate(`There is no policy template ${name} here.`, "write its statements into the template");
  }
  const parameter = (key: string): JsonValue => {
    const value = given[key];
    if (value === undefined) throw badTemplate(`The policy template ${name} needs ${key}.`);
    return value;
  };
  return {
    Version: "2012-10-17",
    Statement: grants.map(({ actions, resources }) => {
      const [service, ...names] = actions.split(" ");
      return {
        Effect: "Allow",
        Action: names.map((action) => `${service}:${action}`),
        Resource: resources.map((resource) => arn(resource, parameter, place, partition)),
      };
    }),
  };
}

function arn(resource: string, parameter: (key: string) => JsonValue, place: string, partition: string): JsonValue {
  if (resource === "*") return "*";
  const whole = /^\{(\w+)\}$/.exec(resource)?.[1];
  if (whole !== undefined) return parameter(whole);
  const parts = `arn:${partition}:${resource.replace("@", place)}`.split(/\{(\w+)\}/);
  return { "Fn::Join": ["", parts.map((part, index): JsonValue => (index % 2 === 0 ? part : parameter(part)))] };
}
