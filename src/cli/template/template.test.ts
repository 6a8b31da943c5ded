/** Templates without a server: how they are read, what CloudFormation's functions give, and what SAM's resources stand for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "../../base/index.ts";
import { differencesIn } from "./differences.ts";
import { parseTemplate } from "./document.ts";
import { evaluate, type Scope } from "./intrinsics.ts";
import { objectOf } from "./json.ts";
import { modelOf } from "./model.ts";
import { inOrder } from "./order.ts";
import { readParameters } from "./parameters.ts";

const PLACE = { region: "eu-west-1", account: "111122223333", stack: "shop" };
const SCOPE: Scope = {
  mappings: { Sizes: { dev: { Memory: 128 } } },
  parameter: (name) => ({ Stage: "dev", "AWS::Region": "eu-west-1" })[name],
  condition: (name) => name === "Yes",
  resource: (id, attribute) => (id === "Made" ? `made${attribute ?? ""}` : undefined),
};

const cases: readonly (readonly [yaml: string, value: JsonValue | undefined])[] = [
  ["!Ref Stage", "dev"],
  ["!Ref Made", "made"],
  ["!Ref Later", { Ref: "Later" }],
  ["[a, !Ref AWS::NoValue]", ["a"]],
  ["!GetAtt Made.Arn", "madeArn"],
  ["!GetAtt Later.Outputs.Url", { "Fn::GetAtt": ["Later", "Outputs.Url"] }],
  [`!Sub "\${Stage}-\${Made.Arn}-\${!Literal}"`, `dev-madeArn-$\{Literal}`],
  [`!Sub ["\${A}/\${Stage}", { A: !Ref Made }]`, "made/dev"],
  [`!Sub "x-\${Later}"`, { "Fn::Join": ["", ["x-", { Ref: "Later" }, ""]] }],
  [`!Join ["-", [a, !Ref Stage, 3]]`, "a-dev-3"],
  [`!Select [1, !Split [",", "a,b,c"]]`, "b"],
  ["!FindInMap [Sizes, !Ref Stage, Memory]", 128],
  ["!If [Yes, 1, 2]", 1],
  ["!If [No, 1, !Ref AWS::NoValue]", undefined],
  [`!Equals [!Ref Stage, "dev"]`, true],
  [`!And [!Equals [1, "1"], !Not [{ Condition: No }]]`, true],
  ["!Or [{ Condition: No }, { Condition: No }]", false],
  ["!Base64 hello", "aGVsbG8="],
  ["012345678901", "012345678901"],
  ["2012-10-17", "2012-10-17"],
];

for (const [yaml, expected] of cases) {
  test(`${yaml} gives ${JSON.stringify(expected)}`, async () => {
    const template = await parseTemplate(`Resources:\n  R: { Type: T, Properties: { P: ${yaml} } }`, "t.yaml");
    const properties = objectOf(objectOf(template.resources["R"])["Properties"]);
    assert.deepEqual(evaluate(properties["P"] ?? null, SCOPE), expected);
  });
}

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ["an import of another stack", "P: !ImportValue x", /Fn::ImportValue .* not supported/],
  ["Cidr", "P: !Cidr [a, 1, 2]", /Fn::Cidr is not supported/],
  ["an unknown pseudo parameter", "P: !Ref AWS::Nothing", /no pseudo parameter/],
  ["a map that is not there", "P: !FindInMap [Sizes, prod, Memory]", /no Sizes\.prod\.Memory/],
  ["a dynamic reference", `P: "{{resolve:ssm:x}}"`, /dynamic reference/],
];

for (const [what, line, message] of wrong) {
  test(`${what} is refused in one sentence`, async () => {
    const template = await parseTemplate(`Resources:\n  R: { Type: T, Properties: { ${line} } }`, "t.yaml");
    assert.throws(() => evaluate(objectOf(template.resources["R"])["Properties"] ?? null, SCOPE), message);
  });
}

test("what is no template is refused, with its line where it has one", async () => {
  await assert.rejects(parseTemplate("Resources:\n  A: [", "t.yaml"), /t\.yaml is not YAML: .* line 2/);
  await assert.rejects(parseTemplate("{ not json", "t.json"), /t\.json is not JSON/);
  await assert.rejects(parseTemplate("Resources: { R: { Type: T, P: !lower x } }", "t.yaml"), /t\.yaml:1 .*!lower/);
  await assert.rejects(parseTemplate("Resource: {}", "t.yaml"), /section Resource/);
});

test("parameters are given, defaulted and checked, and all that are missing are named at once", () => {
  const declared = { A: { Type: "String" }, B: { Type: "Number", Default: 1, MaxValue: 5 }, C: { Type: "String" } };
  assert.throws(() => readParameters(declared, []), /needs A, C/);
  assert.throws(() => readParameters(declared, ["A=1", "C=2", "B=6"]), /MaxValue is 5/);
  assert.throws(() => readParameters(declared, ["X=1"]), /no parameter X/);
  assert.throws(() => readParameters({ S: { Type: "String", AllowedValues: ["a"] } }, ["S=b"]), /may be a/);
  assert.deepEqual(
    [...readParameters(declared, ["A=1", "C=x=y"]).values],
    [
      ["A", "1"],
      ["B", "1"],
      ["C", "x=y"],
    ],
  );
  assert.deepEqual(readParameters({ S: { Type: "String", NoEcho: true } }, ["S=key"]).secrets, ["key"]);
});

const SAM = `
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Timeout: 3, Environment: { Variables: { A: a } } } }
Resources:
  HelloWorldFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: hello-world/
      Handler: app.lambdaHandler
      Runtime: nodejs24.x
      Architectures: [x86_64]
      Environment: { Variables: { B: b } }
      AutoPublishAlias: live
      Policies: [AmazonS3ReadOnlyAccess, SQSPollerPolicy: { QueueName: !GetAtt Jobs.QueueName }]
      Surprise: 1
      Events:
        HelloWorld: { Type: Api, Properties: { Path: /hello, Method: get } }
        Work: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn, BatchSize: 5 } }
  Jobs: { Type: AWS::SQS::Queue }
Outputs:
  Api: { Value: !Sub "https://\${ServerlessRestApi}.execute-api.\${AWS::Region}.amazonaws.com/Prod/hello/" }
`;

async function samModel(notices: string[]) {
  return modelOf(await parseTemplate(SAM, "t.yaml"), {
    parameters: readParameters({}, []),
    place: PLACE,
    isDeployed: (type) => /^AWS::(Lambda|IAM)::/.test(type),
    managedPolicy: (name) => `arn:aws:iam::aws:policy/${name}`,
    notice: (text) => notices.push(text),
  });
}

test("a function of sam init becomes function, role, version, alias and mapping; its API and what is unknown are noticed", async () => {
  const notices: string[] = [];
  const model = await samModel(notices);
  assert.deepEqual(
    model.resources.map(({ id, type }) => `${id} ${type}`),
    [
      "HelloWorldFunctionRole AWS::IAM::Role",
      "HelloWorldFunction AWS::Lambda::Function",
      "HelloWorldFunctionVersion AWS::Lambda::Version",
      "HelloWorldFunctionAliaslive AWS::Lambda::Alias",
      "HelloWorldFunctionWork AWS::Lambda::EventSourceMapping",
    ],
  );
  assert.deepEqual([...model.absent.keys()], ["Jobs"]);
  assert.match(
    notices.join("\n"),
    /Surprise has no effect: it is not known\n.*event HelloWorld \(Api\) is not deployed/,
  );
  const environment = model.resources[1]?.properties["Environment"];
  assert.deepEqual(environment, { Variables: { A: "a", B: "b" } });
  const role = JSON.stringify(model.resources[0]?.properties);
  for (const part of ["AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole", "AmazonS3ReadOnlyAccess"]) {
    assert.ok(role.includes(part), part);
  }
  assert.match(role, /sqs:DeleteMessage/);
});

test("reading the same template again gives the same resources in the same order", async () => {
  assert.deepEqual(await samModel([]), await samModel([]));
});

test("resources come after all that they refer to, and a circle is named", () => {
  const resource = (id: string, needs: readonly string[]) => ({
    id,
    type: "T",
    properties: { needs: needs.map((need) => ({ Ref: need })) },
    dependsOn: [],
    retain: false,
  });
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { maxLength: 20 }), (rows) => {
      const all = rows.map((needs, at) =>
        resource(
          `R${at}`,
          needs.filter((need) => need < at).map((need) => `R${need}`),
        ),
      );
      const ordered = inOrder(all.toReversed(), new Map()).map(({ id }) => id);
      assert.equal(ordered.length, all.length);
      for (const { id, properties } of all) {
        for (const { Ref } of properties.needs) assert.ok(ordered.indexOf(Ref) < ordered.indexOf(id));
      }
    }),
  );
  assert.throws(() => inOrder([resource("A", ["B"]), resource("B", ["A"])], new Map()), /A → B → A/);
});

test("differences are those of the template, and exact properties may not have more", () => {
  const has = { A: 1, Log: { Format: "Text", Group: "g" }, Env: { X: "1", Y: "2" } };
  assert.deepEqual(differencesIn({ A: "1", Log: { Format: "Text" }, Empty: [] }, has, []), []);
  assert.deepEqual(differencesIn({ Env: { X: "3" } }, has, ["Env"]), [
    { path: "Env.X", from: "1", to: "3" },
    { path: "Env.Y", from: "2", to: undefined },
  ]);
});
