/** Functions that isolate tenants: an unmodified SDK names the tenant, and no environment ever serves two of them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type InvokeCommandInput,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  type Runtime,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { clientConfiguration, createFunction } from "./support/functions.ts";
import { loggedMessages } from "./support/logs.ts";
import { startServer, type TestServer } from "./support/server.ts";

/** Answers with every tenant that this process and its /tmp have seen. */
const IN_NODE = `import { appendFileSync, readFileSync } from "node:fs";
const seen = new Set();
export const handler = async (event, context) => {
  seen.add(context.tenantId);
  appendFileSync("/tmp/tenants", context.tenantId + "\\n");
  if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
  console.log("works for " + context.tenantId);
  return { tenant: context.tenantId, seen: [...seen], files: readFileSync("/tmp/tenants", "utf8").trim().split("\\n") };
};`;
const IN_PYTHON = `seen = set()
def handler(event, context):
    seen.add(context.tenant_id)
    with open("/tmp/tenants", "a+") as file:
        file.write(context.tenant_id + "\\n")
        file.seek(0)
        return {"tenant": context.tenant_id, "seen": sorted(seen), "files": file.read().split()}
`;
const TENANCY = { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } } as const;

interface Seen {
  readonly tenant: string;
  readonly seen: readonly string[];
  readonly files: readonly string[];
}

let server: TestServer;
let lambda: LambdaClient;
let logs: CloudWatchLogsClient;

before(async () => {
  server = await startServer();
  lambda = new LambdaClient(clientConfiguration(server));
  logs = new CloudWatchLogsClient(clientConfiguration(server));
  const LoggingConfig = { LogFormat: "JSON", SystemLogLevel: "DEBUG" } as const;
  await createFunction(lambda, {
    FunctionName: "isolated",
    files: { "index.mjs": IN_NODE },
    LoggingConfig,
    ...TENANCY,
  });
  const Runtime: Runtime = "python3.13";
  await createFunction(lambda, { FunctionName: "snake", Runtime, files: { "index.py": IN_PYTHON }, ...TENANCY });
  await createFunction(lambda, { FunctionName: "plain", files: { "index.mjs": "export const handler = () => 1;" } });
});

after(async () => {
  lambda?.destroy();
  logs?.destroy();
  await server?.[Symbol.asyncDispose]();
});

async function invoke(FunctionName: string, TenantId: string, more: Partial<InvokeCommandInput> = {}): Promise<Seen> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, TenantId, Payload: "{}", ...more }));
  return JSON.parse(Payload?.transformToString() ?? "");
}

for (const name of ["isolated", "snake"]) {
  test(`${name}: tenants that call at the same time, and again later, see nothing of each other in memory and /tmp`, async () => {
    const tenants = ["blue", "green", "a/b c=@+"];
    const Payload = JSON.stringify({ waitMs: 20 });
    for (let round = 0; round < 3; round += 1) {
      const calls = [...tenants, ...tenants].map(async (tenant) => ({
        tenant,
        answer: await invoke(name, tenant, { Payload }),
      }));
      for (const { tenant, answer } of await Promise.all(calls)) {
        assert.equal(answer.tenant, tenant);
        assert.deepEqual(answer.seen, [tenant]);
        const foreign = answer.files.filter((line) => !tenant.startsWith(line) && !tenant.includes(line));
        assert.deepEqual(foreign, []);
      }
    }
  });
}

test("one tenant that calls again comes to its own environment", async () => {
  const first = await invoke("isolated", "returns");
  const second = await invoke("isolated", "returns");
  assert.equal(second.files.length, first.files.length + 1);
});

test("events keep their tenant, and the platform's records and the function's own lines name it", async () => {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: "isolated", TenantId: "later", InvocationType: "Event", Payload: "{}" }),
  );
  assert.equal(answer.StatusCode, 202);
  const ofTenant = (messages: readonly string[]): unknown[] =>
    messages
      .map((message) => JSON.parse(message))
      .filter(({ record, tenantId }) => (record?.tenantId ?? tenantId) === "later");
  const messages = await loggedMessages(logs, "isolated", (all) => ofTenant(all).length >= 4);
  const kinds = ofTenant(messages).map(
    (entry) => Reflect.get(Object(entry), "type") ?? Reflect.get(Object(entry), "message"),
  );
  assert.deepEqual(kinds.sort(), ["platform.report", "platform.runtimeDone", "platform.start", "works for later"]);
});

test("streams are for one tenant too", async () => {
  const { EventStream = [] } = await lambda.send(
    new InvokeWithResponseStreamCommand({ FunctionName: "isolated", TenantId: "streams", Payload: "{}" }),
  );
  let text = "";
  for await (const { PayloadChunk } of EventStream) text += Buffer.from(PayloadChunk?.Payload ?? []).toString();
  assert.equal(JSON.parse(text).tenant, "streams");
});

test("the setting is shown, survives updates and kill -9, and cannot be had with what AWS excludes", async () => {
  const FunctionName = "kept";
  await createFunction(lambda, { FunctionName, files: { "index.mjs": IN_NODE }, ...TENANCY });
  const shown = await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: "changed" }));
  assert.deepEqual(shown.TenancyConfig, TENANCY.TenancyConfig);
  await lambda.send(new PublishVersionCommand({ FunctionName }));
  const published = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier: "1" }));
  assert.deepEqual(published.TenancyConfig, TENANCY.TenancyConfig);
  const refused = (feature: string): object => ({
    name: "InvalidParameterValueException",
    message: `${feature} is not supported for functions enabled with tenancy configuration.`,
  });
  await assert.rejects(
    lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" })),
    refused("Function URL"),
  );
  const provision = { FunctionName, Qualifier: "1", ProvisionedConcurrentExecutions: 1 };
  await assert.rejects(
    lambda.send(new PutProvisionedConcurrencyConfigCommand(provision)),
    refused("Provisioned Concurrency"),
  );
  const SnapStart = { ApplyOn: "PublishedVersions" } as const;
  await assert.rejects(
    lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, SnapStart })),
    refused("SnapStart"),
  );
  await assert.rejects(
    createFunction(lambda, { FunctionName: "never", files: { "index.mjs": IN_NODE }, SnapStart, ...TENANCY }),
    refused("SnapStart"),
  );
  await lambda.send(new DeleteFunctionCommand({ FunctionName }));
});

test("an invocation without a tenant, or with one that nothing separates, is refused in every way of invoking", async () => {
  const missing = {
    name: "InvalidParameterValueException",
    message:
      "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.",
  };
  const unexpected = {
    name: "InvalidParameterValueException",
    message:
      "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.",
  };
  for (const InvocationType of ["RequestResponse", "Event", "DryRun"] as const) {
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: "isolated", InvocationType })), missing);
    await assert.rejects(
      lambda.send(new InvokeCommand({ FunctionName: "plain", InvocationType, TenantId: "blue" })),
      unexpected,
    );
  }
  await assert.rejects(lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: "isolated" })), missing);
});
