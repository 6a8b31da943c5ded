/** Signatures as AWS's own SDKs make them, and every way in which one can be wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { isProblem, readSignature, type SignatureProblem, type SignedRequest, verifySignature } from "./index.ts";

const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const NOW = Date.parse("2026-01-31T12:00:00Z");
const HOST = "id.lambda-url.us-east-1.localhost:4566";
const BODY = Buffer.from('{"a":1}');

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
  readonly at?: number;
  readonly expiresIn?: number;
  readonly sessionToken?: string;
}

const signerOf = (asked: Asked): SignatureV4 =>
  new SignatureV4({
    credentials: { ...KEY, ...(asked.sessionToken !== undefined && { sessionToken: asked.sessionToken }) },
    region: "us-east-1",
    service: "lambda",
    sha256: Sha256,
  });

function rawQueryOf(query: Readonly<Record<string, string | readonly string[] | null>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one ?? ""]));
  return pairs.map(([name = "", value = ""]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
}

/** The request as the server gets it. */
async function signed(asked: Asked): Promise<SignedRequest> {
  const { method = "POST", path = "/", query = {}, headers = {}, body = BODY, at = NOW, expiresIn } = asked;
  const request = {
    method,
    protocol: "http:",
    hostname: HOST,
    path,
    query,
    headers: { host: HOST, ...headers },
    body: expiresIn === undefined ? body : "",
  };
  const signingDate = new Date(at);
  const signer = signerOf(asked);
  const done =
    expiresIn === undefined
      ? await signer.sign(request, { signingDate })
      : await signer.presign(request, { signingDate, expiresIn });
  const sent = Object.fromEntries(Object.entries(done.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method,
    path,
    rawQuery: rawQueryOf(done.query ?? {}),
    headers: sent,
    body: expiresIn === undefined ? body : Buffer.alloc(0),
  };
}

async function check(
  request: SignedRequest,
  secretAccessKey: string | null = KEY.secretAccessKey,
  now: number = NOW,
): Promise<SignatureProblem | undefined> {
  const claim = readSignature(request);
  assert.ok(claim !== undefined);
  if (isProblem(claim)) return claim;
  return verifySignature(claim, request, {
    services: ["lambda"],
    region: "us-east-1",
    secretAccessKey: secretAccessKey ?? undefined,
    now,
    skewMinutes: 5,
  });
}

const holding: Readonly<Record<string, Asked>> = {
  "with a body": {},
  "without a body": { method: "GET", body: Buffer.alloc(0) },
  "with a query of every kind of character": { query: { "a b": "c+d", q: ["2", "1"], ä: "/?&=%", empty: "" } },
  "with a path of escapes and dots": { path: "/a%20b/%C3%A4/../c//d%2Fe/" },
  "with headers with spaces": { headers: { "x-one": "  a   b ", "content-type": "text/plain" } },
  "with a session token": { sessionToken: "token/+=" },
  "in a presigned URL": { method: "GET", expiresIn: 3600, query: { q: "a b" } },
  "in a presigned URL with a session token": { method: "GET", expiresIn: 60, sessionToken: "token/+=" },
};

for (const [title, asked] of Object.entries(holding)) {
  test(`a signature ${title} holds, and not with another secret`, async () => {
    const request = await signed(asked);
    assert.equal(await check(request), undefined);
    assert.equal((await check(request, "another"))?.code, "InvalidSignatureException");
  });
}

test("the example of AWS's documentation holds", async () => {
  const headers = {
    host: "iam.amazonaws.com",
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    "x-amz-date": "20150830T123600Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  };
  const request = {
    method: "GET",
    path: "/",
    rawQuery: "Action=ListUsers&Version=2010-05-08",
    headers,
    body: Buffer.alloc(0),
  };
  const claim = readSignature(request);
  assert.ok(claim !== undefined && !isProblem(claim));
  const expectation = {
    services: ["iam"],
    region: "us-east-1",
    now: Date.parse("2015-08-30T12:40:00Z"),
    skewMinutes: 15,
  };
  assert.equal(
    await verifySignature(claim, request, { ...expectation, secretAccessKey: KEY.secretAccessKey }),
    undefined,
  );
});

test("anything that was changed after signing is noticed", async () => {
  const request = await signed({ query: { q: "1" }, headers: { "x-one": "a" } });
  const changed: readonly SignedRequest[] = [
    { ...request, method: "PUT" },
    { ...request, path: "/other" },
    { ...request, rawQuery: "q=2" },
    { ...request, body: Buffer.from("{}") },
    { ...request, headers: { ...request.headers, "x-one": "b" } },
    { ...request, headers: { ...request.headers, host: "other" } },
    { ...request, headers: { ...request.headers, "x-one": undefined } },
  ];
  for (const one of changed)
    assert.match((await check(one))?.message ?? "", /does not match the signature you provided/);
});

test("a body is compared with its stated hash even where the key is not known", async () => {
  const request = await signed({});
  assert.equal(await check(request, null), undefined);
  const claim = readSignature(request);
  assert.ok(claim !== undefined && !isProblem(claim));
  const unknown = { services: ["lambda"], region: "us-east-1", secretAccessKey: undefined, now: NOW, skewMinutes: 5 };
  assert.equal(await verifySignature(claim, request, unknown), undefined);
  const other = { ...request, body: Buffer.from("x") };
  assert.equal((await verifySignature(claim, other, unknown))?.code, "InvalidSignatureException");
});

test("a signature of another time is refused with both times", async () => {
  const old = await signed({ at: NOW - 6 * 60_000 });
  assert.equal(
    (await check(old))?.message,
    "Signature expired: 20260131T115400Z is now earlier than 20260131T115500Z (20260131T120000Z - 5 min.)",
  );
  const early = await signed({ at: NOW + 6 * 60_000 });
  assert.match((await check(early))?.message ?? "", /^Signature not yet current: 20260131T120600Z is still later than/);
  assert.equal(await check(await signed({ at: NOW - 4 * 60_000 })), undefined);
  const presigned = await signed({ method: "GET", expiresIn: 60 });
  assert.equal(await check(presigned, null, NOW + 59_000), undefined);
  assert.match((await check(presigned, null, NOW + 61_000))?.message ?? "", /^Signature expired/);
});

test("a signature for another service, region or day is refused by name", async () => {
  const request = await signed({});
  const claim = readSignature(request);
  assert.ok(claim !== undefined && !isProblem(claim));
  const messageOf = async (changed: Partial<typeof claim>): Promise<string | undefined> =>
    (
      await verifySignature({ ...claim, ...changed }, request, {
        services: ["lambda"],
        region: "us-east-1",
        secretAccessKey: undefined,
        now: NOW,
        skewMinutes: 5,
      })
    )?.message;
  assert.match((await messageOf({ service: "s3" })) ?? "", /correct service: 'lambda'/);
  assert.match((await messageOf({ region: "eu-west-1" })) ?? "", /valid region, not 'eu-west-1'/);
  assert.match((await messageOf({ date: "20260130" })) ?? "", /Date in Credential scope does not match/);
});

test("a signature must cover the host", async () => {
  const request = await signed({});
  const { authorization = "" } = request.headers;
  const headers = { ...request.headers, authorization: authorization.replace("host;", "") };
  assert.equal((await check({ ...request, headers }, null))?.code, "InvalidSignatureException");
});

test("a signature that names headers which no request has is wrong, whatever else has such a name", async () => {
  const request = await signed({});
  const { authorization = "" } = request.headers;
  for (const name of ["x-absent", "constructor", "__proto__", "tostring", "hasownproperty", ""]) {
    const headers = { ...request.headers, authorization: authorization.replace("host;", `host;${name};`) };
    assert.equal((await check({ ...request, headers }))?.code, "InvalidSignatureException", name);
  }
});

const incomplete: readonly (readonly [title: string, authorization: string])[] = [
  ["no signature", "AWS4-HMAC-SHA256 Credential=A/20260131/us-east-1/lambda/aws4_request, SignedHeaders=host"],
  ["no credential", `AWS4-HMAC-SHA256 SignedHeaders=host, Signature=${"0".repeat(64)}`],
  ["a short scope", `AWS4-HMAC-SHA256 Credential=A/lambda, SignedHeaders=host, Signature=${"0".repeat(64)}`],
  ["nothing", "AWS4-HMAC-SHA256"],
];

for (const [title, authorization] of incomplete) {
  test(`an authorization with ${title} is incomplete`, async () => {
    const headers = { host: HOST, "x-amz-date": "20260131T120000Z", authorization };
    const problem = await check({ method: "GET", path: "/", rawQuery: "", headers, body: Buffer.alloc(0) });
    assert.equal(problem?.code, "IncompleteSignatureException");
  });
}

test("a request without a signature claims none", () => {
  assert.equal(readSignature({ headers: {}, rawQuery: "" }), undefined);
  assert.equal(readSignature({ headers: { authorization: "Bearer x" }, rawQuery: "q=1" }), undefined);
});
