/**
 * Every operation and every modelled error of thirteen services, exchanged between the real SDK client and the wire over
 * HTTP. The proof that a service is `{ client schemas, handlers }` and nothing else.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as eventbridge from "@aws-sdk/client-eventbridge";
import * as iam from "@aws-sdk/client-iam";
import * as kinesis from "@aws-sdk/client-kinesis";
import * as kms from "@aws-sdk/client-kms";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as signer from "@aws-sdk/client-signer";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";
import * as sts from "@aws-sdk/client-sts";
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { type RoundTrip, roundTripErrors, roundTripOperations } from "./testing/round-trip.ts";

const json = { xmlText: false, runs: 3 };
const xml = { xmlText: true, runs: 3 };

/** Members that S3's client computes, checks or refuses by itself. */
const S3_CLIENT_OWNED = [
  ...["SSECustomerKey", "SSECustomerKeyMD5", "CopySourceSSECustomerKey", "CopySourceSSECustomerKeyMD5"],
  ...["ContentLength", "ContentMD5", "ContentEncoding", "ContentRange", "Expires", "ChecksumMode", "ChecksumAlgorithm"],
];

const trips: Record<string, RoundTrip> = {
  lambda: { service: "lambda", client: lambda, ...json },
  logs: { service: "logs", client: logs, ...json },
  sts: { service: "sts", client: sts, ...xml, fixed: { TaskPolicyArn: { arn: "arn:aws:iam::aws:policy/x" } } },
  iam: { service: "iam", client: iam, ...xml },
  sns: { service: "sns", client: sns, ...xml },
  sqs: { service: "sqs", client: sqs, ...json, config: { md5: false, useQueueUrlAsEndpoint: false } },
  "sqs over the query protocol": {
    service: "sqs",
    client: sqs,
    ...xml,
    config: { md5: false, useQueueUrlAsEndpoint: false, protocol: AwsQueryProtocol },
    // Two lists of ReceiveMessage have one name in a form.
    omitInput: ["MessageSystemAttributeNames"],
    added: /^MessageSystemAttributeNames$/,
  },
  "sqs over CBOR": {
    service: "sqs",
    client: sqs,
    ...json,
    config: { md5: false, useQueueUrlAsEndpoint: false, protocol: AwsSmithyRpcV2CborProtocol },
  },
  "cloudwatch over the query protocol": {
    service: "monitoring",
    client: cloudwatch,
    ...xml,
    config: { protocol: AwsQueryProtocol },
    arrivesAs: { DashboardNotFoundError: "ResourceNotFound" },
  },
  "cloudwatch over CBOR": {
    service: "monitoring",
    client: cloudwatch,
    ...json,
    config: { protocol: AwsSmithyRpcV2CborProtocol },
    arrivesAs: { DashboardNotFoundError: "ResourceNotFound" },
  },
  dynamodb: { service: "dynamodb", client: dynamodb, ...json, config: { accountIdEndpointMode: "disabled" } },
  eventbridge: { service: "events", client: eventbridge, ...json, omitInput: ["EndpointId"] },
  kinesis: { service: "kinesis", client: kinesis, ...json },
  cloudwatch: {
    service: "monitoring",
    client: cloudwatch,
    ...json,
    arrivesAs: { DashboardNotFoundError: "ResourceNotFound" },
  },
  kms: { service: "kms", client: kms, ...json },
  signer: { service: "signer", client: signer, ...json },
  s3: {
    service: "s3",
    client: s3,
    aliases: ["s3express", "s3-object-lambda"],
    ...xml,
    config: {
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    },
    fixed: { Bucket: "a-bucket" },
    omitInput: S3_CLIENT_OWNED,
    omitOutput: S3_CLIENT_OWNED,
    added: /^(Checksum|Content|MetadataDirective)/,
  },
};

for (const [name, trip] of Object.entries(trips)) {
  test(`every operation of ${name} carries its input to the handler and its output to the client`, async () => {
    const { checked, failures } = await roundTripOperations(trip);
    assert.deepEqual(failures, []);
    assert.ok(checked > 0);
  });

  test(`every modelled error of ${name} arrives as its own class with its members`, async () => {
    const { failures } = await roundTripErrors(trip);
    assert.deepEqual(failures, []);
  });
}
