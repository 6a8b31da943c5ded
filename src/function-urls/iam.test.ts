/** URLs with AWS_IAM: who may call, and what the function learns of the caller. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Answer, UrlHarness } from "./testing/url-harness.ts";

const ISSUED = { accessKeyId: "ASIAISSUED", secretAccessKey: "secret", sessionToken: "token" };
const ROLE = "arn:aws:sts::000000000000:assumed-role/caller/session";
const ECHO = "export const handler = async (event) => event;";

async function open(): Promise<UrlHarness> {
  return UrlHarness.open({
    keys: {
      find: async (accessKeyId, sessionToken) =>
        accessKeyId === ISSUED.accessKeyId && sessionToken === ISSUED.sessionToken
          ? {
              principal: { kind: "assumed-role", accountId: "000000000000", arn: ROLE, accessKeyId },
              secretAccessKey: ISSUED.secretAccessKey,
              userId: "AROA:session",
            }
          : undefined,
      refusesUnknown: false,
      userIdOf: () => "AIDAUSER",
    },
  });
}

interface Signing {
  readonly accessKeyId: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly path?: string;
  readonly presign?: boolean;
  readonly body?: string;
}

async function send(urls: UrlHarness, host: string, signing: Signing): Promise<Answer> {
  const { path = "/", body = "", presign = false, secretAccessKey = "any", ...key } = signing;
  const signer = new SignatureV4({
    credentials: { ...key, secretAccessKey },
    region: "us-east-1",
    service: "lambda",
    sha256: Sha256,
  });
  const request = { method: "POST", protocol: "http:", hostname: host, path, headers: { host }, body };
  const signed = presign ? await signer.presign(request) : await signer.sign(request);
  const query = new URLSearchParams(Object.entries(signed.query ?? {}).map(([name, value]) => [name, String(value)]));
  const target = presign ? `${path}?${query.toString().replaceAll("+", "%20")}` : path;
  return urls.send(host, { method: "POST", path: target, headers: signed.headers, body });
}

test("a signed caller is let in, and the function learns who it is but not the signature", async () => {
  await using urls = await open();
  await urls.lambda.create("f", ECHO);
  const host = await urls.createUrl("f", { AuthType: "AWS_IAM" });
  const event = JSON.parse((await send(urls, host, { ...ISSUED, body: "{}", path: "/a%20b" })).body);
  assert.equal(event.requestContext.accountId, "000000000000");
  assert.deepEqual(event.requestContext.authorizer, {
    iam: {
      accessKey: ISSUED.accessKeyId,
      accountId: "000000000000",
      callerId: "AROA:session",
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: ROLE,
      userId: "AROA:session",
    },
  });
  assert.equal(event.headers.authorization, undefined);
  assert.ok(event.headers["x-amz-date"]);
  assert.equal((await send(urls, host, { ...ISSUED, presign: true })).status, 200);
  const id = host.split(".")[0];
  const byPath = await send(urls, `localhost:${urls.port}`, { ...ISSUED, path: `/_lambent/urls/${id}/x` });
  assert.equal(JSON.parse(byPath.body).rawPath, "/x", "the signature covers the path as it was sent");
});

test("an issued key's signature is checked; of a key that cannot be known, scope and time are", async () => {
  await using urls = await open();
  await urls.lambda.create("f", ECHO);
  const host = await urls.createUrl("f", { AuthType: "AWS_IAM" });
  const wrong = await send(urls, host, { ...ISSUED, secretAccessKey: "wrong" });
  assert.deepEqual([wrong.status, wrong.headers["x-amzn-errortype"]], [403, "InvalidSignatureException"]);
  assert.match(wrong.body, /^\{"message":"The request signature we calculated does not match/);
  const unknown = await send(urls, host, { accessKeyId: "test" });
  assert.equal(JSON.parse(unknown.body).requestContext.authorizer.iam.userId, "AIDAUSER");
  const elsewhere = await urls.send(host, {
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
      "x-amz-date": "20260101T000000Z",
    },
  });
  assert.equal(elsewhere.headers["x-amzn-errortype"], "InvalidSignatureException");
});

test("a request without a signature is forbidden, whatever is granted to everybody", async () => {
  await using urls = await open();
  const host = await urls.create("f", ECHO, { AuthType: "AWS_IAM" });
  const answer = await urls.send(host);
  assert.deepEqual([answer.status, answer.headers["x-amzn-errortype"]], [403, "AccessDeniedException"]);
  assert.match(answer.body, /^\{"Message":"Forbidden\./);
});

test("a caller of another account needs both permissions", async () => {
  await using urls = await open();
  await urls.lambda.create("f", ECHO);
  const host = await urls.createUrl("f", { AuthType: "AWS_IAM" });
  const other = { accessKeyId: "111122223333" };
  assert.equal((await send(urls, host, other)).status, 403);
  const allow = (StatementId: string, Action: string, more: object = {}): Promise<unknown> =>
    urls.lambda.call("AddPermission", { FunctionName: "f", StatementId, Action, Principal: "111122223333", ...more });
  await allow("url", "lambda:InvokeFunctionUrl", { FunctionUrlAuthType: "AWS_IAM" });
  assert.equal((await send(urls, host, other)).status, 403);
  await allow("invoke", "lambda:InvokeFunction");
  const event = JSON.parse((await send(urls, host, other)).body);
  assert.equal(event.requestContext.authorizer.iam.userArn, "arn:aws:iam::111122223333:user/lambent");
  assert.equal((await send(urls, host, { accessKeyId: "999922223333" })).status, 403);
});

test("a policy that was put whole is decided by: its denials, wildcards and conditions hold for everybody", async () => {
  await using urls = await open();
  await urls.lambda.create("f", ECHO);
  const host = await urls.createUrl("f", { AuthType: "AWS_IAM" });
  const ResourceArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  const put = (...Statement: object[]): Promise<unknown> =>
    urls.lambda.call("PutResourcePolicy", {
      ResourceArn,
      Policy: JSON.stringify({ Version: "2012-10-17", Statement }),
    });
  const Action = "lambda:Invoke*";
  const Resource = `${ResourceArn}*`;
  const guests = { Effect: "Allow", Principal: { AWS: ["111122223333", "444455556666"] }, Action, Resource };
  const status = async (accessKeyId: string): Promise<number> => (await send(urls, host, { accessKeyId })).status;

  await put(guests);
  assert.deepEqual(
    [await status("111122223333"), await status("444455556666"), await status("999922223333")],
    [200, 200, 403],
  );
  await put(guests, { Effect: "Deny", Principal: { AWS: "444455556666" }, Action: "*", Resource });
  assert.deepEqual([await status("111122223333"), await status("444455556666")], [200, 403]);
  const own = {
    ArnLike: { "aws:PrincipalArn": ROLE.replace(":sts:", ":iam:").replace("assumed-role/caller/session", "role/*") },
  };
  await put({ Effect: "Deny", Principal: "*", Action: "lambda:InvokeFunctionUrl", Resource, Condition: own });
  assert.equal((await send(urls, host, ISSUED)).status, 403, "a denial holds within the account too");
  assert.equal(await status("000000000000"), 200);
  const from = (range: string): object => ({ ...guests, Condition: { IpAddress: { "aws:SourceIp": range } } });
  await put(from("203.0.113.0/24"));
  assert.equal(await status("111122223333"), 403);
  await put(from("203.0.113.0/24"), from("127.0.0.0/8"));
  assert.equal(await status("111122223333"), 200);
});
