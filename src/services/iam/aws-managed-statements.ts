/** Statements of AWS's managed policies, by path and name. Effect is Allow and Resource everything where not said otherwise. */
type Actions = string | readonly string[];

/** One statement of a document. */
export interface ManagedStatement {
  readonly Sid?: string;
  readonly Effect?: "Deny";
  readonly Action?: Actions;
  readonly NotAction?: Actions;
  readonly Resource?: Actions;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Actions>>>>;
}
export type ManagedStatements = readonly ManagedStatement[];

const of = (service: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${service}:${name}`);
const reading = (...services: readonly string[]): readonly string[] =>
  services.flatMap((service) => of(service, "BatchGet*", "Describe*", "Get*", "List*"));

const LOGS = of("logs", "CreateLogGroup", "CreateLogStream", "PutLogEvents");
const STREAM = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
const INTERFACES = of(
  "ec2",
  "CreateNetworkInterface",
  "DescribeNetworkInterfaces",
  "DescribeSubnets",
  "DeleteNetworkInterface",
  "AssignPrivateIpAddresses",
  "UnassignPrivateIpAddresses",
);
const TRACES = of("xray", "PutTraceSegments", "PutTelemetryRecords");
const SAMPLING = of("xray", "GetSamplingRules", "GetSamplingTargets", "GetSamplingStatisticSummaries");

const passRole = (...services: readonly string[]): ManagedStatement => ({
  Action: "iam:PassRole",
  Condition: { StringEquals: { "iam:PassedToService": services } },
});

export const ADMINISTRATION: Readonly<Record<string, ManagedStatements>> = {
  AdministratorAccess: [{ Action: "*" }],
  PowerUserAccess: [
    { NotAction: ["iam:*", "organizations:*", "account:*"] },
    {
      Action: [
        ...of("iam", "CreateServiceLinkedRole", "DeleteServiceLinkedRole", "ListRoles"),
        ...of("organizations", "DescribeOrganization", "DescribeEffectivePolicy"),
        ...of("account", "ListRegions", "GetAccountInformation"),
      ],
    },
  ],
  ReadOnlyAccess: [
    {
      Action: [
        ...reading("apigateway", "application-autoscaling", "cloudformation", "cloudwatch", "cognito-idp", "dynamodb"),
        ...reading("ec2", "ecr", "elasticfilesystem", "elasticloadbalancing", "events", "firehose", "iam", "kinesis"),
        ...reading("kms", "lambda", "logs", "pipes", "s3", "scheduler", "secretsmanager", "signer", "sns", "sqs"),
        ...reading("ssm", "states", "sts", "tag", "xray"),
        ...of("logs", "FilterLogEvents", "StartQuery", "StopQuery", "TestMetricFilter"),
      ],
    },
    { Sid: "NoValues", Effect: "Deny", Action: "secretsmanager:GetSecretValue" },
  ],
  ViewOnlyAccess: [
    { Action: [...of("s3", "ListAllMyBuckets", "ListBucket"), ...of("lambda", "List*"), ...of("logs", "Describe*")] },
    {
      Action: [
        ...of("dynamodb", "ListTables"),
        ...of("sqs", "ListQueues"),
        ...of("sns", "List*"),
        ...of("iam", "List*"),
      ],
    },
  ],
  IAMFullAccess: [{ Action: ["iam:*", ...of("organizations", "Describe*", "List*")] }],
  IAMReadOnlyAccess: [
    {
      Action: of("iam", "GenerateCredentialReport", "Get*", "List*", "SimulateCustomPolicy", "SimulatePrincipalPolicy"),
    },
  ],
  AWSCloudFormationFullAccess: [{ Action: "cloudformation:*" }],
  AWSLambda_FullAccess: [
    {
      Action: [
        "lambda:*",
        ...of("cloudformation", "DescribeStacks", "ListStackResources"),
        ...of("cloudwatch", "ListMetrics", "GetMetricData"),
        ...of("ec2", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"),
        ...of("kms", "ListAliases"),
        ...of("iam", "GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies"),
        ...of("iam", "ListRolePolicies", "ListRoles"),
        ...of("logs", "DescribeLogGroups"),
        ...of("states", "DescribeStateMachine", "ListStateMachines"),
        ...of("tag", "GetResources"),
        ...of("xray", "GetTraceSummaries", "BatchGetTraces"),
      ],
    },
    passRole("lambda.amazonaws.com"),
    {
      Action: of("logs", "DescribeLogStreams", "GetLogEvents", "FilterLogEvents", "StartLiveTail", "StopLiveTail"),
      Resource: "arn:aws:logs:*:*:log-group:/aws/lambda/*",
    },
  ],
  AWSLambda_ReadOnlyAccess: [
    {
      Action: [
        ...of("lambda", "Get*", "List*"),
        ...of("cloudwatch", "GetMetricData", "ListMetrics"),
        ...of("iam", "GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies"),
        ...of("iam", "ListRolePolicies", "ListRoles"),
        ...of("logs", "DescribeLogGroups"),
      ],
    },
    {
      Action: of("logs", "DescribeLogStreams", "GetLogEvents", "FilterLogEvents"),
      Resource: "arn:aws:logs:*:*:log-group:/aws/lambda/*",
    },
  ],
};

const service = (name: string): string => `service-role/${name}`;

export const EXECUTION_ROLES: Readonly<Record<string, ManagedStatements>> = {
  AWSLambdaExecute: [
    { Action: "logs:*", Resource: "arn:aws:logs:*:*:*" },
    { Action: of("s3", "GetObject", "PutObject"), Resource: "arn:aws:s3:::*" },
  ],
  "AWSLambdaInvocation-DynamoDB": [{ Action: "lambda:InvokeFunction" }, { Action: of("dynamodb", ...STREAM) }],
  [service("AWSLambdaBasicExecutionRole")]: [{ Action: LOGS }],
  [service("AWSLambdaBasicDurableExecutionRolePolicy")]: [
    { Action: LOGS },
    { Action: of("lambda", "CheckpointDurableExecution", "GetDurableExecutionState") },
  ],
  [service("AWSLambdaDynamoDBExecutionRole")]: [{ Action: of("dynamodb", ...STREAM) }, { Action: LOGS }],
  [service("AWSLambdaENIManagementAccess")]: [{ Action: INTERFACES }],
  [service("AWSLambdaKinesisExecutionRole")]: [
    { Action: of("kinesis", ...STREAM, "DescribeStreamSummary", "ListShards", "SubscribeToShard") },
    { Action: LOGS },
  ],
  [service("AWSLambdaMSKExecutionRole")]: [
    { Action: of("kafka", "DescribeCluster", "DescribeClusterV2", "GetBootstrapBrokers") },
    { Action: [...INTERFACES, ...of("ec2", "DescribeVpcs", "DescribeSecurityGroups")] },
    { Action: LOGS },
  ],
  [service("AWSLambdaRole")]: [{ Action: "lambda:InvokeFunction" }],
  [service("AWSLambdaSQSQueueExecutionRole")]: [
    { Action: of("sqs", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes") },
    { Action: LOGS },
  ],
  [service("AWSLambdaVPCAccessExecutionRole")]: [{ Action: [...LOGS, ...INTERFACES] }],
  [service("AmazonAPIGatewayPushToCloudWatchLogs")]: [
    { Action: [...LOGS, ...of("logs", "DescribeLogGroups", "DescribeLogStreams", "GetLogEvents", "FilterLogEvents")] },
  ],
  [service("AmazonS3ObjectLambdaExecutionRolePolicy")]: [
    { Action: ["s3-object-lambda:WriteGetObjectResponse", ...LOGS] },
  ],
  [service("AmazonSNSRole")]: [{ Action: [...LOGS, ...of("logs", "PutMetricFilter", "PutRetentionPolicy")] }],
  [service("AWSAppSyncPushToCloudWatchLogs")]: [{ Action: LOGS }],
  [service("AWSCodeDeployRoleForLambda")]: [
    {
      Action: [
        ...of("cloudwatch", "DescribeAlarms"),
        ...of("lambda", "UpdateAlias", "GetAlias", "GetProvisionedConcurrencyConfig"),
        ...of("sns", "Publish"),
      ],
    },
    { Action: of("s3", "GetObject", "GetObjectVersion"), Resource: "arn:aws:s3:::*/CodeDeploy/*" },
    { Action: "lambda:InvokeFunction", Resource: "arn:aws:lambda:*:*:function:CodeDeployHook_*" },
  ],
  AWSXRayDaemonWriteAccess: [{ Action: [...TRACES, ...SAMPLING] }],
  AWSXrayWriteOnlyAccess: [{ Action: [...TRACES, ...SAMPLING] }],
  CloudWatchLambdaInsightsExecutionRolePolicy: [
    { Action: "logs:CreateLogGroup" },
    {
      Action: of("logs", "CreateLogStream", "PutLogEvents"),
      Resource: "arn:aws:logs:*:*:log-group:/aws/lambda-insights:*",
    },
  ],
  CloudWatchLambdaApplicationSignalsExecutionRolePolicy: [
    { Action: TRACES },
    {
      Action: LOGS,
      Resource: "arn:aws:logs:*:*:log-group:/aws/application-signals/data:*",
    },
  ],
};

export const DATA_SERVICES: Readonly<Record<string, ManagedStatements>> = {
  AmazonAPIGatewayAdministrator: [{ Action: "apigateway:*", Resource: "arn:aws:apigateway:*::/*" }],
  AmazonAPIGatewayInvokeFullAccess: [
    { Action: of("execute-api", "Invoke", "ManageConnections"), Resource: "arn:aws:execute-api:*:*:*" },
  ],
  AmazonDynamoDBFullAccess: [
    { Action: ["dynamodb:*", "dax:*", ...of("cloudwatch", "DescribeAlarms", "GetMetricData", "ListMetrics")] },
    { Action: ["application-autoscaling:*", ...of("kinesis", "ListStreams", "DescribeStreamSummary")] },
    passRole("application-autoscaling.amazonaws.com", "dax.amazonaws.com"),
  ],
  AmazonDynamoDBReadOnlyAccess: [
    { Action: [...reading("dynamodb"), ...of("dynamodb", "Query", "Scan", "PartiQLSelect", "ConditionCheckItem")] },
  ],
  AmazonElasticFileSystemClientFullAccess: [
    { Action: of("elasticfilesystem", "ClientMount", "ClientRootAccess", "ClientWrite", "DescribeMountTargets") },
  ],
  AmazonEventBridgeFullAccess: [
    { Action: ["events:*", "schemas:*", "scheduler:*", "pipes:*"] },
    passRole("events.amazonaws.com", "scheduler.amazonaws.com", "pipes.amazonaws.com"),
    { Action: of("iam", "CreateServiceLinkedRole"), Resource: "arn:aws:iam::*:role/aws-service-role/*" },
  ],
  AmazonEventBridgeReadOnlyAccess: [
    { Action: [...reading("events", "schemas", "scheduler", "pipes"), "events:TestEventPattern"] },
  ],
  AmazonEventBridgeSchedulerFullAccess: [{ Action: "scheduler:*" }, passRole("scheduler.amazonaws.com")],
  AmazonKinesisFirehoseFullAccess: [{ Action: "firehose:*" }],
  AmazonKinesisFullAccess: [{ Action: "kinesis:*" }],
  AmazonKinesisReadOnlyAccess: [{ Action: of("kinesis", "Get*", "List*", "Describe*") }],
  AmazonS3FullAccess: [{ Action: ["s3:*", "s3-object-lambda:*"] }],
  AmazonS3ReadOnlyAccess: [
    { Action: [...of("s3", "Get*", "List*", "Describe*"), ...of("s3-object-lambda", "Get*", "List*")] },
  ],
  AmazonSNSFullAccess: [{ Action: "sns:*" }],
  AmazonSNSReadOnlyAccess: [{ Action: of("sns", "GetTopicAttributes", "List*", "CheckIfPhoneNumberIsOptedOut") }],
  AmazonSQSFullAccess: [{ Action: "sqs:*" }],
  AmazonSQSReadOnlyAccess: [
    { Action: of("sqs", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "ListMessageMoveTasks") },
    { Action: of("sqs", "ListQueueTags", "ListQueues") },
  ],
  AmazonSSMFullAccess: [
    { Action: [...of("ssm", "*"), ...of("cloudwatch", "PutMetricData"), "ec2messages:*", "ssmmessages:*"] },
  ],
  AmazonSSMReadOnlyAccess: [{ Action: of("ssm", "Describe*", "Get*", "List*") }],
  AWSStepFunctionsFullAccess: [{ Action: "states:*" }],
  CloudWatchFullAccess: [{ Action: ["cloudwatch:*", "logs:*", "sns:*", "autoscaling:Describe*"] }],
  CloudWatchLogsFullAccess: [{ Action: ["logs:*", "cloudwatch:GenerateQuery"] }],
  CloudWatchLogsReadOnlyAccess: [
    { Action: [...of("logs", "Describe*", "Get*", "List*", "StartQuery", "StopQuery", "TestMetricFilter")] },
    { Action: of("logs", "FilterLogEvents", "StartLiveTail", "StopLiveTail") },
  ],
  SecretsManagerReadWrite: [{ Action: ["secretsmanager:*", ...of("kms", "DescribeKey", "ListAliases", "ListKeys")] }],
};
