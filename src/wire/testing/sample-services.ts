/** Six services with a few handlers each, one per protocol, which tell what they were called with. */
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as sqs from "@aws-sdk/client-sqs";
import * as sts from "@aws-sdk/client-sts";
import { ServiceError } from "../service-error.ts";
import type { Call, Handlers, Service, ServiceModule } from "../types.ts";

export interface Seen {
  operation: string;
  input: unknown;
  call: Call;
}

/** `onCall` sees every call before it is answered; what it throws is the answer. */
export function sampleServices(onCall: (seen: Seen) => void | Promise<void>): Service[] {
  const seen = async (input: unknown, call: Call): Promise<void> => onCall({ operation: call.operation, input, call });
  const lambdaHandlers: Handlers<typeof lambda> = {
    async Invoke(input, call) {
      await seen(input, call);
      return { StatusCode: 200, ExecutedVersion: "$LATEST", Payload: input.Payload ?? Buffer.from("null") };
    },
    async CreateFunction(input, call) {
      await seen(input, call);
      return { FunctionName: input.FunctionName ?? "" };
    },
    async GetFunction(input, call) {
      await seen(input, call);
      return { Configuration: { FunctionName: input.FunctionName ?? "" } };
    },
    async TagResource(input, call) {
      await seen(input, call);
      return {};
    },
    async InvokeWithResponseStream(input, call) {
      await seen(input, call);
      return { StatusCode: 200, EventStream: breaksAfterOneChunk() };
    },
  };
  const s3Handlers: Handlers<typeof s3> = Object.fromEntries(
    Object.keys(s3)
      .filter((name) => /^[A-Z].*Command$/.test(name) && name !== "$Command")
      .map((name) => [
        name.slice(0, -"Command".length),
        async (input: { Body?: AsyncIterable<Uint8Array> }, call: Call) => {
          const parts: Uint8Array[] = [];
          for await (const part of input.Body ?? []) parts.push(part);
          await seen({ ...input, Body: Buffer.concat(parts).toString("utf8") }, call);
          return {};
        },
      ]),
  );
  const logsHandlers: Handlers<typeof logs> = {
    async CreateLogGroup(input, call) {
      await seen(input, call);
      return {};
    },
    async GetLogEvents(input, call) {
      await seen(input, call);
      return { events: [] };
    },
  };
  const sqsHandlers: Handlers<typeof sqs> = {
    async SendMessage(input, call) {
      await seen(input, call);
      throw new sqs.QueueDoesNotExist({ message: "The specified queue does not exist.", $metadata: {} });
    },
    async DeleteMessageBatch(input, call) {
      await seen(input, call);
      return { Successful: [], Failed: [] };
    },
  };
  const stsHandlers: Handlers<typeof sts> = {
    async GetCallerIdentity(input, call) {
      await seen(input, call);
      return { Account: call.accountId, Arn: call.principal.arn, UserId: "AIDA" };
    },
    async AssumeRole(input, call) {
      await seen(input, call);
      throw new ServiceError("AccessDenied", 403, "not <you>");
    },
  };
  return [
    service("lambda", { client: lambda, handlers: lambdaHandlers }, { paths: [/^\/20\d\d-\d\d-\d\d\//] }),
    service("logs", { client: logs, handlers: logsHandlers }, { targets: ["Logs_20140328"] }),
    service("sqs", { client: sqs, handlers: sqsHandlers }, { targets: ["AmazonSQS"], queryVersions: ["2012-11-05"] }),
    service("sts", { client: sts, handlers: stsHandlers }, { queryVersions: ["2011-06-15"] }),
    service("s3", { client: s3, handlers: s3Handlers }, {}),
  ];
}

function service<C extends object>(name: string, module: ServiceModule<C>, hints: Partial<Service>): Service {
  return { name, ...hints, load: () => Promise.resolve(module as ServiceModule) };
}

async function* breaksAfterOneChunk(): AsyncGenerator<lambda.InvokeWithResponseStreamResponseEvent> {
  yield { PayloadChunk: { Payload: Buffer.from("first") } };
  throw new Error("a secret of the handler");
}
