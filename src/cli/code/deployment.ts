/**
 * Creates or updates one function through the public API and waits until it can be invoked, as any deployment tool does.
 */

import { setTimeout as wait } from "node:timers/promises";
import type {
  CreateFunctionCommandInput,
  FunctionConfiguration,
  UpdateFunctionConfigurationCommandInput,
} from "@aws-sdk/client-lambda";
import { UserError } from "../../base/index.ts";
import type { LambdaAccess } from "../clients.ts";
import { READY_POLL_MS, READY_WAIT_MS } from "../limits.ts";

/** What was asked for; undefined leaves a setting as it is (or AWS's default at creation). */
export interface Deployment {
  readonly name: string;
  readonly code: { readonly zip: Buffer } | { readonly hotReloadFolder: string };
  readonly runtime: string;
  readonly handler: string;
  readonly role: string;
  readonly memoryMb: number | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly variables: Readonly<Record<string, string>> | undefined;
  readonly layers: readonly string[] | undefined;
}

export interface Deployed {
  readonly created: boolean;
  readonly configuration: FunctionConfiguration;
}

/** Throws AWS's errors as they come, and a UserError when the function does not become ready. */
export async function deployFunction(
  access: LambdaAccess,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Deployed> {
  const existing = await find(access, deployment.name);
  if (existing === undefined) {
    await access.client.send(
      new access.sdk.CreateFunctionCommand({
        ...settingsOf(deployment),
        Role: deployment.role,
        Code: codeOf(deployment),
      }),
    );
    return { created: true, configuration: await untilReady(access, deployment.name, signal) };
  }
  await access.client.send(new access.sdk.UpdateFunctionConfigurationCommand(settingsOf(deployment)));
  await untilReady(access, deployment.name, signal);
  await access.client.send(
    new access.sdk.UpdateFunctionCodeCommand({ FunctionName: deployment.name, ...codeOf(deployment) }),
  );
  return { created: false, configuration: await untilReady(access, deployment.name, signal) };
}

async function find({ sdk, client }: LambdaAccess, name: string): Promise<FunctionConfiguration | undefined> {
  try {
    return await client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName: name }));
  } catch (error) {
    if (error instanceof sdk.ResourceNotFoundException) return undefined;
    throw error;
  }
}

function settingsOf(
  deployment: Deployment,
): Omit<CreateFunctionCommandInput, "Role" | "Code"> & UpdateFunctionConfigurationCommandInput {
  const { name, runtime, handler, memoryMb, timeoutSeconds, variables, layers } = deployment;
  return {
    FunctionName: name,
    // The server answers with a ValidationException for a runtime that AWS does not have; no list is kept here.
    Runtime: runtime as NonNullable<CreateFunctionCommandInput["Runtime"]>,
    Handler: handler,
    ...(memoryMb === undefined ? {} : { MemorySize: memoryMb }),
    ...(timeoutSeconds === undefined ? {} : { Timeout: timeoutSeconds }),
    ...(variables === undefined ? {} : { Environment: { Variables: { ...variables } } }),
    ...(layers === undefined ? {} : { Layers: [...layers] }),
  };
}

function codeOf({ code }: Deployment): { ZipFile: Buffer } | { S3Bucket: string; S3Key: string } {
  return "zip" in code ? { ZipFile: code.zip } : { S3Bucket: "hot-reload", S3Key: code.hotReloadFolder };
}

/** Resolves when the function can be invoked and changed. Throws a UserError where it does not become so. */
export async function untilReady(
  { sdk, client }: LambdaAccess,
  name: string,
  signal: AbortSignal,
): Promise<FunctionConfiguration> {
  const deadline = Date.now() + READY_WAIT_MS;
  for (;;) {
    const command = new sdk.GetFunctionConfigurationCommand({ FunctionName: name });
    const { $metadata: _, ...configuration } = await client.send(command);
    if (configuration.State === "Failed" || configuration.LastUpdateStatus === "Failed") {
      const reason = configuration.StateReason ?? configuration.LastUpdateStatusReason ?? "no reason was given";
      throw new UserError("function-failed", `${name} cannot run: ${reason}`, {
        nextStep: "lambent doctor shows which runtimes this machine has",
      });
    }
    if (configuration.State !== "Pending" && configuration.LastUpdateStatus !== "InProgress") return configuration;
    if (Date.now() > deadline) {
      throw new UserError(
        "function-not-ready",
        `${name} is still ${configuration.State} after ${READY_WAIT_MS / 1000} seconds.`,
        { nextStep: "lambent status shows what the server does" },
      );
    }
    await wait(READY_POLL_MS, undefined, { signal });
  }
}
