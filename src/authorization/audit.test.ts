/** Auditing: everything is served, and what enforcing would refuse is told once, with the statement that would allow it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AUTHORIZATION_LIMITS } from "./limits.ts";
import { policiesFor } from "./statements.ts";
import { ACCOUNT, allow, deny, openHouse, type Person, send, signed } from "./testing/house.ts";

const ADA: Person = {
  key: { accessKeyId: "AKIAADA", secretAccessKey: "ada's secret" },
  arn: `arn:aws:iam::${ACCOUNT}:user/ada`,
  allows: [allow("lambda:ListFunctions")],
};
const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;

test("what a user may not is served, told once, and kept with its statement", async () => {
  await using house = await openHouse({ mode: "audit", people: [ADA] });
  const ask = async (path: string, method = "GET"): Promise<void> => {
    const { status } = await send(house.server, await signed(house.server, { key: ADA.key, method, path }));
    assert.equal(status < 300, true);
  };
  await ask("/2015-03-31/functions/");
  assert.deepEqual(house.gate.audit.findings(), []);
  for (let time = 0; time < 3; time++) await ask("/2015-03-31/functions/alpha");
  await ask("/2015-03-31/functions/alpha", "DELETE");
  await ask("/2015-03-31/functions/beta");
  const [finding] = house.gate.audit.findings();
  assert.deepEqual(
    [finding?.principal, finding?.action, finding?.resource, finding?.code, finding?.missing, finding?.count],
    [ADA.arn, "lambda:GetFunction", functionArn("alpha"), "AccessDeniedException", ["identity"], 3],
  );
  assert.deepEqual(finding?.statement, {
    Effect: "Allow",
    Action: "lambda:GetFunction",
    Resource: functionArn("alpha"),
  });
  assert.equal(house.log.length, 3);
  assert.match(
    house.log[0] ?? "",
    /would be refused: User: .* because no identity-based policy allows .*missing=identity statement=\{"Effect":"Allow"/,
  );
  assert.deepEqual(policiesFor(house.gate.audit.findings()), [
    {
      principal: ADA.arn,
      kind: "identity",
      document: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: ["lambda:DeleteFunction", "lambda:GetFunction"], Resource: functionArn("alpha") },
          { Effect: "Allow", Action: "lambda:GetFunction", Resource: functionArn("beta") },
        ],
      },
    },
  ]);
});

test("a denial that no statement lifts has none", async () => {
  await using house = await openHouse({ mode: "audit", people: [{ ...ADA, allows: [deny("lambda:*")] }] });
  await send(house.server, await signed(house.server, { key: ADA.key }));
  const [finding] = house.gate.audit.findings();
  assert.deepEqual([finding?.missing, finding?.statement], [[], undefined]);
  assert.deepEqual(policiesFor(house.gate.audit.findings()), []);
});

test("who is not proven is served in the account of the key, and told of by the key", async () => {
  await using house = await openHouse({ mode: "audit", people: [ADA] });
  const key = { accessKeyId: "444455556666", secretAccessKey: "anything" };
  const sent = await signed(house.server, { key });
  assert.equal((await send(house.server, sent)).status, 200);
  assert.equal(house.served[0]?.principal.accountId, "444455556666");
  const forged = await signed(house.server, { key: { ...ADA.key, secretAccessKey: "wrong" } });
  assert.equal((await send(house.server, forged)).status, 200);
  assert.equal((await send(house.server, { ...forged, headers: { host: "127.0.0.1" } })).status, 200);
  const unproven = house.gate.audit.findings().filter(({ action }) => action === undefined);
  assert.deepEqual(
    unproven.map(({ principal, code }) => [principal, code]),
    [
      ["access key 444455556666", "UnrecognizedClientException"],
      ["access key AKIAADA", "InvalidSignatureException"],
      ["anonymous", "MissingAuthenticationTokenException"],
    ],
  );
});

test("a changed body is told of and served", async () => {
  await using house = await openHouse({ mode: "audit", people: [{ ...ADA, allows: [allow("*")] }] });
  const path = "/2015-03-31/functions/alpha/invocations";
  const sent = await signed(house.server, { key: ADA.key, method: "POST", path, body: "1" });
  assert.equal((await send(house.server, { ...sent, body: "2" })).text, "2");
  assert.equal(house.gate.audit.findings()[0]?.code, "InvalidSignatureException");
});

test("memory is bounded, whatever is refused", async () => {
  await using house = await openHouse({ mode: "audit", people: [] });
  const refusal = { code: "AccessDenied", message: "x".repeat(10_000) };
  for (let at = 0; at < AUTHORIZATION_LIMITS.findingsMax + 10; at++)
    house.gate.audit.other(`p${at}`, "r".repeat(5000), refusal);
  const findings = house.gate.audit.findings();
  assert.equal(findings.length, AUTHORIZATION_LIMITS.findingsMax);
  assert.equal(findings[0]?.principal, "p10");
  assert.ok(findings.every(({ resource, message }) => (resource?.length ?? 0) <= 2048 && message.length <= 2048));
});
