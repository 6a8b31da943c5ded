/**
 * What of the AWS SDKs functions find without bundling it. AWS brings every client; these are the ones that functions
 * commonly use and their helpers. Names only: the version is the newest that the interpreter can run, as AWS's floats.
 */
export const NODE_SDK_PACKAGES: readonly string[] = [
  "@aws-sdk/client-api-gateway",
  "@aws-sdk/client-apigatewaymanagementapi",
  "@aws-sdk/client-bedrock-runtime",
  "@aws-sdk/client-cloudformation",
  "@aws-sdk/client-cloudfront",
  "@aws-sdk/client-cloudwatch",
  "@aws-sdk/client-cloudwatch-logs",
  "@aws-sdk/client-cognito-identity-provider",
  "@aws-sdk/client-dynamodb",
  "@aws-sdk/client-ecr",
  "@aws-sdk/client-ecs",
  "@aws-sdk/client-eventbridge",
  "@aws-sdk/client-firehose",
  "@aws-sdk/client-iam",
  "@aws-sdk/client-kinesis",
  "@aws-sdk/client-kms",
  "@aws-sdk/client-lambda",
  "@aws-sdk/client-rds-data",
  "@aws-sdk/client-s3",
  "@aws-sdk/client-scheduler",
  "@aws-sdk/client-secrets-manager",
  "@aws-sdk/client-ses",
  "@aws-sdk/client-sesv2",
  "@aws-sdk/client-sfn",
  "@aws-sdk/client-sns",
  "@aws-sdk/client-sqs",
  "@aws-sdk/client-ssm",
  "@aws-sdk/client-sts",
  "@aws-sdk/client-xray",
  "@aws-sdk/credential-providers",
  "@aws-sdk/lib-dynamodb",
  "@aws-sdk/lib-storage",
  "@aws-sdk/s3-presigned-post",
  "@aws-sdk/s3-request-presigner",
  "@aws-sdk/util-dynamodb",
  "@aws/lambda-invoke-store",
];

export const PYTHON_SDK_PACKAGES: readonly string[] = ["boto3"];
