/** A real server with functions for tests of fidelity, and waits that end when something has come about. */
import { setTimeout as wait } from "node:timers/promises";
import { startServer, type TestServer } from "../../support/server.ts";
import { zip } from "../../support/zip.ts";
import { type Answer, authorization, rawClient, type Send } from "./raw.ts";

export const ACCOUNT = "000000000000";
export const FUNCTIONS = "/2015-03-31/functions";
export const ROLE: string = `arn:aws:iam::${ACCOUNT}:role/lambda`;
const POLL_MS = 20;
/** The first function of a runtime may wait for its interpreter to be fetched. */
const LONGEST_WAIT_MS = 120_000;

export interface House extends AsyncDisposable {
  readonly server: TestServer;
  readonly send: Send;
  /** Creates a function of one file and waits until it is Active. */
  create(name: string, files: Readonly<Record<string, string>>, settings?: object): Promise<Answer>;
  invoke(name: string, event?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Messages of every stream of the function's log group, once `enough` of them says so. */
  logged(name: string, enough: (messages: readonly string[]) => boolean): Promise<readonly string[]>;
}

export async function openHouse(): Promise<House> {
  const server = await startServer();
  const send = rawClient(server.url);
  const house: House = {
    server,
    send,
    async create(name, files, settings = {}) {
      const created = await send("POST", FUNCTIONS, await functionInput(name, files, settings));
      if (created.status !== 201) throw new Error(`${name} was not created: ${created.text}`);
      await settled(send, name);
      return created;
    },
    invoke: (name, event, headers = {}) => send("POST", `${FUNCTIONS}/${name}/invocations`, event, headers),
    logged: (name, enough) => eventually(() => messagesOf(send, name), enough),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return house;
}

export async function functionInput(
  name: string,
  files: Readonly<Record<string, string>>,
  settings: object = {},
): Promise<Record<string, unknown>> {
  return {
    FunctionName: name,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: ROLE,
    Code: { ZipFile: Buffer.from(await zip(files)).toString("base64") },
    ...settings,
  };
}

export async function settled(send: Send, name: string): Promise<Answer> {
  return eventually(
    () => send("GET", `${FUNCTIONS}/${name}/configuration`),
    ({ json }) => json["State"] !== "Pending" && json["LastUpdateStatus"] !== "InProgress",
  );
}

/** Asks again until the answer is good; fails after a deadline with the last answer. */
export async function eventually<T>(ask: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + LONGEST_WAIT_MS;
  for (;;) {
    const value = await ask();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`never came about; at last: ${JSON.stringify(value)}`);
    await wait(POLL_MS);
  }
}

async function messagesOf(send: Send, name: string): Promise<readonly string[]> {
  const group = { logGroupName: `/aws/lambda/${name}` };
  const { json } = await send("POST", "/", group, {
    authorization: authorization("logs"),
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Logs_20140328.FilterLogEvents",
  });
  const events = json["events"];
  return Array.isArray(events) ? events.map(({ message }: { message: string }) => message) : [];
}
