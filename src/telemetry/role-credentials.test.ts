/** Credentials of functions' roles, from the real STS in this process. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemRandom } from "../base/index.ts";
import type { CredentialsProvider, FunctionVersion } from "../environments/index.ts";
import { type TestClock, testClock, testServer, testStore } from "../services/kit/testing.ts";
import { createSessionResolver, type SessionResolver, type StsClient, stsService } from "../services/sts/index.ts";
import { roleCredentials } from "./index.ts";

const NOW = Date.UTC(2026, 4, 1, 12);
const HOUR_MS = 3_600_000;

describe("role credentials", () => {
  const stack = new AsyncDisposableStack();
  let clock: TestClock;
  let credentialsOf: CredentialsProvider;
  let resolve: SessionResolver;

  before(async () => {
    clock = testClock(NOW);
    const ports = { store: stack.use(await testStore(clock)), clock, random: systemRandom };
    const { wire } = stack.use(await testServer([stsService(ports)]));
    credentialsOf = roleCredentials({ clock, stsClient: (identity) => wire.client<StsClient>("sts", identity) });
    resolve = createSessionResolver(ports);
  });
  after(() => stack.disposeAsync());

  function version(functionName: string): FunctionVersion {
    return {
      accountId: "000000000000",
      region: "us-east-1",
      functionName,
      version: "$LATEST",
      functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
      revisionId: "1",
      runtime: "nodejs24.x",
      handler: "index.handler",
      architecture: "x86_64",
      code: { kind: "folder", path: "/nowhere" },
      layers: [],
      variables: {},
      memoryMb: 128,
      timeoutMs: 3000,
      ephemeralStorageMb: 512,
      roleArn: "arn:aws:iam::000000000000:role/worker",
      logging: { format: "Text", group: "/aws/lambda/f", applicationLevel: "INFO", systemLevel: "INFO" },
      runtimeVersionArn: "arn:aws:lambda:us-east-1::runtime:current",
      tracingMode: "PassThrough",
    };
  }

  it("stand for the role, with the function's name as the session", async () => {
    const { accessKeyId, sessionToken } = await credentialsOf(version("resize"));
    const resolved = await resolve(accessKeyId, sessionToken);
    assert.equal(resolved?.principal.arn, "arn:aws:sts::000000000000:assumed-role/worker/resize");
  });

  it("are shared by a function's environments until too little of their life is left", async () => {
    const [first, second] = await Promise.all([credentialsOf(version("shared")), credentialsOf(version("shared"))]);
    assert.equal(first.accessKeyId, second.accessKeyId);
    assert.notEqual((await credentialsOf(version("other"))).accessKeyId, first.accessKeyId);
    clock.set(NOW + 3 * HOUR_MS);
    assert.equal((await credentialsOf(version("shared"))).accessKeyId, first.accessKeyId);
    clock.set(NOW + 5 * HOUR_MS);
    assert.notEqual((await credentialsOf(version("shared"))).accessKeyId, first.accessKeyId);
    clock.set(NOW);
  });

  it("are asked for again after a refusal", async () => {
    const bad = { ...version("refused"), roleArn: "nonsense" };
    await assert.rejects(credentialsOf(bad), { message: "nonsense is invalid" });
    await assert.rejects(credentialsOf(bad), { message: "nonsense is invalid" });
  });
});
