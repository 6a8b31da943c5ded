/**
 * AWS's validation texts to the letter, as recorded from Lambda's front end, over the compiled tables. The expected
 * strings are the recorded ones; where the model has changed a number since, the test reads it from the table.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as lambda from "@aws-sdk/client-lambda";
import { readServiceModel } from "../schema/service-model.ts";
import type { ClientModule } from "../types.ts";
import { applyDeviations } from "./deviations.ts";
import { compilePattern } from "./patterns.ts";
import { loadConstraintTable } from "./table.ts";
import { compileValidator, validationMessage } from "./validator.ts";

async function messageFor(
  model: string,
  client: ClientModule,
  operation: string,
  input: object,
): Promise<string | undefined> {
  const table = await loadConstraintTable(model);
  assert.ok(table);
  const found = readServiceModel(client).operations.get(operation);
  assert.ok(found);
  const violations = compileValidator(model, applyDeviations(model, table), operation, found.input)(input);
  return violations.length === 0 ? undefined : validationMessage(violations);
}

const inLambda = (operation: string, input: object): Promise<string | undefined> =>
  messageFor("lambda", lambda, operation, input);

const FUNCTION = { FunctionName: "f", Role: "arn:aws:iam::123456789012:role/r", Code: {} };
const F = "failed to satisfy constraint:";

const lambdaCases: readonly (readonly [
  title: string,
  operation: string,
  input: object,
  expected: string | undefined,
])[] = [
  ["valid input has no violations", "CreateFunction", { ...FUNCTION, Timeout: 3 }, undefined],
  [
    "a missing required member is null without quotes",
    "UntagResource",
    { Resource: "arn:aws:lambda:us-east-1:123456789012:function:f" },
    `1 validation error detected: Value null at 'tagKeys' ${F} Member must not be null`,
  ],
  [
    "a name that breaks its pattern shows the pattern verbatim",
    "CreateAlias",
    { FunctionName: "f", FunctionVersion: "1", Name: "2024" },
    `1 validation error detected: Value '2024' at 'name' ${F} Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)`,
  ],
  [
    "an alias name of digits and dashes is fine",
    "CreateAlias",
    { FunctionName: "f", FunctionVersion: "1", Name: "2024-01-02" },
    undefined,
  ],
  [
    "a function name over 140 characters is too long for create",
    "CreateFunction",
    { ...FUNCTION, FunctionName: "a".repeat(141) },
    `1 validation error detected: Value '${"a".repeat(141)}' at 'functionName' ${F} Member must have length less than or equal to 140`,
  ],
  [
    "a function name of 300 characters is only looked up by the other operations",
    "GetFunction",
    { FunctionName: "a".repeat(300) },
    undefined,
  ],
  [
    "a qualifier over 128 characters",
    "GetFunction",
    { FunctionName: "f", Qualifier: "a".repeat(129) },
    `1 validation error detected: Value '${"a".repeat(129)}' at 'qualifier' ${F} Member must have length less than or equal to 128`,
  ],
  [
    "two architectures are one too many",
    "CreateFunction",
    { ...FUNCTION, Architectures: ["x86_64", "arm64"] },
    `1 validation error detected: Value '[x86_64, arm64]' at 'architectures' ${F} Member must have length less than or equal to 1`,
  ],
  [
    "a wrong element reports the whole list and all that elements must satisfy",
    "CreateFunction",
    { ...FUNCTION, Architectures: ["X86_64"] },
    `1 validation error detected: Value '[X86_64]' at 'architectures' ${F} Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]`,
  ],
  [
    "subnets are reported at the list, without the not-null entry",
    "CreateFunction",
    { ...FUNCTION, VpcConfig: { SubnetIds: ["bad id"] } },
    `1 validation error detected: Value '[bad id]' at 'vpcConfig.subnetIds' ${F} Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]`,
  ],
  [
    "map values print as Java prints doubles",
    "CreateAlias",
    { FunctionName: "f", FunctionVersion: "1", Name: "a", RoutingConfig: { AdditionalVersionWeights: { "2": 2 } } },
    `1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' ${F} Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]`,
  ],
  [
    "map keys have a sentence of their own",
    "CreateAlias",
    {
      FunctionName: "f",
      FunctionVersion: "1",
      Name: "a",
      RoutingConfig: { AdditionalVersionWeights: { $LATEST: 0.5 } },
    },
    `1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' ${F} Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]`,
  ],
  [
    "enum values come in the front end's order: starting position",
    "CreateEventSourceMapping",
    { FunctionName: "f", StartingPosition: "invalid" },
    `1 validation error detected: Value 'invalid' at 'startingPosition' ${F} Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]`,
  ],
  [
    "enum values come in the front end's order: invoke mode",
    "CreateFunctionUrlConfig",
    { FunctionName: "f", AuthType: "NONE", InvokeMode: "UNKNOWN" },
    `1 validation error detected: Value 'UNKNOWN' at 'invokeMode' ${F} Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]`,
  ],
  [
    "nested paths are joined by dots",
    "CreateFunction",
    { ...FUNCTION, SnapStart: { ApplyOn: "invalid" } },
    `1 validation error detected: Value 'invalid' at 'snapStart.applyOn' ${F} Member must satisfy enum value set: [PublishedVersions, None]`,
  ],
  [
    "a version filter knows one value",
    "ListFunctions",
    { FunctionVersion: "invalid" },
    `1 validation error detected: Value 'invalid' at 'functionVersion' ${F} Member must satisfy enum value set: [ALL]`,
  ],
  [
    "a function URL's qualifier is an alias",
    "CreateFunctionUrlConfig",
    { FunctionName: "f", AuthType: "NONE", Qualifier: "1" },
    String.raw`1 validation error detected: Value '1' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)`,
  ],
  [
    "a statement id without dots",
    "AddPermission",
    { FunctionName: "f", StatementId: "example.com", Action: "lambda:InvokeFunction", Principal: "*" },
    `1 validation error detected: Value 'example.com' at 'statementId' ${F} Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)`,
  ],
  [
    "an unknown runtime is not the framework's business",
    "CreateFunction",
    { ...FUNCTION, Runtime: "cobol" },
    undefined,
  ],
];

for (const [title, operation, input, expected] of lambdaCases) {
  test(`Lambda ${operation}: ${title}`, async () => {
    assert.equal(await inLambda(operation, input), expected);
  });
}

test("violations of several fields are counted and joined in the model's order", async () => {
  const message = await inLambda("PublishLayerVersion", {
    LayerName: "l",
    Content: {},
    CompatibleRuntimes: ["invalidruntime"],
    CompatibleArchitectures: ["invalidarch"],
  });
  assert.match(
    message ?? "",
    /^2 validation errors detected: Value '\[invalidruntime\]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: \[nodejs.*\]; Value '\[invalidarch\]' at 'compatibleArchitectures' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[x86_64, arm64\], Member must not be null\]$/,
  );
});

test("a field that breaks length and pattern is reported twice", async () => {
  const message = await inLambda("CreateAlias", { FunctionName: "f", FunctionVersion: "1", Name: "?".repeat(129) });
  assert.match(
    message ?? "",
    /^2 validation errors detected: .* at 'name' .*length less than or equal to 128; .* at 'name' .*pattern/,
  );
});

test("a sensitive value never appears in the message", async () => {
  const message = await inLambda("CreateFunction", { ...FUNCTION, Environment: { Variables: { "1BAD": "hunter2" } } });
  assert.match(
    message ?? "",
    /^1 validation error detected: Value at 'environment\.variables' .* Map keys must satisfy constraint: \[/,
  );
  assert.doesNotMatch(message ?? "", /hunter2/);
});

test("a fraction is no integer", async () => {
  await assert.rejects(inLambda("CreateFunction", { ...FUNCTION, Timeout: 1.5 }), { code: "SerializationException" });
});

test("structures inside a list are reported by their place in it", async () => {
  const message = await messageFor("dynamodb", dynamodb, "CreateTable", {
    TableName: "table",
    AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }, { AttributeType: "S" }],
    KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
  });
  assert.equal(
    message,
    `1 validation error detected: Value null at 'attributeDefinitions.2.member.attributeName' ${F} Member must not be null`,
  );
});

test("a number over its maximum prints both", async () => {
  const message = await messageFor("logs", logs, "GetLogEvents", { logStreamName: "s", limit: 10_001 });
  assert.equal(
    message,
    `1 validation error detected: Value '10001' at 'limit' ${F} Member must have value less than or equal to 10000`,
  );
});

test("every pattern of every table compiles, and none is slow on hostile text", async () => {
  const hostile = [
    "a".repeat(20_000),
    `${"a-".repeat(10_000)}!`,
    `${"/".repeat(20_000)}\u0000`,
    "$.a".repeat(7_000),
    " ".repeat(20_000),
  ];
  const tables = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"));
  assert.ok(tables.length > 10);
  for (const model of tables.map((name) => name.slice(0, -".json".length))) {
    const table = await loadConstraintTable(model);
    const patterns = new Set(Object.values(table?.shapes ?? {}).flatMap(({ pattern }) => pattern ?? []));
    for (const pattern of patterns) {
      const matches = compilePattern(pattern);
      const started = performance.now();
      for (const text of hostile) matches(text);
      const elapsedMs = performance.now() - started;
      assert.ok(elapsedMs < 2_000, `${model}: ${pattern} took ${elapsedMs} ms`);
    }
  }
});
