/**
 * A small house around real environments for tests: a real driver and real runtimes, the functions of ./functions, and a
 * log that can be read. Everything is ended and removed when it is disposed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { createSandboxDriver, type SandboxDriver } from "../../sandbox/index.ts";
import {
  createEnvironments,
  type Environments,
  type EnvironmentsOptions,
  type FunctionVersion,
  type InvocationRequest,
  type InvocationResult,
  type ReportedInvocation,
} from "../index.ts";
import { testRuntimes } from "./runtimes.ts";

const FUNCTIONS = fileURLToPath(new URL("./functions", import.meta.url));

export interface House extends AsyncDisposable {
  readonly environments: Environments;
  readonly folder: string;
  /** Everything written to any log stream so far, in order. */
  readonly events: { readonly stream: string; readonly group: string; readonly message: string }[];
  readonly reports: ReportedInvocation[];
  /** Called with each event as it is written. */
  onEvent: (message: string) => void;
  /** Invokes with a JSON event; the payload comes back as text. */
  invoke(
    version: FunctionVersion,
    event?: unknown,
    request?: Partial<InvocationRequest>,
  ): Promise<InvocationResult & { readonly text: string; readonly requestId: string }>;
}

export async function openHouse(driverName: string, options: Partial<EnvironmentsOptions> = {}): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "lambent-environments-"));
  const log = lineLog("error", (line) => process.stderr.write(line));
  const base = { clock: systemClock, random: systemRandom, log };
  const driver = await openDriver(driverName, folder, options.clock);
  const events: House["events"] = [];
  const reports: ReportedInvocation[] = [];
  const environments = createEnvironments({
    ...base,
    driver,
    runtimes: testRuntimes(join(folder, "cache"), log),
    codeFolders: { unpacked: async (name) => join(FUNCTIONS, name) },
    logs: {
      open: ({ stream, group }) => ({
        write(message) {
          events.push({ stream, group, message });
          house.onEvent(message);
        },
        close: () => undefined,
      }),
    },
    credentials: async () => ({ accessKeyId: "key", secretAccessKey: "secret", sessionToken: "token" }),
    endpointServer: () => createServer((_request, response) => response.end("lambent")),
    endpointUrl: "http://localhost:4566",
    exposePorts: [],
    strictRuntimes: false,
    onReport: (_version, invocation) => reports.push(invocation),
    ...options,
  });
  const house: House = {
    environments,
    folder,
    events,
    reports,
    onEvent: () => undefined,
    async invoke(version, event = {}, request = {}) {
      const requestId = request.requestId ?? systemRandom.uuid();
      const result = await environments.invoke(version, {
        requestId,
        payload: Buffer.from(JSON.stringify(event)),
        invokedFunctionArn: version.functionArn,
        traceId: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
        tail: false,
        ...request,
      });
      return { ...result, text: Buffer.from(result.payload).toString(), requestId };
    },
    async [Symbol.asyncDispose]() {
      await environments[Symbol.asyncDispose]();
      await driver[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return house;
}

/** Host path of a file of ./functions. */
export function functionFile(name: string): string {
  return join(FUNCTIONS, name);
}

/** A driver for tests; whoever opens it disposes it. */
export function openDriver(name: string, folder: string, clock: Clock = systemClock): Promise<SandboxDriver> {
  const log = lineLog("error", (line) => process.stderr.write(line));
  const base = { clock, random: systemRandom, log };
  return createSandboxDriver({ requested: name, runFolder: join(folder, "run"), ...base });
}

/** A version whose handler is `{module}.handler` of ./functions. */
export function versionOf(module: string, more: Partial<FunctionVersion> = {}): FunctionVersion {
  const functionName = more.functionName ?? module;
  return {
    accountId: "000000000000",
    region: "eu-central-1",
    functionName,
    version: "$LATEST",
    functionArn: `arn:aws:lambda:eu-central-1:000000000000:function:${functionName}`,
    revisionId: `revision-of-${module}`,
    runtime: "nodejs26.x",
    handler: `${module}.handler`,
    architecture: "x86_64",
    code: { kind: "folder", path: FUNCTIONS },
    layers: [],
    variables: {},
    memoryMb: 256,
    timeoutMs: 5_000,
    ephemeralStorageMb: 512,
    roleArn: "arn:aws:iam::000000000000:role/tester",
    runtimeVersionArn: "arn:aws:lambda:us-east-1::runtime:current",
    tracingMode: "PassThrough",
    ...more,
    logging: {
      format: "Text",
      group: `/aws/lambda/${functionName}`,
      applicationLevel: "INFO",
      systemLevel: "INFO",
      ...more.logging,
    },
  };
}
