/** The recipe's room behind the real wire with the unmodified SDK client, and the recipe's snippets against its files. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchClient,
  DeleteDashboardsCommand,
  GetDashboardCommand,
  ListDashboardsCommand,
  PutDashboardCommand,
} from "@aws-sdk/client-cloudwatch";
import { systemClock } from "../../../src/base/index.ts";
import { testServer, testStore } from "../../../src/services/kit/testing.ts";
import { assertRecipePrints } from "../support/recipe.ts";
import { helloService } from "./index.ts";

describe("the hello-world service", () => {
  const stack = new AsyncDisposableStack();
  let client: CloudWatchClient;

  before(async () => {
    const store = stack.use(await testStore(systemClock));
    const server = stack.use(await testServer([helloService({ store, clock: systemClock })]));
    client = stack.adopt(new CloudWatchClient(server.clientConfig), (made) => void made.destroy());
  });
  after(() => stack.disposeAsync());

  it("keeps what was put and lists it", async () => {
    const DashboardName = "hello";
    await client.send(new PutDashboardCommand({ DashboardName, DashboardBody: "{}" }));
    await client.send(new PutDashboardCommand({ DashboardName, DashboardBody: '{"widgets":[]}' }));
    const { DashboardBody: body, DashboardArn: arn } = await client.send(new GetDashboardCommand({ DashboardName }));
    assert.equal(body, '{"widgets":[]}');
    assert.equal(arn, "arn:aws:cloudwatch::000000000000:dashboard/hello");
    const { DashboardEntries: entries } = await client.send(new ListDashboardsCommand({}));
    assert.deepEqual(
      entries?.map((entry) => entry.DashboardName),
      ["hello"],
    );
  });

  it("answers with AWS's own exception", async () => {
    await assert.rejects(client.send(new DeleteDashboardsCommand({ DashboardNames: ["none"] })), {
      // DashboardNotFoundError by its code on the wire, which is also another exception's: the client takes that one.
      name: "ResourceNotFound",
      message: "Dashboard none does not exist",
    });
  });

  it("is what the recipe prints", () => assertRecipePrints("add-a-service.md", import.meta.dirname));
});
