/**
 * What AWS refuses, and its words: rows of condition, request, status, code and text. The casing of the message's member
 * and the presence of `Type` follow from the code, and are compared with every row.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { aliases } from "./refusals/aliases.ts";
import { asynchronous } from "./refusals/asynchronous.ts";
import { codeSigning } from "./refusals/code-signing.ts";
import { concurrency } from "./refusals/concurrency.ts";
import { crossAccount } from "./refusals/cross-account.ts";
import { functions } from "./refusals/functions.ts";
import { images } from "./refusals/images.ts";
import { invocations } from "./refusals/invocations.ts";
import { layers } from "./refusals/layers.ts";
import { managed } from "./refusals/managed.ts";
import { MAPPED, MAPPINGS, mappings } from "./refusals/mappings.ts";
import { names } from "./refusals/names.ts";
import { policies } from "./refusals/policies.ts";
import { provisioned } from "./refusals/provisioned.ts";
import { tags } from "./refusals/tags.ts";
import { urls } from "./refusals/urls.ts";
import { type House, openHouse, settled } from "./support/house.ts";
import { authorization } from "./support/raw.ts";
import { CODE, P, permit, UUID } from "./support/refusal.ts";

/** Codes whose model spells the member `Message`. The framework's own have no `Type`. */
const CAPITAL = new Set([
  "ResourceNotFoundException",
  "CodeSigningConfigNotFoundException",
  "ServiceException",
  "AccessDeniedException",
  "RequestEntityTooLargeException",
]);
const FRAMEWORK = new Set(["ValidationException", "AccessDeniedException", "RequestEntityTooLargeException"]);
/** Texts that AWS sends without `Type`, though their code is modelled. */
const UNTYPED =
  /^(\$LATEST is not supported for an alias|Specified (Reserved)?ConcurrentExecutions for| ReservedConcurrentExecutions |The Lambda code signing configuration )/;

let house: House;
before(async () => {
  house = await openHouse();
  const { send } = house;
  await house.create("here", { "index.mjs": "export const handler = async () => 1;" });
  await house.create("other", { "index.mjs": "export const handler = async () => 2;" });
  for (const [round, description] of ["one", "two"].entries()) {
    await send("PUT", `${P}/here/configuration`, { Description: description });
    await settled(send, "here");
    const published = await send("POST", `${P}/here/versions`, {});
    assert.equal(published.json["Version"], String(round + 1));
  }
  await send("POST", `${P}/here/aliases`, { Name: "live", FunctionVersion: "1" });
  await send("POST", `${P}/here/aliases`, { Name: "ahead", FunctionVersion: "2" });
  await house.create("tight", { "index.mjs": "export const handler = async () => 3;" });
  await send("POST", `${P}/tight/versions`, {});
  await send("PUT", "/2017-10-31/functions/tight/concurrency", { ReservedConcurrentExecutions: 1 });
  await send("POST", "/2021-10-31/functions/other/url", { AuthType: "NONE" });
  for (const qualifier of ["live", "2"]) {
    const path = `/2019-09-30/functions/here/provisioned-concurrency?Qualifier=${qualifier}`;
    const put = await send("PUT", path, { ProvisionedConcurrentExecutions: 1 });
    assert.equal(put.status, 202, put.text);
  }
  const added = await send(...permit({ StatementId: "taken" }));
  assert.equal(added.status, 201, added.text);
  for (let version = 1; version <= 2; version += 1) {
    const published = await send("POST", "/2018-10-31/layers/lay/versions", { Content: CODE });
    assert.equal(published.status, 201, published.text);
  }
  for (const source of MAPPED) {
    const mapped = await send("POST", MAPPINGS, { FunctionName: "here", ...source });
    assert.equal(mapped.status, 202, mapped.text);
  }
  const permission = { StatementId: "taken", Action: "lambda:GetLayerVersion", Principal: "*" };
  const permitted = await send("POST", "/2018-10-31/layers/lay/versions/1/policy", permission);
  assert.equal(permitted.status, 201, permitted.text);
});

after(() => house?.[Symbol.asyncDispose]());

const TABLES = {
  codeSigning,
  names,
  crossAccount,
  functions,
  aliases,
  policies,
  tags,
  layers,
  managed,
  mappings,
  asynchronous,
  concurrency,
  provisioned,
  urls,
  images,
  invocations,
};

for (const [table, rows] of Object.entries(TABLES)) {
  test(`${table}: every refusal has AWS's status, code and words`, async (t) => {
    for (const [when, request, status, name, text] of rows) {
      await t.test(when, async () => {
        const answer = await house.send(...request);
        const typed = !FRAMEWORK.has(name) && !UNTYPED.test(text);
        assert.equal(answer.headers["x-amzn-errortype"], name, answer.text);
        assert.equal(answer.status, status);
        assert.deepEqual(JSON.parse(answer.text.replace(/(?<=mapping with UUID )[0-9a-f-]{36}/, UUID)), {
          ...(typed && { Type: "User" }),
          [CAPITAL.has(name) ? "Message" : "message"]: text,
        });
        assert.match(answer.headers["x-amzn-requestid"] ?? "", /^[0-9a-f-]{36}$/);
      });
    }
  });
}

test("an operation that is not built names itself, and is no modelled error", async () => {
  const { status, headers, json } = await house.send(
    "POST",
    "/",
    {},
    {
      authorization: authorization("logs"),
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "Logs_20140328.CreateExportTask",
    },
  );
  assert.deepEqual([status, headers["x-amzn-errortype"]], [501, "NotImplementedException"]);
  assert.match(JSON.stringify(json), /CreateExportTask/);
});
