/** S3's operations share methods and paths; what tells them apart is tested against the real service model. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { signedFor } from "../testing/raw.ts";
import { type Seen, sampleServices } from "../testing/sample-services.ts";
import { serve } from "../testing/serve.ts";

const cases: readonly (readonly [method: string, path: string, headers: Record<string, string>, operation: string])[] =
  [
    ["GET", "/", {}, "ListBuckets"],
    ["PUT", "/bucket", {}, "CreateBucket"],
    ["HEAD", "/bucket", {}, "HeadBucket"],
    ["GET", "/bucket", {}, "ListObjects"],
    ["GET", "/bucket/", {}, "ListObjects"],
    ["GET", "/bucket?list-type=2&prefix=a", {}, "ListObjectsV2"],
    ["GET", "/bucket?versions", {}, "ListObjectVersions"],
    ["GET", "/bucket?location", {}, "GetBucketLocation"],
    ["GET", "/bucket?analytics", {}, "ListBucketAnalyticsConfigurations"],
    ["GET", "/bucket?analytics&id=1", {}, "GetBucketAnalyticsConfiguration"],
    ["POST", "/bucket?delete", {}, "DeleteObjects"],
    ["PUT", "/bucket/key", {}, "PutObject"],
    ["PUT", "/bucket/key?x-id=PutObject", {}, "PutObject"],
    ["PUT", "/bucket/a/b//c", {}, "PutObject"],
    ["PUT", "/bucket/key", { "x-amz-copy-source": "other/key" }, "CopyObject"],
    ["PUT", "/bucket/key?partNumber=1&uploadId=u", {}, "UploadPart"],
    ["PUT", "/bucket/key?partNumber=1&uploadId=u", { "x-amz-copy-source": "other/key" }, "UploadPartCopy"],
    ["PUT", "/bucket/key?tagging", {}, "PutObjectTagging"],
    ["GET", "/bucket/key", {}, "GetObject"],
    ["GET", "/bucket/key?uploadId=u", {}, "ListParts"],
    ["GET", "/bucket/key?attributes", { "x-amz-object-attributes": "ETag" }, "GetObjectAttributes"],
    ["HEAD", "/bucket/key", {}, "HeadObject"],
    ["POST", "/bucket/key?uploads", {}, "CreateMultipartUpload"],
    ["DELETE", "/bucket/key?uploadId=u", {}, "AbortMultipartUpload"],
    ["DELETE", "/bucket/key", {}, "DeleteObject"],
    ["DELETE", "/bucket", {}, "DeleteBucket"],
  ];

async function send(port: number, method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port, method, path, agent: false, headers: { authorization: signedFor("s3"), ...headers } },
      (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
      },
    );
    outgoing.once("error", reject);
    outgoing.end();
  });
}

for (const [method, path, headers, operation] of cases) {
  const marks = Object.keys(headers).join(" ");
  test(`${method} ${path} ${marks} is ${operation}`, async () => {
    const seen: Seen[] = [];
    await using server = await serve(sampleServices((call) => void seen.push(call)));
    await send(server.port, method, path, headers);
    assert.equal(seen[0]?.operation, operation);
  });
}

test("keys keep their slashes and their encoded characters", async () => {
  const seen: Seen[] = [];
  await using server = await serve(sampleServices((call) => void seen.push(call)));
  await send(server.port, "PUT", "/bucket//a/%2Fb%20+%C3%A9/", {});
  assert.deepEqual(seen[0]?.input, { Bucket: "bucket", Key: "/a//b +é/", Body: "", ContentLength: 0 });
});

for (const host of [
  "my.bucket.s3.localhost:1",
  "my.bucket.s3.us-east-1.amazonaws.com",
  "my.bucket.localhost:1",
  "my.bucket.127.0.0.1:1",
]) {
  test(`the host ${host} carries the bucket`, async () => {
    const seen: Seen[] = [];
    await using server = await serve(sampleServices((call) => void seen.push(call)));
    await send(server.port, "PUT", "/key", { host });
    assert.deepEqual(seen[0]?.input, { Bucket: "my.bucket", Key: "key", Body: "", ContentLength: 0 });
  });
}
