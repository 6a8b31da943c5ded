import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArn } from "./arn.ts";

test("an ARN has five parts before its resource, which may have colons of its own", () => {
  const place = { partition: "aws-cn", region: "cn-north-1", accountId: "123456789012" };
  assert.deepEqual(parseArn("arn:aws-cn:lambda:cn-north-1:123456789012:function:f:live"), {
    ...place,
    service: "lambda",
    resource: "function:f:live",
  });
  assert.deepEqual(parseArn("arn:aws-cn:events:cn-north-1:123456789012:event-bus/b"), {
    ...place,
    service: "events",
    resource: "event-bus/b",
  });
  assert.deepEqual(parseArn("arn:aws:s3:::bucket"), {
    partition: "aws",
    service: "s3",
    region: "",
    accountId: "",
    resource: "bucket",
  });
});

test("what lacks a part, a service or a resource is no ARN", () => {
  for (const text of [
    "",
    "arn",
    "bucket",
    "arn:aws:s3::bucket",
    "arn:aws::::x",
    "arn::s3:::x",
    "arn:aws:s3:::",
    "x:aws:s3:::b",
  ])
    assert.equal(parseArn(text), undefined, text);
});
