/** Signed requests that were changed on their way: each must be refused, and none may reach a handler. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, type Asked, type House, openHouse, type Person, type Sent, send, signed } from "./testing/house.ts";

const ROOT: Person = {
  key: { accessKeyId: "AKIAROOT", secretAccessKey: "root's secret" },
  arn: `arn:aws:iam::${ACCOUNT}:root`,
};
const ROLE: Person = {
  key: { accessKeyId: "ASIAROLE", secretAccessKey: "role's secret", sessionToken: "role's token" },
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/s`,
  allows: [],
};
const INVOKE: Asked = {
  key: ROOT.key,
  method: "POST",
  path: "/2015-03-31/functions/alpha/invocations",
  query: { Qualifier: "1" },
  headers: { "content-type": "application/json", "x-amz-invocation-type": "RequestResponse" },
  body: '{"a":1}',
};
const PUT: Asked = { key: ROOT.key, service: "s3", method: "PUT", path: "/b/k", body: "content" };

let house: House;
before(async () => {
  house = await openHouse({ people: [ROOT, ROLE] });
});
after(() => house[Symbol.asyncDispose]());

type Change = (sent: Sent) => Sent | readonly [sent: Sent, rawHeaders: readonly string[]];

const without = ({ headers }: Sent, ...names: readonly string[]): Sent["headers"] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())));
const raw = (headers: Sent["headers"]): string[] =>
  Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
const withAuthorization = (sent: Sent, change: (authorization: string) => string): Sent => {
  const { authorization = "", ...rest } = sent.headers;
  return { ...sent, headers: { ...rest, authorization: change(String(authorization)) } };
};

const changes: Readonly<Record<string, Change>> = {
  "another body": (sent) => ({ ...sent, body: '{"a":2}' }),
  "another body with its hash": (sent) => ({
    ...sent,
    body: "{}",
    headers: {
      ...sent.headers,
      "x-amz-content-sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    },
  }),
  "no hash and another body": (sent) => ({ ...sent, body: "{}", headers: without(sent, "x-amz-content-sha256") }),
  "a body that was left unsigned, which only S3 takes": (sent) => ({
    ...sent,
    body: "{}",
    headers: { ...sent.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  }),
  "a body in chunks that nobody signed": (sent) => ({
    ...sent,
    body: "2\r\n{}\r\n0\r\n\r\n",
    headers: { ...sent.headers, "content-encoding": "aws-chunked" },
  }),
  "another path": (sent) => ({ ...sent, path: "/2015-03-31/functions/other/invocations" }),
  "a path with a way back": (sent) => ({ ...sent, path: "/2015-03-31/functions/other/../alpha/invocations" }),
  "a path with an empty part": (sent) => ({ ...sent, path: "/2015-03-31/functions//alpha/invocations" }),
  "another method": (sent) => ({ ...sent, method: "PUT" }),
  "another query": (sent) => ({ ...sent, query: { Qualifier: "2" } }),
  "no query": (sent) => ({ ...sent, query: {} }),
  "more in the query": (sent) => ({ ...sent, query: { ...sent.query, Extra: "1" } }),
  "another host": (sent) => ({ ...sent, headers: { ...sent.headers, host: "lambda.us-east-1.localhost" } }),
  "another option": (sent) => ({ ...sent, headers: { ...sent.headers, "x-amz-invocation-type": "Event" } }),
  "a further option": (sent) => ({ ...sent, headers: { ...sent.headers, "x-amz-client-context": "e30=" } }),
  "an option left out": (sent) => ({ ...sent, headers: without(sent, "x-amz-invocation-type") }),
  "an option that is not signed any more": (sent) =>
    withAuthorization(sent, (text) => text.replace(";x-amz-invocation-type", "")),
  "a host that is not signed any more": (sent) => withAuthorization(sent, (text) => text.replace("host;", "")),
  "another time": (sent) => ({ ...sent, headers: { ...sent.headers, "x-amz-date": "20000101T000000Z" } }),
  "no time": (sent) => ({ ...sent, headers: without(sent, "x-amz-date") }),
  "another region": (sent) => withAuthorization(sent, (text) => text.replace("us-east-1", "eu-west-1")),
  "another service": (sent) => withAuthorization(sent, (text) => text.replace("/lambda/", "/sts/")),
  "another key": (sent) => withAuthorization(sent, (text) => text.replace("AKIAROOT", "ASIAROLE")),
  "the token of a session": (sent) => ({
    ...sent,
    headers: { ...sent.headers, "x-amz-security-token": "role's token" },
  }),
  "a signature in capitals": (sent) =>
    withAuthorization(sent, (text) => text.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase())),
  "half a signature": (sent) => withAuthorization(sent, (text) => text.slice(0, -32)),
  "no signature": (sent) => withAuthorization(sent, (text) => text.replace(/, Signature=.*/, "")),
  "no algorithm": (sent) => withAuthorization(sent, (text) => text.replace("AWS4-HMAC-SHA256", "AWS4-NONE")),
  "an algorithm named none": (sent) => withAuthorization(sent, (text) => text.replace("AWS4-HMAC-SHA256", "none")),
  "a signature of version 2": (sent) => ({ ...sent, headers: { ...sent.headers, authorization: "AWS AKIAROOT:c2ln" } }),
  "no authorization": (sent) => ({ ...sent, headers: without(sent, "authorization") }),
  "two authorizations": (sent) => [sent, [...raw(sent.headers), "Authorization", "AWS4-HMAC-SHA256 Credential=x"]],
  "two hosts": (sent) => [sent, [...raw(sent.headers), "Host", "other"]],
  "two times": (sent) => [sent, [...raw(sent.headers), "X-Amz-Date", "20000101T000000Z"]],
  "two options": (sent) => [sent, [...raw(sent.headers), "X-Amz-Invocation-Type", "Event"]],
  "a second signature in the query": (sent) => ({
    ...sent,
    query: {
      ...sent.query,
      "X-Amz-Signature": "0".repeat(64),
      "X-Amz-Credential": "AKIAROOT/20260101/us-east-1/lambda/aws4_request",
    },
  }),
};

for (const [title, change] of Object.entries(changes)) {
  test(`a signed request with ${title} reaches nobody`, async () => {
    const changed = change(await signed(house.server, INVOKE));
    const [sent, headers] = "method" in changed ? [changed, undefined] : changed;
    const before = house.served.length;
    const answer = await send(house.server, sent, headers);
    assert.equal(answer.status, answer.code === "InvalidRequest" ? 400 : 403, answer.text);
    assert.equal(house.served.length, before);
  });
}

test("the same requests unchanged are served, and served again, as AWS does within the time of a signature", async () => {
  for (const asked of [INVOKE, PUT]) {
    const sent = await signed(house.server, asked);
    assert.equal((await send(house.server, sent)).status, 200);
    assert.equal((await send(house.server, sent)).status, 200);
  }
});

const s3Changes: Readonly<Record<string, readonly [Change, code: string]>> = {
  "another body": [(sent) => ({ ...sent, body: "changed" }), "XAmzContentSHA256Mismatch"],
  "a body that was signed and now is not": [
    (sent) => ({ ...sent, body: "changed", headers: { ...sent.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } }),
    "SignatureDoesNotMatch",
  ],
  "an access list that is not signed": [
    (sent) => ({ ...sent, headers: { ...sent.headers, "x-amz-acl": "public-read" } }),
    "AccessDenied",
  ],
  "no key that anybody knows": [
    (sent) => withAuthorization(sent, (text) => text.replace("AKIAROOT", "AKIANOBODY")),
    "InvalidAccessKeyId",
  ],
};

for (const [title, [change, code]] of Object.entries(s3Changes)) {
  test(`a signed object with ${title} is refused as S3 does`, async () => {
    const changed = change(await signed(house.server, PUT));
    assert.ok("method" in changed);
    const before = house.served.length;
    assert.equal((await send(house.server, changed)).code, code);
    assert.equal(house.served.length, before);
  });
}
