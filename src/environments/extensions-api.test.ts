import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { systemRandom } from "../base/index.ts";
import { boundedServer, notFound } from "./api-replies.ts";
import { ExtensionsApi } from "./extensions-api.ts";
import { versionOf } from "./testing/house.ts";

interface Opened extends AsyncDisposable {
  readonly api: ExtensionsApi;
  readonly failures: string[];
  call(path: string, headers?: Record<string, string>, body?: string): Promise<Response>;
  register(name: string, events?: readonly string[], more?: object): Promise<Response>;
}

async function open(...external: readonly string[]): Promise<Opened> {
  const failures: string[] = [];
  const api = new ExtensionsApi(external, {
    version: versionOf("echo"),
    random: systemRandom,
    onChange: () => undefined,
    onFailure: (...failure) => failures.push(failure.join(" ")),
  });
  const server = boundedServer((request, response) => {
    if (!api.handle(request, response)) notFound(response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const call: Opened["call"] = (path, headers = {}, body) =>
    fetch(`http://127.0.0.1:${address.port}${path}`, {
      method: path.endsWith("next") ? "GET" : path.startsWith("/2022") ? "PUT" : "POST",
      headers,
      ...(body === undefined ? {} : { body }),
    });
  return {
    api,
    failures,
    call,
    register: (name, events = [], more = {}) =>
      call("/2020-01-01/extension/register", { "Lambda-Extension-Name": name }, JSON.stringify({ events, ...more })),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const NEXT = "/2020-01-01/extension/event/next";
const idOf = (response: Response): string => response.headers.get("Lambda-Extension-Identifier") ?? "";

test("an extension gets its events in order, also what happened while it was busy, and whoever is not subscribed gets none", async () => {
  await using opened = await open("outside");
  const { api, call } = opened;
  const registered = await opened.register("outside", ["INVOKE", "SHUTDOWN"]);
  assert.deepEqual(await registered.json(), {
    functionName: "echo",
    functionVersion: "$LATEST",
    handler: "echo.handler",
  });
  const headers = { "Lambda-Extension-Identifier": idOf(registered) };
  const quiet = { "Lambda-Extension-Identifier": idOf(await opened.register("inside")) };
  const first = call(NEXT, headers);
  const unheard = call(NEXT, quiet).then(
    () => "heard something",
    () => "hung up",
  );
  while (!api.allReady) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(api.send({ eventType: "INVOKE", deadlineMs: 1, requestId: "one" }), true);
  assert.deepEqual(await (await first).json(), { eventType: "INVOKE", deadlineMs: 1, requestId: "one" });
  assert.equal(api.subscribersReady, false);
  api.send({ eventType: "SHUTDOWN", deadlineMs: 2, shutdownReason: "spindown" });
  const second = await call(NEXT, headers);
  assert.match(second.headers.get("Lambda-Extension-Event-Identifier") ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(Object(await second.json()).shutdownReason, "spindown");
  await opened[Symbol.asyncDispose]();
  assert.equal(await unheard, "hung up");
});

test("what the API refuses, it refuses with the service's error types", async () => {
  await using opened = await open("outside");
  const { call, register, api } = opened;
  const refused = async (answer: Promise<Response>, errorType: string, message: RegExp): Promise<void> => {
    const response = await answer;
    const body = Object(await response.json());
    assert.deepEqual([response.status, body.errorType], [403, errorType]);
    assert.match(body.errorMessage, message);
  };
  await refused(call("/2020-01-01/extension/register", {}, "{}"), "Extension.InvalidExtensionName", /^Empty extension/);
  await refused(
    call("/2020-01-01/extension/register", { "Lambda-Extension-Name": "outside" }, "{"),
    "InvalidRequestFormat",
    /JSON/,
  );
  const deprecated = register("outside", [], { configurationKeys: ["a"] });
  await refused(deprecated, "InvalidRequestFormat", /^configurationKeys are deprecated/);
  await refused(register("outside", ["PAUSE"]), "Extension.InvalidEventType", /^PAUSE: /);
  await refused(register("inside", ["SHUTDOWN"]), "Extension.InvalidEventType", /^SHUTDOWN: /);
  const id = idOf(await register("outside", ["INVOKE"]));
  await refused(register("outside"), "Extension.InvalidExtensionState", /from Registered to Registered failed/);
  await register("inside");
  await refused(register("inside"), "Extension.InvalidExtensionState", /already registered$/);
  for (let more = 2; more < 10; more += 1) assert.equal((await register(`inside-${more}`)).status, 200);
  await refused(register("one too many"), "Extension.TooManyExtensions", /^Extension limit \(10\) reached$/);
  api.closeRegistration();
  await refused(register("late"), "Extension.RegistrationClosed", /closed already$/);
  await refused(call(NEXT), "Extension.MissingExtensionIdentifier", /./);
  await refused(call(NEXT, { "Lambda-Extension-Identifier": "x" }), "Extension.InvalidExtensionIdentifier", /./);
  const stranger = { "Lambda-Extension-Identifier": systemRandom.uuid() };
  await refused(call(NEXT, stranger), "Extension.UnknownExtensionIdentifier", /^Unknown extension /);
  const headers = { "Lambda-Extension-Identifier": id };
  await refused(call("/2020-01-01/extension/exit/error", headers), "Extension.MissingHeader", /not found$/);
  const reason = { ...headers, "Lambda-Extension-Function-Error-Type": "Extension.Tired" };
  assert.equal((await call("/2020-01-01/extension/exit/error", reason)).status, 202);
  assert.deepEqual(opened.failures, ["outside Extension.ExitError Extension.Tired"]);
  await refused(call(NEXT, headers), "Extension.InvalidExtensionState", /from ExitError to Ready failed/);
  const telemetry = await call("/2022-07-01/telemetry", headers, "{}");
  assert.deepEqual([telemetry.status, Object(await telemetry.json()).errorType], [202, "Telemetry.NotSupported"]);
  assert.equal((await call("/2020-01-01/extension/other")).status, 404);
});
