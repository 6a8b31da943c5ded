/**
 * AWS's own clients, pointed at the server. Each is imported when a command first needs it: they are the slow part of
 * starting the command line.
 */
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { SignerClient } from "@aws-sdk/client-signer";
import type { ClientConfig } from "./config.ts";

/** The client package and a client of it; destroy the client when done. */
export interface LambdaAccess {
  readonly sdk: typeof import("@aws-sdk/client-lambda");
  readonly client: LambdaClient;
}

export interface LogsAccess {
  readonly sdk: typeof import("@aws-sdk/client-cloudwatch-logs");
  readonly client: CloudWatchLogsClient;
}

export interface SignerAccess {
  readonly sdk: typeof import("@aws-sdk/client-signer");
  readonly client: SignerClient;
}

export interface IamAccess {
  readonly sdk: typeof import("@aws-sdk/client-iam");
  readonly client: IAMClient;
}

/** A retry would run a function twice, so there is none: the server is near and says what is wrong at once. */
const ATTEMPTS = 1;

export async function lambdaAccess(config: ClientConfig): Promise<LambdaAccess> {
  const sdk = await import("@aws-sdk/client-lambda");
  return { sdk, client: new sdk.LambdaClient(settings(config)) };
}

export async function logsAccess(config: ClientConfig): Promise<LogsAccess> {
  const sdk = await import("@aws-sdk/client-cloudwatch-logs");
  return { sdk, client: new sdk.CloudWatchLogsClient(settings(config)) };
}

export async function signerAccess(config: ClientConfig): Promise<SignerAccess> {
  const sdk = await import("@aws-sdk/client-signer");
  return { sdk, client: new sdk.SignerClient(settings(config)) };
}

export async function iamAccess(config: ClientConfig): Promise<IamAccess> {
  const sdk = await import("@aws-sdk/client-iam");
  return { sdk, client: new sdk.IAMClient(settings(config)) };
}

function settings(config: ClientConfig) {
  const { endpoint, region, credentials } = config;
  return { endpoint, region, maxAttempts: ATTEMPTS, ...(credentials === undefined ? {} : { credentials }) };
}
