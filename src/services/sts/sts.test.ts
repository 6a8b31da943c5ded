/** Callers and temporary credentials, called as the wire calls them, over a real store. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemRandom } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import { type TestCaller, type TestClock, testCaller, testClock, testStore } from "../kit/testing.ts";
import { createSessionResolver, type SessionResolver, type StsClient, stsService } from "./index.ts";

const NOW = Date.UTC(2026, 4, 1, 12);
const ROLE_ARN = "arn:aws:iam::123456789012:role/service-role/worker";

describe("STS", () => {
  let store: Store;
  let clock: TestClock;
  let sts: TestCaller<StsClient>;
  let resolve: SessionResolver;

  before(async () => {
    clock = testClock(NOW);
    store = await testStore(clock);
    sts = await testCaller(stsService({ store, clock, random: systemRandom }));
    resolve = createSessionResolver({ store, clock, random: systemRandom });
  });
  after(() => store[Symbol.asyncDispose]());

  it("names the caller", async () => {
    const identity = await sts("GetCallerIdentity", {});
    assert.equal(identity.Account, "000000000000");
    assert.equal(identity.Arn, "arn:aws:iam::000000000000:user/lambent");
    assert.match(identity.UserId ?? "", /^AIDA[A-Z2-7]{17}$/);
  });

  it("assumes a role and resolves its credentials back to the session, until they expire", async () => {
    const { Credentials: credentials, AssumedRoleUser: user } = await sts("AssumeRole", {
      RoleArn: ROLE_ARN,
      RoleSessionName: "resize",
      DurationSeconds: 900,
    });
    assert.ok(credentials !== undefined);
    assert.equal(user?.Arn, "arn:aws:sts::123456789012:assumed-role/worker/resize");
    assert.match(user?.AssumedRoleId ?? "", /^AROA[A-Z2-7]{17}:resize$/);
    assert.match(credentials.AccessKeyId ?? "", /^ASIA[A-Z2-7]{16}$/);
    assert.equal(credentials.Expiration?.getTime(), NOW + 900_000);

    const { AccessKeyId: accessKeyId = "", SessionToken: token } = credentials;
    const resolved = await resolve(accessKeyId, token);
    assert.deepEqual(resolved?.principal, {
      kind: "assumed-role",
      accountId: "123456789012",
      arn: "arn:aws:sts::123456789012:assumed-role/worker/resize",
      accessKeyId,
    });
    assert.equal(resolved.secretAccessKey, credentials.SecretAccessKey);
    assert.equal(await resolve(accessKeyId, "another token"), undefined);
    assert.equal(await resolve(accessKeyId, undefined), undefined);
    assert.equal(await resolve("ASIAQAAAAAAAAAAAAAAA", token), undefined);

    const identity = await sts("GetCallerIdentity", {}, { principal: resolved.principal });
    assert.equal(identity.UserId, user?.AssumedRoleId);

    clock.set(NOW + 900_000);
    assert.equal(await resolve(accessKeyId, token), undefined);
    clock.set(NOW);
  });

  it("refuses what is not the ARN of a role, with AWS's words", async () => {
    for (const arn of ["nothing-valid-in-here", "arn:a::::something/test-role", "arn:aws:iam::123456789012:user/u"]) {
      await assert.rejects(sts("AssumeRole", { RoleArn: arn, RoleSessionName: "session" }), {
        code: "ValidationError",
        message: `${arn} is invalid`,
      });
    }
  });

  it("refuses doubled and unknown session tags", async () => {
    const assume = (Tags: { Key: string; Value: string }[], TransitiveTagKeys: string[] = []) =>
      sts("AssumeRole", { RoleArn: ROLE_ARN, RoleSessionName: "session", Tags, TransitiveTagKeys });
    const tag = (Key: string) => ({ Key, Value: "v" });
    await assert.rejects(assume([tag("Team"), tag("team")]), { code: "InvalidParameterValue" });
    await assert.rejects(assume([tag("Team")], ["other"]), {
      message: "The specified transitive tag key must be included in the requested tags.",
    });
  });

  it("gives a user session credentials that stay that user", async () => {
    const { Credentials: credentials } = await sts("GetSessionToken", {});
    const resolved = await resolve(credentials?.AccessKeyId ?? "", credentials?.SessionToken);
    assert.equal(resolved?.principal.arn, "arn:aws:iam::000000000000:user/lambent");
    assert.equal(credentials?.Expiration?.getTime(), NOW + 12 * 3_600_000);
  });

  it("reads the account out of an access key id", async () => {
    const { Credentials: credentials } = await sts("AssumeRole", { RoleArn: ROLE_ARN, RoleSessionName: "session" });
    const account = async (id: string) => (await sts("GetAccessKeyInfo", { AccessKeyId: id })).Account;
    assert.equal(await account(credentials?.AccessKeyId ?? ""), "123456789012");
    // An id of the real AWS, published with its account in an article on this form.
    assert.equal(await account("ASIAY34FZKBOKMUTVV7A"), "609629065308");
    assert.equal(await account("123456789012"), "123456789012");
    await assert.rejects(account("not-a-key-id-at-all"), { code: "ValidationError" });
  });
});
