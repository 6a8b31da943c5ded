/**
 * What a decision costs: compiled policies with 100 statements, most of which speak of other things, against a request
 * that the last of them allows. The time is that of one decision after another in one process, median of rounds.
 */
import { decide, type Policy, type PolicyRequest, parsePolicy } from "../src/policy/index.ts";
import { report } from "./support/report.ts";
import { median } from "./support/stats.ts";

const ROUNDS = 40;
const DECISIONS = 500;
const ACCOUNT = "111122223333";
const ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:orders`;

const request: PolicyRequest = {
  principal: { kind: "user", accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/bob` },
  action: "lambda:InvokeFunction",
  resource: ARN,
  context: new Map([
    ["aws:sourceip", ["203.0.113.7"]],
    ["aws:currenttime", ["2026-01-01T00:00:00Z"]],
    ["aws:securetransport", ["true"]],
    ["aws:principaltag/team", ["red"]],
    ["aws:useragent", ["aws-sdk-js/3.900.0"]],
  ]),
};

const CONDITIONS = [
  { StringLike: { "aws:UserAgent": "aws-cli/*" } },
  { IpAddress: { "aws:SourceIp": ["198.51.100.0/24", "2001:db8::/32"] } },
  { DateGreaterThan: { "aws:CurrentTime": "2027-01-01T00:00:00Z" } },
  { StringEquals: { "aws:PrincipalTag/team": "blue" }, Bool: { "aws:SecureTransport": "true" } },
];

/** Statements that have to be read to their ends: the action and the resource are meant, the condition does not hold. */
const near = (index: number): object => ({
  Effect: index % 10 === 0 ? "Deny" : "Allow",
  Action: ["lambda:Invoke*", "lambda:Get*"],
  Resource: [`arn:aws:lambda:*:*:function:${"*"}`, `arn:aws:s3:::home/\${aws:username}/*`],
  Condition: CONDITIONS[index % CONDITIONS.length],
});

/** Statements as policies mostly have them: about other actions and resources. */
const far = (index: number): object => ({
  Effect: "Allow",
  Action: ["s3:GetObject", "dynamodb:Query", "lambda:*Layer*"],
  Resource: [
    `arn:aws:s3:::bucket-${index}/*`,
    `arn:aws:dynamodb:*:${ACCOUNT}:table/t${index}`,
    `arn:aws:lambda:*:*:layer:*:*`,
  ],
});

function policyOf(statement: (index: number) => object): Policy {
  const Statement = Array.from({ length: 99 }, (_, index) => statement(index));
  const allowing = { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: ARN };
  return parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: [...Statement, allowing] }), "identity");
}

/** Microseconds. */
function decisionTime(policy: Policy): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    for (let count = 0; count < DECISIONS; count += 1) {
      if (!decide(request, { identity: [policy] }).allowed) throw new Error("the last statement allows it");
    }
    rounds.push(((performance.now() - started) * 1000) / DECISIONS);
  }
  return median(rounds);
}

const figures = [
  { what: "a decision with 100 statements, all about the request", measured: decisionTime(policyOf(near)) },
  { what: "a decision with 100 statements, one about the request", measured: decisionTime(policyOf(far)) },
];

process.exitCode = report(
  "policy",
  figures.map((figure) => ({ ...figure, unit: "us", budget: { atMost: 50 } })),
)
  ? 0
  : 1;
