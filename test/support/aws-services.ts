/**
 * SQS, SNS, EventBridge and S3 as far as Lambda sends to them: a real server that speaks their protocols by their client
 * packages, records what came, and refuses what AWS would refuse.
 */
import * as events from "@aws-sdk/client-eventbridge";
import * as s3 from "@aws-sdk/client-s3";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";
import { type Call, type Handlers, type Service, ServiceError } from "../../src/wire/index.ts";
import { serve } from "../../src/wire/testing/serve.ts";

/** One accepted call. `body` is what was sent: a message, an event's detail, an object. */
export interface Received {
  readonly service: "sqs" | "sns" | "events" | "s3";
  /** Name of the queue, topic or bus; bucket and key of an object. */
  readonly to: string;
  readonly body: string;
  readonly input: object;
  readonly call: Call;
}

export interface AwsServices extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  /** Called before every call is answered; what it throws is the answer. */
  before: (received: Received) => void | Promise<void>;
  /** Arguments that send a server here. */
  readonly args: readonly string[];
}

/** Queues, topics, buses and buckets exist unless their name begins with `missing`. */
export async function startAwsServices(): Promise<AwsServices> {
  const received: Received[] = [];
  /** The versions of each object, oldest first. */
  const objects = new Map<string, readonly (Buffer | undefined)[]>();
  const record = async (item: Received): Promise<void> => {
    await services.before(item);
    received.push(item);
  };
  const server = await serve([
    service<typeof sqs>("sqs", sqs, {
      async SendMessage(input, call) {
        const to = input.QueueUrl.split("/").at(-1) ?? "";
        if (to.startsWith("missing")) {
          throw new sqs.QueueDoesNotExist({ $metadata: {}, message: "The specified queue does not exist." });
        }
        await record({ service: "sqs", to, body: input.MessageBody, input, call });
        return { MessageId: call.requestId };
      },
    }),
    service<typeof sns>("sns", sns, {
      async Publish(input, call) {
        const to = input.TopicArn?.split(":").at(-1) ?? "";
        if (to.startsWith("missing"))
          throw new sns.NotFoundException({ $metadata: {}, message: "Topic does not exist" });
        await record({ service: "sns", to, body: input.Message, input, call });
        return { MessageId: call.requestId };
      },
    }),
    service<typeof events>("events", events, {
      async PutEvents(input, call) {
        const [entry] = input.Entries;
        const to = entry?.EventBusName?.split("/").at(-1) ?? "";
        if (to.startsWith("missing")) {
          return { FailedEntryCount: 1, Entries: [{ ErrorCode: "ResourceNotFoundException", ErrorMessage: to }] };
        }
        await record({ service: "events", to, body: entry?.Detail ?? "", input, call });
        return { FailedEntryCount: 0, Entries: [{ EventId: call.requestId }] };
      },
    }),
    service<typeof s3>("s3", s3, {
      async PutObject({ Body, ...input }, call) {
        if (input.Bucket.startsWith("missing"))
          throw new ServiceError("NoSuchBucket", 404, "The bucket does not exist");
        const parts: Uint8Array[] = [];
        for await (const part of Body ?? []) parts.push(part);
        const to = `${input.Bucket}/${input.Key}`;
        const body = Buffer.concat(parts);
        await record({ service: "s3", to, body: body.toString(), input, call });
        const versions = objects.get(to) ?? [];
        objects.set(to, [...versions, body]);
        return { VersionId: String(versions.length + 1) };
      },
      async GetObject({ Bucket, Key, VersionId }) {
        if (Bucket.startsWith("missing"))
          throw new ServiceError("NoSuchBucket", 404, "The specified bucket does not exist");
        const versions = objects.get(`${Bucket}/${Key}`) ?? [];
        const body = versions.at(VersionId === undefined ? -1 : Number(VersionId) - 1);
        if (body === undefined && VersionId !== undefined) {
          throw new ServiceError("NoSuchVersion", 404, "The specified version does not exist.");
        }
        if (body === undefined) throw new ServiceError("NoSuchKey", 404, "The specified key does not exist.");
        return { Body: body, ContentLength: body.length, VersionId: VersionId ?? String(versions.length) };
      },
      async DeleteObject({ Bucket, Key, VersionId }) {
        const to = `${Bucket}/${Key}`;
        const versions = objects.get(to) ?? [];
        objects.set(
          to,
          versions.map((body, index) => (String(index + 1) === VersionId ? undefined : body)),
        );
        return {};
      },
    }),
  ]);
  const services: AwsServices = {
    url: server.endpoint,
    received,
    before: () => undefined,
    args: ["sqs", "sns", "events", "s3"].flatMap((name) => ["--service-endpoint", `${name}=${server.endpoint}`]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return services;
}

function service<C extends object>(name: Received["service"], client: C, handlers: Handlers<C>): Service<C> {
  const targets = { sqs: ["AmazonSQS"], events: ["AWSEvents"], sns: [], s3: [] }[name];
  return { name, targets, load: async () => ({ client, handlers }) };
}
