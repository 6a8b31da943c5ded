/** Requests behind a gate that enforces: who is let in, who is refused and in which words, through AWS's own clients. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from "@aws-sdk/client-lambda";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { ACCOUNT, allow, deny, type House, type Key, openHouse, type Person, send, signed } from "./testing/house.ts";

const ADA: Person = {
  key: { accessKeyId: "AKIAADA", secretAccessKey: "ada's secret" },
  arn: `arn:aws:iam::${ACCOUNT}:user/ada`,
  allows: [allow(["lambda:GetFunction", "lambda:InvokeFunction"], `arn:aws:lambda:*:${ACCOUNT}:function:a*`)],
};
const ROOT: Person = {
  key: { accessKeyId: "AKIAROOT", secretAccessKey: "root's secret" },
  arn: `arn:aws:iam::${ACCOUNT}:root`,
};
const GUEST: Person = {
  key: { accessKeyId: "AKIAGUEST", secretAccessKey: "guest's secret" },
  arn: "arn:aws:iam::999988887777:user/guest",
  accountId: "999988887777",
  allows: [allow("lambda:*")],
};

const clientSettings = ({ server }: House, credentials: Key) => ({
  endpoint: server.endpoint,
  region: "us-east-1",
  credentials,
  maxAttempts: 1,
});
const lambdaOf = (house: House, key: Key): LambdaClient => new LambdaClient(clientSettings(house, key));

async function refusal(sent: Promise<unknown>): Promise<{ name: string; message: string; status: number | undefined }> {
  const error: unknown = await sent.then(
    () => assert.fail("it was let in"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error);
  const metadata: unknown = Reflect.get(error, "$metadata");
  const status: unknown = Reflect.get(Object(metadata), "httpStatusCode");
  return { name: error.name, message: error.message, status: typeof status === "number" ? status : undefined };
}

test("a user does what its policies allow, and is told what they do not", async () => {
  await using house = await openHouse({ people: [ADA] });
  using client = disposable(lambdaOf(house, ADA.key));
  await client.send(new GetFunctionCommand({ FunctionName: "alpha" }));
  assert.deepEqual(house.served[0]?.principal.arn, ADA.arn);
  const resource = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:alpha`;
  assert.deepEqual(await refusal(client.send(new DeleteFunctionCommand({ FunctionName: "alpha" }))), {
    name: "AccessDeniedException",
    message: `User: ${ADA.arn} is not authorized to perform: lambda:DeleteFunction on resource: ${resource} because no identity-based policy allows the lambda:DeleteFunction action`,
    status: 403,
  });
  assert.match(
    (await refusal(client.send(new ListFunctionsCommand({})))).message,
    /lambda:ListFunctions on resource: \* because/,
  );
  assert.deepEqual(
    house.served.map(({ operation }) => operation),
    ["GetFunction"],
  );
});

test("bodies of every kind are covered by signatures that hold", async () => {
  await using house = await openHouse({ people: [ROOT] });
  using client = disposable(lambdaOf(house, ROOT.key));
  const { Payload } = await client.send(new InvokeCommand({ FunctionName: "alpha", Payload: Buffer.from('{"a":1}') }));
  assert.equal(Buffer.from(Payload ?? []).toString(), '{"a":1}');
  using s3 = disposable(new S3Client({ ...clientSettings(house, ROOT.key), forcePathStyle: true }));
  await s3.send(new PutObjectCommand({ Bucket: "b", Key: "k k/ä", Body: "content" }));
  await s3.send(new GetObjectCommand({ Bucket: "b", Key: "k" }));
  using logs = disposable(new CloudWatchLogsClient(clientSettings(house, ROOT.key)));
  await logs.send(new DescribeLogGroupsCommand({}));
  assert.equal(house.served.length, 4);
});

const denials: Readonly<Record<string, readonly [Partial<Person>, RegExp]>> = {
  "explicit deny": [
    { allows: [allow("*"), deny("lambda:GetFunction")] },
    / with an explicit deny in an identity-based policy$/,
  ],
  "boundary that does not allow": [
    { allows: [allow("*")], boundary: allow("s3:*") },
    / because no permissions boundary allows the lambda:GetFunction action$/,
  ],
  "boundary that denies": [
    { allows: [allow("*")], boundary: deny("lambda:*") },
    / with an explicit deny in a permissions boundary$/,
  ],
  "session policy that does not allow": [
    { allows: [allow("*")], session: allow("s3:*") },
    / because no session policy allows the lambda:GetFunction action$/,
  ],
  "session policy that denies": [
    { allows: [allow("*")], session: deny("lambda:*") },
    / with an explicit deny in a session policy$/,
  ],
};

for (const [title, [person, expected]] of Object.entries(denials)) {
  test(
    `a refusal says that it is an ${title}`.replace("an boundary", "a boundary").replace("an session", "a session"),
    async () => {
      await using house = await openHouse({ people: [{ ...ADA, ...person }] });
      using client = disposable(lambdaOf(house, ADA.key));
      assert.match((await refusal(client.send(new GetFunctionCommand({ FunctionName: "alpha" })))).message, expected);
    },
  );
}

test("another account's user needs the resource's policy as well", async () => {
  const policy = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: GUEST.arn }, Action: "lambda:*", Resource: "*" }],
  };
  await using house = await openHouse({ people: [GUEST], resourcePolicies: { alpha: policy } });
  using client = disposable(lambdaOf(house, GUEST.key));
  await client.send(new GetFunctionCommand({ FunctionName: "alpha" }));
  assert.match(
    (await refusal(client.send(new GetFunctionCommand({ FunctionName: "other" })))).message,
    / because no resource-based policy allows the lambda:GetFunction action$/,
  );
});

test("a service is let in by the resource's policy alone, and does its own work", async () => {
  const granted = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "lambda:InvokeFunction",
        Resource: "*",
        Condition: {
          ArnLike: { "aws:SourceArn": "arn:aws:s3:::mine" },
          StringEquals: { "aws:SourceAccount": ACCOUNT },
        },
      },
    ],
  };
  await using house = await openHouse({ people: [], resourcePolicies: { alpha: granted } });
  type Lambda = typeof import("@aws-sdk/client-lambda");
  const as = (bucket: string) =>
    house.server.wire.client<Lambda>("lambda", {
      region: "us-east-1",
      principal: {
        kind: "service",
        accountId: ACCOUNT,
        arn: "s3.amazonaws.com",
        sourceArn: `arn:aws:s3:::${bucket}`,
        sourceAccountId: ACCOUNT,
      },
    });
  await as("mine").call("Invoke", { FunctionName: "alpha" });
  for (const refused of [
    as("yours").call("Invoke", { FunctionName: "alpha" }),
    as("mine").call("Invoke", { FunctionName: "other" }),
  ]) {
    assert.match(
      (await refusal(refused)).message,
      /^User: s3\.amazonaws\.com is not authorized .* because no resource-based policy/,
    );
  }
  await as("mine").call("ListFunctions", {});
});

test("keys that nobody issued, that are switched off, or whose session is over, are refused in each protocol's words", async () => {
  const session = {
    ...ADA,
    key: { accessKeyId: "ASIAADA", secretAccessKey: "s", sessionToken: "token" },
    expiresAt: Date.now() - 1,
  };
  const off = { ...ADA, key: { accessKeyId: "AKIAOFF", secretAccessKey: "s" }, active: false };
  await using house = await openHouse({ people: [ADA, session, off] });
  const unknown = { accessKeyId: "AKIANOBODY", secretAccessKey: "x" };
  const invalid = "The security token included in the request is invalid.";
  const list = (key: Key): Promise<unknown> =>
    using_(lambdaOf(house, key), (client) => client.send(new ListFunctionsCommand({})));
  for (const key of [unknown, off.key, { ...ADA.key, sessionToken: "x" }, { ...session.key, sessionToken: "other" }]) {
    assert.deepEqual(await refusal(list(key)), { name: "UnrecognizedClientException", message: invalid, status: 403 });
  }
  assert.deepEqual(await refusal(list(session.key)), {
    name: "ExpiredTokenException",
    message: "The security token included in the request is expired",
    status: 403,
  });
  const sts = using_(new STSClient(clientSettings(house, unknown)), (client) =>
    client.send(new GetCallerIdentityCommand({})),
  );
  assert.deepEqual(await refusal(sts), { name: "InvalidClientTokenId", message: invalid, status: 403 });
  const logs = using_(new CloudWatchLogsClient(clientSettings(house, unknown)), (client) =>
    client.send(new DescribeLogGroupsCommand({})),
  );
  assert.deepEqual(await refusal(logs), { name: "UnrecognizedClientException", message: invalid, status: 400 });
});

test("who knows a caller needs no permission, and what is for everybody needs no signature", async () => {
  await using house = await openHouse({ people: [ADA] });
  const { Arn } = await using_(new STSClient(clientSettings(house, ADA.key)), (client) =>
    client.send(new GetCallerIdentityCommand({})),
  );
  assert.equal(Arn, ADA.arn);
  await using_(new STSClient(clientSettings(house, ADA.key)), (client) =>
    client.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: `arn:aws:iam::${ACCOUNT}:role/web`,
        RoleSessionName: "session",
        WebIdentityToken: "token",
      }),
    ),
  );
  const unsigned = {
    method: "GET",
    path: "/2015-03-31/functions/",
    query: {},
    headers: { host: "127.0.0.1" },
    body: "",
  };
  const answer = await send(house.server, unsigned);
  assert.deepEqual(answer, {
    status: 403,
    code: "MissingAuthenticationTokenException",
    text: '{"message":"Missing Authentication Token"}',
  });
});

test("a wrong secret is told what the server made of the request", async () => {
  await using house = await openHouse({ people: [ADA] });
  const answer = await send(
    house.server,
    await signed(house.server, { key: { ...ADA.key, secretAccessKey: "wrong" } }),
  );
  assert.equal(answer.status, 403);
  assert.equal(answer.code, "InvalidSignatureException");
  assert.match(
    answer.text,
    /The Canonical String for this request should have been\\n'GET\\n\/2015-03-31\/functions\/\\n/,
  );
  assert.match(answer.text, /The String-to-Sign should have been\\n'AWS4-HMAC-SHA256\\n/);
});

test("old signatures are refused, later where the service is patient", async () => {
  await using house = await openHouse({ people: [ROOT] });
  const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
  const ask = async (service: string, path: string, minutes: number, body = "") =>
    send(
      house.server,
      await signed(house.server, {
        key: ROOT.key,
        service,
        path,
        at: minutesAgo(minutes),
        method: body === "" ? "GET" : "POST",
        body,
        headers: body === "" ? {} : { "content-type": "application/x-www-form-urlencoded" },
      }),
    );
  const functions = "/2015-03-31/functions/";
  const who = "Action=GetCallerIdentity&Version=2011-06-15";
  assert.equal((await ask("lambda", functions, 4)).status, 200);
  const late = await ask("lambda", functions, 6);
  assert.equal(late.code, "InvalidSignatureException");
  assert.match(late.text, /Signature expired: \w+ is now earlier than \w+ \(\w+ - 5 min\.\)/);
  assert.equal((await ask("lambda", functions, -6)).code, "InvalidSignatureException");
  assert.equal((await ask("sts", "/", 14, who)).status, 200);
  assert.equal((await ask("sts", "/", 16, who)).code, "SignatureDoesNotMatch");
  assert.equal((await ask("s3", "/b/k", 16)).code, "RequestTimeTooSkewed");
});

test("a presigned URL is good for its time and for its request", async () => {
  await using house = await openHouse({ people: [ROOT] });
  const url = await signed(house.server, {
    key: ROOT.key,
    service: "s3",
    path: "/b/k",
    expiresIn: 604_800,
    at: new Date(Date.now() - 604_000_000),
  });
  assert.equal((await send(house.server, url)).status, 200);
  const over = await signed(house.server, {
    key: ROOT.key,
    service: "s3",
    path: "/b/k",
    expiresIn: 60,
    at: new Date(Date.now() - 61_000),
  });
  const answer = await send(house.server, over);
  assert.equal(answer.code, "AccessDenied");
  assert.match(answer.text, /<Message>Request has expired<\/Message>/);
  assert.equal((await send(house.server, { ...url, path: "/b/other" })).code, "SignatureDoesNotMatch");
});

function disposable<T extends { destroy(): void }>(client: T): T & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}

async function using_<T extends { destroy(): void }, R>(client: T, run: (client: T) => Promise<R>): Promise<R> {
  try {
    return await run(client);
  } finally {
    client.destroy();
  }
}
