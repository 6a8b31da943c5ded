/**
 * Goal: whatever the input of whatever operation is, the control plane answers with success or a modelled refusal, never with
 * a failure. Method: inputs drawn from a seed for every operation's schema, sent to a real server with functions in it; in
 * the end the log must hold no failure, and the server must answer as before. A failure prints the seed and the request.
 */
import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { test } from "node:test";
import * as lambda from "@aws-sdk/client-lambda";
import { SeededRandom } from "../base/testing/seeded-random.ts";
import { type HostileRequest, hostileService, type LikelyValues } from "../wire/testing/hostile-input.ts";
import { signedFor } from "../wire/testing/raw.ts";
import { ARN, ROLE } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";
import { zipOf } from "./testing/zips.ts";

const SEED = Number(process.env["LAMBENT_FUZZ_SEED"] ?? 20_261_125);
const DURATION_MS = 8_000;
const ROUNDS_MAX = Number(process.env["LAMBENT_FUZZ_ROUNDS"] ?? 12_000);
const CLIENTS = 8;

const ZIP = Buffer.from(await zipOf({ "index.mjs": "export const handler = async () => 1;" })).toString("base64");
const UUID = "00000000-0000-4000-8000-000000000000";
const PROVIDER = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p";
const LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:lay";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
const EXECUTION = `${ARN("f")}:1/durable-execution/order/id`;

const LIKELY: LikelyValues = {
  FunctionName: ["f", "f", "f:1", "f:live", "g", "new", "none", ARN("f"), `${ARN("f")}:$LATEST`, "function:f"],
  Qualifier: ["1", "live", "$LATEST", "$LATEST.PUBLISHED", "2", "nope"],
  FunctionVersion: ["1", "$LATEST", "2", "ALL"],
  Name: ["live", "new", "1"],
  Runtime: ["nodejs24.x", "python3.13", "nodejs14.x", "cobol", "provided.al2023"],
  Handler: ["index.handler"],
  Role: [ROLE, ROLE, "none"],
  ZipFile: [ZIP, ZIP, "bm8gemlw"],
  RevisionId: [UUID],
  CodeSha256: ["YWJj"],
  EventSourceArn: [
    QUEUE,
    `${QUEUE}.fifo`,
    "arn:aws:kinesis:us-east-1:000000000000:stream/s",
    "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/1",
    "arn:aws:kafka:us-east-1:000000000000:cluster/c/1",
    "arn:aws:mq:us-east-1:000000000000:broker:b:b-1",
    "arn:aws:rds:us-east-1:000000000000:cluster:d",
  ],
  Pattern: ['{"body":{"a":[1]}}', "{}", "null", '{"a":"b"}', "{"],
  Topics: [["orders"]],
  Queues: [["jobs"]],
  Destination: [QUEUE, ARN("f"), ARN("g"), "arn:aws:s3:::b", ""],
  Resource: [ARN("f"), `${ARN("f")}:1`, PROVIDER, `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${UUID}`],
  ResourceArn: [ARN("f"), `${ARN("f")}:1`, LAYER],
  Policy: ["{}", '{"Version":"2012-10-17","Statement":[]}', "not json"],
  Tags: [{ a: "1" }, {}],
  TagKeys: [["a"], []],
  Marker: ["x", "YQ.b"],
  LayerName: ["lay", LAYER, "other"],
  VersionNumber: [1, 2, 0, -5],
  Arn: [`${LAYER}:1`, `${LAYER}:9`, LAYER],
  Layers: [[`${LAYER}:1`], [], [`${LAYER}:9`]],
  StatementId: ["s1", "s2"],
  Action: ["lambda:InvokeFunction", "lambda:GetLayerVersion", "lambda:*"],
  Principal: ["*", "s3.amazonaws.com", "000000000000"],
  CapacityProviderName: ["p", "q", PROVIDER],
  CapacityProviderArn: [PROVIDER],
  SubnetIds: [["subnet-1"], []],
  SecurityGroupIds: [["sg-1"], []],
  Timeout: [3, 900, 5400],
  MemorySize: [128, 2048, 10_240],
  UUID: [UUID],
  DurableExecutionArn: [EXECUTION],
  CheckpointToken: ["YWJj"],
  CallbackId: ["YWJj"],
  InvocationType: ["RequestResponse", "Event", "DryRun"],
  CodeSigningConfigArn: ["arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0"],
  Variables: [{ A: "b" }, { AWS_REGION: "x" }],
};

/** Answers of the protocol itself, which no service models. */
const FRAMEWORK = new Set([
  "ValidationException",
  "SerializationException",
  "AccessDeniedException",
  "UnknownOperationException",
  "RequestEntityTooLargeException",
]);

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

test("inputs of every operation get success or a modelled refusal, and never a failure", {
  timeout: 120_000,
}, async (t) => {
  await using server = await Served.open();
  const { client } = server;
  await stock(server);
  const service = await hostileService(lambda, "lambda", LIKELY);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const random = new SeededRandom(SEED);
  const draw = (below: number): number => random.below(below);
  const until = performance.now() + DURATION_MS;
  const outcomes = new Map<string, number>();
  let round = 0;
  const worker = async (): Promise<void> => {
    while (round < ROUNDS_MAX && performance.now() < until) {
      const sent = service.request(service.operations[round % service.operations.length] ?? "", draw);
      round += 1;
      const answer = await send(agent, server.url, sent);
      if (/^Delete(Function|Alias|CapacityProvider)$/.test(sent.operation) && answer.status < 300) await stock(server);
      const label = answer.status < 300 ? "success" : answer.code;
      outcomes.set(label, (outcomes.get(label) ?? 0) + 1);
      const isModelled = answer.status < 300 || service.errors.has(answer.code) || FRAMEWORK.has(answer.code);
      const isBuilt = answer.status === 501 && answer.code === "NotImplementedException";
      assert.ok(
        isBuilt || (answer.status < 500 && isModelled),
        `seed ${SEED}, round ${round}: ${answer.status} ${answer.code} ${answer.text}\n${JSON.stringify(sent)}\n${server.lambda.logged.join("")}`,
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: CLIENTS }, worker));
  } finally {
    agent.destroy();
  }
  t.diagnostic(`${round} requests: ${JSON.stringify(Object.fromEntries(outcomes))}`);
  assert.ok((outcomes.get("success") ?? 0) > round / 50, "inputs lead somewhere");
  assert.deepEqual(
    server.lambda.logged.filter((line) => line.startsWith("error")),
    [],
  );
  await client.send(new lambda.ListFunctionsCommand({}));
});

/** What the likely values lead to; what is there already stays. */
async function stock({ client, lambda: harness }: Served): Promise<void> {
  const steps: readonly (() => Promise<unknown>)[] = [
    () => harness.create("f", "export const handler = async () => 1;"),
    () => harness.create("g", "export const handler = async () => 2;"),
    () => client.send(new lambda.PublishVersionCommand({ FunctionName: "f" })),
    () => client.send(new lambda.CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" })),
    () =>
      client.send(
        new lambda.CreateCapacityProviderCommand({
          CapacityProviderName: "p",
          VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] },
          PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
        }),
      ),
  ];
  for (const step of steps) {
    await step().catch((error: unknown) => {
      if (!(error instanceof lambda.LambdaServiceException)) throw error;
    });
  }
}

function send(agent: Agent, url: string, { method, path, headers, body }: HostileRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(url + path),
      {
        agent,
        method,
        headers: {
          authorization: signedFor("lambda"),
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body ?? ""),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", reject);
        answer.once("end", () => {
          const code = String(answer.headers["x-amzn-errortype"] ?? "").split(":", 1)[0] ?? "";
          resolve({ status: answer.statusCode ?? 0, code, text: Buffer.concat(chunks).toString().slice(0, 400) });
        });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
