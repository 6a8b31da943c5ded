/** Which policies apply to whom, through the SDK client: what a session was limited by is never left out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { lineLog } from "../../base/index.ts";
import { openIamDirectory } from "./index.ts";
import { ALLOW_LIST, openIamHouse, TRUST } from "./testing/house.ts";

test("a session that is gone has none of its role's permissions, whatever outlived it", async () => {
  await using house = await openIamHouse();
  await house.iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: TRUST }));
  await house.iam.send(
    new PutRolePolicyCommand({ RoleName: "worker", PolicyName: "list", PolicyDocument: ALLOW_LIST }),
  );
  const log = lineLog("error", (line) => process.stderr.write(line));
  await using directory = await openIamDirectory({
    records: house.store.records,
    log,
    findSession: async () => undefined,
  });
  const arn = "arn:aws:sts::000000000000:assumed-role/worker/session";
  const session = { kind: "assumed-role", accountId: "000000000000", arn } as const;
  assert.equal((await directory.policiesOf(session))?.identity.length, 1);
  assert.equal(await directory.policiesOf({ ...session, accessKeyId: "ASIAQAAAAAAAAAAAAAAA" }), undefined);
});
