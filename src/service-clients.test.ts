/**
 * Goal: Lambda reaches a service in this process where it is, elsewhere where the configuration says so, and nowhere else,
 * always in the name of the function's role. Method: a wire with SQS for the first, a server that speaks SQS for the second.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sqs from "@aws-sdk/client-sqs";
import { until } from "./base/testing/until.ts";
import type { RoleBearer } from "./invoke/index.ts";
import { createServiceClients, type ServiceCredentials, type ServiceEndpoints } from "./service-clients.ts";
import type { Call, Service } from "./wire/index.ts";
import { serve, type TestServer } from "./wire/testing/serve.ts";

const BEARER: RoleBearer = {
  accountId: "000000000000",
  region: "us-east-1",
  functionName: "f",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
  roleArn: "arn:aws:iam::000000000000:role/path/sender",
};
const MESSAGE = { QueueUrl: "http://localhost/000000000000/q", MessageBody: "hello" };

function queueService(seen: Call[]): Service<typeof sqs> {
  const SendMessage = async (_input: object, call: Call): Promise<{ MessageId: string }> => {
    seen.push(call);
    return { MessageId: "id" };
  };
  return { name: "sqs", targets: ["AmazonSQS"], load: async () => ({ client: sqs, handlers: { SendMessage } }) };
}

function clients(
  inside: TestServer | undefined,
  endpoints: ServiceEndpoints,
  credentialsElsewhere?: ServiceCredentials,
): { readonly services: ReturnType<typeof createServiceClients>; readonly asked: RoleBearer[] } {
  const asked: RoleBearer[] = [];
  const services = createServiceClients({
    asksPermissions: false,
    inProcess: (name, identity) => (inside?.wire.has(name) ? inside.wire.client(name, identity) : undefined),
    ownUrl: () => inside?.endpoint ?? "",
    endpoints,
    credentialsElsewhere,
    credentials: async (bearer) => {
      asked.push(bearer);
      return { accessKeyId: "ASIAEXAMPLE", secretAccessKey: "secret", sessionToken: "token" };
    },
  });
  return { services, asked };
}

test("a service of this server is called in this process, as the role's session, even when it is elsewhere too", async () => {
  const seen: Call[] = [];
  await using inside = await serve([queueService(seen)]);
  const { services, asked } = clients(inside, { sqs: "http://127.0.0.1:1" });
  const reached = await services.reach("sqs", { bearer: BEARER, region: "eu-west-1" });
  assert.equal(reached?.endpoint, inside.endpoint);
  assert.equal((await reached?.client.call("SendMessage", MESSAGE))?.MessageId, "id");
  assert.equal(seen[0]?.principal.arn, "arn:aws:sts::000000000000:assumed-role/sender/f@lambda_function");
  assert.equal(seen[0]?.region, "eu-west-1");
  assert.deepEqual(asked, []);
});

test("a service elsewhere is called at its endpoint, signed with the role's credentials", async () => {
  const seen: Call[] = [];
  await using elsewhere = await serve([queueService(seen)]);
  const { services, asked } = clients(undefined, { sqs: elsewhere.endpoint });
  const reached = await services.reach("sqs", { bearer: BEARER, region: "eu-west-1" });
  assert.equal(reached?.endpoint, elsewhere.endpoint);
  assert.equal((await reached?.client.call("SendMessage", MESSAGE))?.MessageId, "id");
  assert.equal(seen[0]?.principal.accessKeyId, "ASIAEXAMPLE");
  assert.equal(seen[0]?.region, "eu-west-1");
  assert.deepEqual(asked, [BEARER]);
  const again = await services.reach("sqs", { bearer: BEARER, region: "eu-west-1" });
  assert.equal(again?.client, reached?.client);
});

test("what is nowhere is not reached", async () => {
  const { services, asked } = clients(undefined, { sns: "http://127.0.0.1:1" });
  assert.equal(await services.reach("sqs", { bearer: BEARER, region: "us-east-1" }), undefined);
  assert.deepEqual(asked, []);
});

test("clients that are not kept any more let their connections go, after the answers that they wait for", async () => {
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const SendMessage = async (): Promise<{ MessageId: string }> => {
    arrived.resolve();
    await answer.promise;
    return { MessageId: "id" };
  };
  const load: Service<typeof sqs>["load"] = async () => ({ client: sqs, handlers: { SendMessage } });
  await using elsewhere = await serve([{ name: "sqs", targets: ["AmazonSQS"], load }]);
  const { services } = clients(undefined, { sqs: elsewhere.endpoint });
  const reached = await services.reach("sqs", { bearer: BEARER, region: "us-east-1" });
  const sent = reached?.client.call("SendMessage", MESSAGE);
  await arrived.promise;
  services[Symbol.dispose]();
  answer.resolve();
  assert.equal((await sent)?.MessageId, "id");
  await until("the connection is closed", async () => (await elsewhere.connections()) === 0);
});

test("services elsewhere are signed for with the configured key, where there is one, and nobody is asked for the role's", async () => {
  const seen: Call[] = [];
  await using elsewhere = await serve([queueService(seen)]);
  const key = { accessKeyId: "555566667777", secretAccessKey: "configured" };
  const { services, asked } = clients(undefined, { sqs: elsewhere.endpoint }, key);
  using _services = services;
  const reached = await services.reach("sqs", { bearer: BEARER, region: "us-east-1" });
  await reached?.client.call("SendMessage", MESSAGE);
  const principal = { kind: "service", accountId: "000000000000", arn: "lambda.amazonaws.com" } as const;
  await (await services.reachFor("sqs", { principal, region: "us-east-1" }))?.call("SendMessage", MESSAGE);
  assert.deepEqual(
    seen.map((call) => call.principal.accessKeyId),
    [key.accessKeyId, key.accessKeyId],
  );
  assert.deepEqual(asked, []);
});
