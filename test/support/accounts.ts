/** Clients of several accounts, where nobody is authenticated and where everybody is. */
import assert from "node:assert/strict";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { readRootCredentials } from "../../src/root-credentials.ts";
import type { TestServer } from "./server.ts";

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export function settings(
  { url }: TestServer,
  credentials: Keys,
): { endpoint: string; region: string; credentials: Keys; maxAttempts: number } {
  return { endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 };
}

export function lambdaOf(server: TestServer, keys: Keys): LambdaClient & Disposable {
  const client = new LambdaClient(settings(server, keys));
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}

export async function answerOf(client: LambdaClient, FunctionName: string): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

/** Of an account's root user, of a server that authenticates. */
export async function rootKeys({ dataFolder }: TestServer, accountId: string): Promise<Keys> {
  const keys = readRootCredentials(dataFolder, undefined)?.of(accountId);
  assert.ok(keys);
  return keys;
}
