/** Documents of AWS's managed policies that Lambda functions commonly have. */

const LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const STREAM_READ = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  AdministratorAccess: ["*"],
  AWSLambda_FullAccess: ["lambda:*", "logs:*", "iam:GetRole", "iam:ListRoles", "iam:PassRole"],
  AWSLambdaBasicExecutionRole: LOGS,
  AWSLambdaDynamoDBExecutionRole: [...STREAM_READ.map((action) => `dynamodb:${action}`), ...LOGS],
  AWSLambdaKinesisExecutionRole: [
    ...STREAM_READ.map((action) => `kinesis:${action}`),
    "kinesis:DescribeStreamSummary",
    "kinesis:ListShards",
    "kinesis:SubscribeToShard",
    ...LOGS,
  ],
  AWSLambdaSQSQueueExecutionRole: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", ...LOGS],
  AWSLambdaVPCAccessExecutionRole: [
    ...LOGS,
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ],
  AWSXRayDaemonWriteAccess: [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
  ],
};

/** The document of a policy of AWS's; of one that is not kept here, a document that allows nothing. */
export function awsManagedDocument(name: string): string {
  const actions = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  const statement =
    actions === undefined
      ? { Sid: "NotKeptHere", Effect: "Deny", Action: "none:None", Resource: "*" }
      : { Effect: "Allow", Action: actions, Resource: "*" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
