/** Services that are loaded before anybody asks for them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleServices } from "./testing/sample-services.ts";
import { serve } from "./testing/serve.ts";

test("a service that is loaded ahead is there for its first request, and is loaded once", async (t) => {
  const loads: string[] = [];
  const counted = sampleServices(() => undefined).map((service) => ({
    ...service,
    load: () => {
      loads.push(service.name);
      return service.load();
    },
  }));
  const server = await serve(counted);
  t.after(() => server[Symbol.asyncDispose]());
  await Promise.all([server.wire.load("lambda"), server.wire.load("lambda")]);
  assert.deepEqual(loads, ["lambda"]);
  const response = await fetch(`${server.endpoint}/2015-03-31/functions/hello/invocations`, { method: "POST" });
  assert.equal(response.status, 200);
  await server.wire.load("lambda");
  assert.deepEqual(loads, ["lambda"]);
  await assert.rejects(server.wire.load("none-such"), /none-such/);
});
