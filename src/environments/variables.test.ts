import assert from "node:assert/strict";
import { test } from "node:test";
import { versionOf } from "./testing/house.ts";
import { functionVariables, type VariableSources } from "./variables.ts";

function variables(more: Partial<VariableSources> = {}): Record<string, string> {
  return functionVariables({
    version: versionOf("f", { variables: { OWN: "1", TZ: "Europe/Berlin", AWS_REGION: "mars", NODE_PATH: "/own" } }),
    initializationType: "on-demand",
    executionEnv: "AWS_Lambda_nodejs22.x",
    runtimeVariables: { NODE_PATH: "/opt/nodejs/node_modules" },
    credentials: { accessKeyId: "ASIA1", secretAccessKey: "s", sessionToken: "t" },
    logStream: "2026/11/24/[$LATEST]abc",
    runtimeApi: "127.0.0.1:9001",
    endpointUrl: "http://localhost:4566",
    pathInside: (path) => path,
    ...more,
  });
}

test("the set is the service's", () => {
  assert.deepEqual(variables({ version: versionOf("f"), runtimeVariables: {} }), {
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    LD_LIBRARY_PATH: "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    AWS_ENDPOINT_URL: "http://localhost:4566",
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    AWS_XRAY_DAEMON_ADDRESS: "169.254.79.129:2000",
    _AWS_XRAY_DAEMON_ADDRESS: "169.254.79.129",
    _AWS_XRAY_DAEMON_PORT: "2000",
    _HANDLER: "f.handler",
    LAMBDA_TASK_ROOT: "/var/task",
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    AWS_REGION: "eu-central-1",
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "ASIA1",
    AWS_SECRET_ACCESS_KEY: "s",
    AWS_SESSION_TOKEN: "t",
    AWS_LAMBDA_FUNCTION_NAME: "f",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/f",
    AWS_LAMBDA_LOG_STREAM_NAME: "2026/11/24/[$LATEST]abc",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
  });
});

test("the function's own win over defaults and the runtime's, and never over Lambda's", () => {
  const { OWN, TZ, NODE_PATH, AWS_REGION } = variables();
  assert.deepEqual([OWN, TZ, NODE_PATH, AWS_REGION], ["1", "Europe/Berlin", "/own", "eu-central-1"]);
});

test("a custom runtime has no execution environment, and the JSON format names its level", () => {
  const logging = { format: "JSON", group: "g", applicationLevel: "WARN", systemLevel: "INFO" } as const;
  const inside = variables({ executionEnv: undefined, version: versionOf("f", { logging }) });
  assert.ok(!("AWS_EXECUTION_ENV" in inside));
  assert.deepEqual([inside["AWS_LAMBDA_LOG_FORMAT"], inside["AWS_LAMBDA_LOG_LEVEL"]], ["JSON", "WARN"]);
});

test("where paths inside are not Lambda's, lists are mapped element by element and TMPDIR says where /tmp is", () => {
  const inside = variables({
    pathInside: (path) => (path === "/tmp" || path.startsWith("/opt") ? `/box${path}` : path),
  });
  assert.equal(inside["PATH"], "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/box/opt/bin");
  assert.equal(inside["TMPDIR"], "/box/tmp");
});
