/** Real web frameworks behind function URLs: a browser opens their pages, and answers come in pieces where they stream. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  type InvokeMode,
  LambdaClient,
  type Runtime,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { pageAt } from "../support/browser.ts";
import { packageFiles } from "../support/packages.ts";
import { webPackages } from "../support/python.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { zip } from "../support/zip.ts";

type Files = Record<string, Uint8Array>;

let server: TestServer;
let lambda: LambdaClient;

before(async () => {
  server = await startServer();
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  lambda = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials });
});

after(async () => {
  lambda?.destroy();
  await server?.[Symbol.asyncDispose]();
});

async function site(): Promise<Files> {
  const folder = join(import.meta.dirname, "fixtures/site");
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [`site/${name}`, await readFile(join(folder, name))] as const)),
  );
}

const source = (name: string): Promise<Buffer> => readFile(join(import.meta.dirname, "functions", name));

/** A function of these files with a URL for everybody. */
async function deploy(
  name: string,
  settings: {
    readonly files: Files;
    readonly runtime: Runtime;
    readonly handler: string;
    readonly mode?: InvokeMode;
    readonly variables?: Record<string, string>;
  },
): Promise<string> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: "arn:aws:iam::000000000000:role/test",
      Runtime: settings.runtime,
      Handler: settings.handler,
      MemorySize: 512,
      Timeout: 30,
      Code: { ZipFile: await zip({ ...(await site()), ...settings.files }) },
      Environment: { Variables: settings.variables ?? {} },
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 60, minDelay: 0.02, maxDelay: 0.1 },
    { FunctionName: name },
  );
  const { FunctionUrl = "" } = await lambda.send(
    new CreateFunctionUrlConfigCommand({
      FunctionName: name,
      AuthType: "NONE",
      InvokeMode: settings.mode ?? "BUFFERED",
    }),
  );
  const everybody = { FunctionName: name, Principal: "*" };
  await lambda.send(
    new AddPermissionCommand({
      ...everybody,
      StatementId: "url",
      Action: "lambda:InvokeFunctionUrl",
      FunctionUrlAuthType: "NONE",
    }),
  );
  await lambda.send(
    new AddPermissionCommand({
      ...everybody,
      StatementId: "invoke",
      Action: "lambda:InvokeFunction",
      InvokedViaFunctionUrl: true,
    }),
  );
  return FunctionUrl;
}

function textOf(html: string, id: string): string {
  const text = new RegExp(`<pre id="${id}">([^<]*)</pre>`).exec(html)?.[1] ?? "";
  return text.replaceAll("&amp;", "&").replaceAll("&quot;", '"');
}

/** Opens the site; its script notes what it sees and sends the form, whose answer leads to the last page. */
async function opensInBrowser(url: string): Promise<void> {
  const html = await pageAt(url, "Done");
  assert.match(html, /The form has arrived/, html.slice(0, 500));
  const notes = JSON.parse(textOf(html, "browser"));
  assert.equal(notes.color, "rgb(0, 128, 0)", "the style sheet applies");
  assert.equal(notes.picture, "8x8", "the picture is whole");
  assert.match(notes.cookies, /first=1; second=.*two.*words/, "both cookies were set");
  assert.deepEqual([notes.status, notes.echo], [201, { query: { q: "a b" }, body: { text: "hällo" } }]);
  const seen = JSON.parse(textOf(html, "server"));
  assert.equal(seen.more, "1+1", "the form came whole, also through a redirect");
  assert.match(seen.cookie, /first=1; second=.*; name=W%C3%B6rld/, "cookies come back");
}

test("a browser opens a page by Express, with its style, picture, script, cookies and form", async () => {
  const files = { ...(await packageFiles("express", "serverless-http")), "index.cjs": await source("express.cjs") };
  await opensInBrowser(await deploy("express", { files, runtime: "nodejs24.x", handler: "index.handler" }));
});

test("a browser opens a page by Hono, buffered and streamed", async () => {
  const files = { ...(await packageFiles("hono")), "index.mjs": await source("hono.mjs") };
  const settings = { files, runtime: "nodejs24.x", handler: "index.handler" } as const;
  await opensInBrowser(await deploy("hono", settings));
  const variables = { STREAMED: "1" };
  const streamed = await deploy("hono-streamed", { ...settings, variables, mode: "RESPONSE_STREAM" });
  await opensInBrowser(streamed);
  const response = await fetch(
    `${server.url}/_lambent/urls/${new URL(streamed).hostname.split(".")[0]}/pieces?pause=500`,
  );
  assert.deepEqual([response.status, response.headers.getSetCookie()], [202, ["streamed=1; Path=/"]]);
  const pieces: string[] = [];
  for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece).toString());
  assert.deepEqual(pieces, ["one", "two"]);
});

test("a browser opens a page by FastAPI, behind Mangum", { timeout: 240_000 }, async () => {
  const { runtime, files } = await webPackages();
  const settings = {
    files: { ...files, "fastapi_site.py": await source("fastapi_site.py") },
    runtime: runtime as Runtime,
    handler: "fastapi_site.handler",
  };
  await opensInBrowser(await deploy("fastapi", settings));
});
