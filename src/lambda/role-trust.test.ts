/** Roles that Lambda may assume, and those that it may not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, ARN, Harness, ROLE } from "./testing/harness.ts";

const trust = (Service: string, more: object = {}): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole", ...more }],
  });
const ROLES: Readonly<Record<string, string>> = {
  [ROLE]: trust("lambda.amazonaws.com"),
  [`${ROLE}-other`]: trust("ec2.amazonaws.com"),
  [`${ROLE}-broken`]: "{",
  [`${ROLE}-mine`]: trust("lambda.amazonaws.com", { Condition: { ArnLike: { "aws:SourceArn": ARN("mine") } } }),
};
const REFUSED = {
  name: "InvalidParameterValueException",
  message: "The role defined for the function cannot be assumed by Lambda.",
};
const SOURCE = "export const handler = async () => 1;";

async function open(mustExist: boolean): Promise<Harness & { readonly missing: string[] }> {
  const missing: string[] = [];
  const roles = {
    trustOf: async (arn: string) => ROLES[arn],
    mustExist,
    missing: (role: string, functionArn: string) => void missing.push(`${role} ${functionArn}`),
  };
  return Object.assign(await Harness.open({ room: { roles } }), { missing });
}

for (const mustExist of [false, true]) {
  test(`a role that does not trust Lambda is refused, also where roles ${mustExist ? "must" : "need not"} exist`, async () => {
    await using house = await open(mustExist);
    for (const Role of [`${ROLE}-other`, `${ROLE}-broken`, `${ROLE}-mine`]) {
      await assert.rejects(house.create("f", SOURCE, { Role }), REFUSED, Role);
    }
    await house.create("f", SOURCE);
    await house.create("mine", SOURCE, { Role: `${ROLE}-mine` });
    const changed = house.call("UpdateFunctionConfiguration", { FunctionName: "f", Role: `${ROLE}-other` });
    await assert.rejects(changed, REFUSED);
  });
}

test("a role that does not exist is accepted and told of where it need not, and refused where it must", async () => {
  const Role = `arn:aws:iam::${ACCOUNT}:role/nobody`;
  await using lenient = await open(false);
  await lenient.create("f", SOURCE, { Role });
  assert.deepEqual(lenient.missing, [`${Role} ${ARN("f")}`]);
  await using strict = await open(true);
  await assert.rejects(strict.create("f", SOURCE, { Role }), REFUSED);
  const foreign = strict.create("f", SOURCE, { Role: "arn:aws:iam::999988887777:role/r" });
  await assert.rejects(foreign, { code: "AccessDeniedException", message: "Cross-account pass role is not allowed." });
});
