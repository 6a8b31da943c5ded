/** What operations of CloudWatch Logs need: each that is built says so, on the resource that AWS's refusals name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, systemRandom } from "../../base/index.ts";
import { testCall, testStore } from "../kit/testing.ts";
import { logsService } from "./index.ts";

const LOGS = "arn:aws:logs:us-east-1:000000000000:log-group:";
const group = { logGroupName: "/g" };

const rows: Readonly<Record<string, readonly [input: object, resource: string]>> = {
  CreateLogGroup: [group, `${LOGS}/g:log-stream:`],
  DescribeLogGroups: [{}, `${LOGS}:log-stream:`],
  CreateLogStream: [{ ...group, logStreamName: "s" }, `${LOGS}/g:log-stream:`],
  PutLogEvents: [{ ...group, logStreamName: "s", logEvents: [] }, `${LOGS}/g:log-stream:s`],
  GetLogEvents: [{ logGroupIdentifier: `${LOGS}/g:*`, logStreamName: "s" }, `${LOGS}/g:log-stream:s`],
  FilterLogEvents: [group, `${LOGS}/g:log-stream:`],
  TagResource: [{ resourceArn: `${LOGS}/g`, tags: { a: "b" } }, `${LOGS}/g`],
  StartLiveTail: [{ logGroupIdentifiers: [`${LOGS}/g`] }, `${LOGS}/g:log-stream:`],
};

test("operations ask for their action on the group or stream", async () => {
  await using store = await testStore(systemClock);
  const { handlers, authorization = {} } = await logsService({
    store,
    clock: systemClock,
    random: systemRandom,
  }).load();
  assert.deepEqual(Object.keys(authorization).sort(), Object.keys(handlers).sort());
  for (const [operation, [input, resource]] of Object.entries(rows)) {
    const say: unknown = Reflect.get(authorization, operation);
    assert.ok(typeof say === "function", operation);
    const needs: unknown = await say(input, testCall({ service: "logs", operation }));
    assert.ok(Array.isArray(needs));
    assert.deepEqual(
      needs.map(({ action, resource: on }) => [action, on]),
      [[`logs:${operation}`, resource]],
    );
  }
});
