/** The room behind the real wire, with the unmodified SDK client: what clients see is what handlers mean. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  paginateFilterLogEvents,
  StartLiveTailCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { systemClock, systemRandom } from "../../base/index.ts";
import { testServer, testStore } from "../kit/testing.ts";
import { logsService } from "./index.ts";

describe("CloudWatch Logs through the SDK client", () => {
  const stack = new AsyncDisposableStack();
  const names = { logGroupName: "/aws/lambda/f", logStreamName: "2026/05/01/[$LATEST]0123" };
  let client: CloudWatchLogsClient;

  before(async () => {
    const store = stack.use(await testStore(systemClock));
    const service = logsService({ store, clock: systemClock, random: systemRandom });
    const server = stack.use(await testServer([service]));
    client = stack.adopt(
      new CloudWatchLogsClient({ ...server.clientConfig, disableHostPrefix: true }),
      (made) => void made.destroy(),
    );
    await client.send(new CreateLogGroupCommand({ logGroupName: names.logGroupName }));
    await client.send(new CreateLogStreamCommand(names));
  });
  after(() => stack.disposeAsync());

  it("stores tens of thousands of events and finds the one that is asked for", async () => {
    const now = Date.now();
    const puts = Array.from({ length: 3 }, (_put, put) =>
      Array.from({ length: 10_000 }, (_event, index) => ({
        timestamp: now + put,
        message: `event ${put * 10_000 + index}`,
      })),
    );
    for (const logEvents of puts) await client.send(new PutLogEventsCommand({ ...names, logEvents }));
    const messages: (string | undefined)[] = [];
    const { logGroupName } = names;
    for await (const page of paginateFilterLogEvents({ client }, { logGroupName, filterPattern: '"event 29999"' })) {
      messages.push(...(page.events ?? []).map((event) => event.message));
    }
    assert.deepEqual(messages, ["event 29999"]);
    let count = 0;
    for await (const page of paginateFilterLogEvents({ client }, { logGroupName })) count += page.events?.length ?? 0;
    assert.equal(count, 30_000);
  });

  it("gives the newest events first and AWS's exceptions as such", async () => {
    const { events } = await client.send(new GetLogEventsCommand({ ...names, limit: 1 }));
    assert.equal(events?.at(0)?.message, "event 29999");
    await assert.rejects(client.send(new CreateLogGroupCommand({ logGroupName: names.logGroupName })), {
      name: "ResourceAlreadyExistsException",
      message: "The specified log group already exists",
    });
    await assert.rejects(client.send(new FilterLogEventsCommand({ ...names, filterPattern: "{" })), {
      name: "InvalidParameterException",
    });
  });

  it("shows every line once to a client that follows as `aws logs tail --follow` does", async () => {
    const follow = { logGroupName: "/followed", interleaved: true, limit: 3 };
    const stream = { logGroupName: follow.logGroupName, logStreamName: "s" };
    await client.send(new CreateLogGroupCommand({ logGroupName: follow.logGroupName }));
    await client.send(new CreateLogStreamCommand(stream));
    const seen = new Map<string, string | undefined>();
    let startTime = Date.now() - 60_000;
    let nextToken: string | undefined;
    for (let poll = 0; poll < 40; poll++) {
      if (poll % 4 === 0) {
        const logEvents = [0, 1].map((part) => ({ timestamp: Date.now(), message: `${poll}.${part}` }));
        await client.send(new PutLogEventsCommand({ ...stream, logEvents }));
      }
      const page = await client.send(new FilterLogEventsCommand({ ...follow, startTime, nextToken }));
      for (const { eventId = "", message, timestamp = 0 } of page.events ?? []) {
        seen.set(eventId, message);
        startTime = Math.max(startTime, timestamp);
      }
      nextToken = page.nextToken;
    }
    const written = Array.from({ length: 10 }, (_, put) => [`${put * 4}.0`, `${put * 4}.1`]).flat();
    assert.deepEqual([...seen.values()], written);
  });

  it("streams a live tail until the client leaves", async () => {
    const logGroupIdentifiers = [`arn:aws:logs:us-east-1:000000000000:log-group:${names.logGroupName}`];
    const leave = new AbortController();
    const tail = new StartLiveTailCommand({ logGroupIdentifiers, logEventFilterPattern: "tailed" });
    const { responseStream } = await client.send(tail, { abortSignal: leave.signal });
    assert.ok(responseStream !== undefined);
    const logEvents = [{ timestamp: Date.now(), message: "tailed" }];
    for await (const event of responseStream) {
      if (event.sessionStart !== undefined) await client.send(new PutLogEventsCommand({ ...names, logEvents }));
      if (event.sessionUpdate?.sessionResults?.at(0)?.message === "tailed") break;
    }
    leave.abort();
  });
});
