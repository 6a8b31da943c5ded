/** Which signatures are in order under a configuration, in time and out of it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { lineLog, noMetrics, systemRandom } from "../../base/index.ts";
import { type TestClock, testClock, testServer, testStore } from "../../services/kit/testing.ts";
import { type SignerClient, signerService } from "../../services/signer/index.ts";
import { testCall } from "../../wire/testing/call.ts";
import { admit } from "./admission.ts";
import type { CodeSigningRecord, PackageSignature } from "./records.ts";

const NOW = Date.UTC(2026, 4, 1);
const PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/0123456789";
const SIGNED: PackageSignature = {
  profileVersionArn: PROFILE,
  jobArn: "arn:aws:signer:us-east-1:000000000000:/signing-jobs/01234567-89ab-cdef-0123-456789abcdef",
  signedMs: NOW - 1000,
  expiresMs: NOW + 1,
  standing: "vouched",
  certificateHashes: ["00"],
};
const CONFIG: CodeSigningRecord = {
  id: "csc-00123456789abcdef",
  accountId: "000000000000",
  region: "us-east-1",
  publishers: [PROFILE],
  policy: "Enforce",
  lastModified: "",
  tags: {},
};

describe("admission", () => {
  const stack = new AsyncDisposableStack();
  let clock: TestClock;
  const lines: string[] = [];
  let plane: Parameters<typeof admit>[0];

  before(async () => {
    clock = testClock(NOW);
    const store = stack.use(await testStore(clock));
    const service = signerService({ store, clock, random: systemRandom, s3: () => undefined });
    const server = stack.use(await testServer([service]));
    plane = {
      clock,
      log: lineLog("warn", (line) => void lines.push(line)),
      metrics: noMetrics,
      signer: (caller) => server.wire.client<SignerClient>("signer", caller),
    };
  });
  after(() => stack.disposeAsync());

  const admitted = (signature: PackageSignature | undefined, config = CONFIG, given = plane): Promise<void> =>
    admit(given, testCall(), config, { functionName: "f", named: "f", packages: [signature] });

  it("a signature is in order until the moment at which it expires", async () => {
    await admitted(SIGNED);
    await assert.rejects(admitted({ ...SIGNED, expiresMs: NOW }), { name: "CodeVerificationFailedException" });
  });

  it("nobody is allowed who is not named, vouched for and asked about", async () => {
    const refused = { name: "CodeVerificationFailedException" };
    await assert.rejects(admitted(undefined), refused);
    await assert.rejects(admitted({ ...SIGNED, standing: "stranger" }), refused);
    await assert.rejects(admitted({ ...SIGNED, profileVersionArn: `${PROFILE}0` }), refused);
    await assert.rejects(admitted(SIGNED, CONFIG, { ...plane, signer: undefined }), refused);
  });

  it("under Warn everybody is let in, and the log says why that is a warning", async () => {
    await admitted({ ...SIGNED, expiresMs: NOW - 1 }, { ...CONFIG, policy: "Warn" });
    assert.match(lines.join(), /its signature has expired/);
  });
});
