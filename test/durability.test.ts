/**
 * Acknowledged means on disk. Goal: whatever the server answered before `kill -9` is there after a restart. Method: one
 * client writes functions, aliases and asynchronous events as fast as it can and notes every answer; the server is killed
 * in the middle of it; a new server on the same folder is held against the notes. An event that ran leaves a role behind,
 * written through the public API, because that is durable and a log line is not.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { startServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const ROUNDS = 3;
const credentials = { accessKeyId: "test", secretAccessKey: "test" };

/** What the server has acknowledged. */
interface Notes {
  readonly functions: Map<string, string>;
  readonly aliases: Set<string>;
  readonly events: Set<string>;
}

test("nothing that was acknowledged is lost by kill -9 in the middle of writes", { timeout: 120_000 }, async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), "lambent-durability-"));
  const notes: Notes = { functions: new Map(), aliases: new Set(), events: new Set() };
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = await startServer({ dataFolder });
      const client = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 1 });
      const writing = write(client, round, notes).catch((error: unknown) => error);
      const enough = notes.events.size + 15 + Math.floor(Math.random() * 25);
      while (notes.events.size < enough) await new Promise((resolve) => setTimeout(resolve, 5));
      await server.crash();
      assert.ok((await writing) instanceof Error, "the writer ends with the server");
      client.destroy();
    }
    await check(dataFolder, notes);
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
});

const HANDLER = `
export const handler = async (event) => {
  const form = new URLSearchParams({ Action: "CreateRole", Version: "2010-05-08", RoleName: event.mark, AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}' });
  const answer = await fetch(process.env.AWS_ENDPOINT_URL, { method: "POST", body: form });
  if (answer.status !== 200 && answer.status !== 409) throw new Error(await answer.text());
};`;

async function write(client: LambdaClient, round: number, notes: Notes): Promise<never> {
  const code = await zip({ "index.mjs": HANDLER });
  for (let index = 0; ; index += 1) {
    const name = `f-${round}-${index}`;
    await client.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: "nodejs26.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/r",
        Timeout: 30,
        Code: { ZipFile: code },
      }),
    );
    notes.functions.set(name, "");
    await client.send(new CreateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion: "$LATEST" }));
    notes.aliases.add(name);
    await waitUntilFunctionActiveV2(
      { client, maxWaitTime: 20, minDelay: 0.01, maxDelay: 0.05 },
      { FunctionName: name },
    );
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Description: `described ${name}` }));
    notes.functions.set(name, `described ${name}`);
    await waitUntilFunctionUpdatedV2(
      { client, maxWaitTime: 20, minDelay: 0.01, maxDelay: 0.05 },
      { FunctionName: name },
    );
    for (let event = 0; event < 5; event += 1) {
      const mark = `${name}-${event}`;
      await client.send(
        new InvokeCommand({
          FunctionName: name,
          InvocationType: "Event",
          Payload: new TextEncoder().encode(JSON.stringify({ mark })),
        }),
      );
      notes.events.add(mark);
    }
  }
}

async function check(dataFolder: string, notes: Notes): Promise<void> {
  await using server = await startServer({ dataFolder });
  const client = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials });
  for (const [name, description] of notes.functions) {
    const found = await client.send(new GetFunctionCommand({ FunctionName: name }));
    if (description !== "") assert.equal(found.Configuration?.Description, description);
    if (notes.aliases.has(name)) await client.send(new GetAliasCommand({ FunctionName: name, Name: "live" }));
  }
  const iam = new IAMClient({ endpoint: server.url, region: "us-east-1", credentials });
  const missing = new Set(notes.events);
  const deadline = Date.now() + 60_000;
  while (missing.size > 0 && Date.now() < deadline) {
    for (const mark of await roleNames(iam)) missing.delete(mark);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.deepEqual([...missing], [], "every accepted event ran at least once");
  client.destroy();
  iam.destroy();
}

async function roleNames(iam: IAMClient): Promise<readonly string[]> {
  const names: string[] = [];
  let marker: string | undefined;
  do {
    const page = await iam.send(new ListRolesCommand(marker === undefined ? {} : { Marker: marker }));
    names.push(...(page.Roles ?? []).flatMap((role) => role.RoleName ?? []));
    marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (marker !== undefined);
  return names;
}
