/** What infrastructure tools read of keys and aliases to find them unchanged. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as kms from "@aws-sdk/client-kms";
import { systemClock, systemRandom } from "../../base/index.ts";
import { testServer, testStore } from "../kit/testing.ts";
import { kmsService } from "./index.ts";

describe("KMS as infrastructure tools read it", () => {
  const stack = new AsyncDisposableStack();
  let client: kms.KMSClient;

  before(async () => {
    const store = stack.use(await testStore(systemClock));
    const server = stack.use(await testServer([kmsService({ store, clock: systemClock, random: systemRandom })]));
    client = stack.adopt(new kms.KMSClient(server.clientConfig), (made) => made.destroy());
  });
  after(() => stack.disposeAsync());

  it("ListAliases shows the aliases that AWS predefines, in pages, with a key once one was named", async () => {
    const target = async (name: string): Promise<string | undefined> => {
      const found: kms.AliasListEntry[] = [];
      for await (const page of kms.paginateListAliases({ client }, { Limit: 5 })) found.push(...(page.Aliases ?? []));
      const names = found.map(({ AliasName = "" }) => AliasName);
      assert.deepEqual(names, [...new Set(names)].sort());
      const alias = found.find(({ AliasName }) => AliasName === name);
      assert.ok(alias?.AliasArn?.endsWith(`:${name}`));
      return alias?.TargetKeyId;
    };
    assert.equal(await target("alias/aws/xray"), undefined);
    const { KeyMetadata: key } = await client.send(new kms.DescribeKeyCommand({ KeyId: "alias/aws/xray" }));
    assert.equal(await target("alias/aws/xray"), key?.KeyId);
  });

  it("GetKeyRotationStatus says of a key that cannot rotate that it does not", async () => {
    const created = await client.send(new kms.CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }));
    const KeyId = created.KeyMetadata?.KeyId;
    assert.equal((await client.send(new kms.GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled, false);
    await assert.rejects(client.send(new kms.EnableKeyRotationCommand({ KeyId })), {
      name: "UnsupportedOperationException",
    });
  });
});
