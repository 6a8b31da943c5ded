/**
 * The composition root: configuration in, every room wired, a listening server out. The only file that knows all rooms;
 * it hands clock, randomness, folders and limits down and holds no state of its own.
 */
import type { Server } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { Activity } from "./activity.ts";
import { isLoopback, type Log, lineLog, sleep, systemClock, systemRandom, UserError } from "./base/index.ts";
import { makeDataFolder } from "./data-folder.ts";
import { createEnvironments, type Environments } from "./environments/index.ts";
import { collectAndShrink, IdleMemory, loopUtilization } from "./idle-memory.ts";
import { createRouter } from "./invoke/index.ts";
import { createLambdaRoom, type LambdaRoom } from "./lambda/index.ts";
import {
  createRuntimes,
  type LanguageSurvey,
  type Progress,
  type Runtimes,
  surveyInterpreters,
} from "./runtimes/index.ts";
import { createSandboxDriver, type Isolation, type SandboxDriver, trimAllocator } from "./sandbox/index.ts";
import { type AuthMode, openServerAuth, type ServerAuth } from "./server-auth.ts";
import { type ServerBase as Base, quotasOf, type ServerConfig } from "./server-config.ts";
import { closeGently } from "./server-drain.ts";
import { serverImages } from "./server-images.ts";
import { openServerRegistry, type ServerRegistry } from "./server-registry.ts";
import { buildWire } from "./server-wire.ts";
import { type CallersServices, createServiceClients } from "./service-clients.ts";
import { createRoleTrust, createUserKeys } from "./services/iam/index.ts";
import type { KmsClient } from "./services/kms/index.ts";
import type { LogsClient } from "./services/logs/index.ts";
import { type SignerClient, signerRoot } from "./services/signer/index.ts";
import type { StsClient } from "./services/sts/index.ts";
import { openLocalStore, type Store } from "./store/index.ts";
import { createLogSink, invocationMetrics, Metrics, roleCredentials, type ServiceLogSink } from "./telemetry/index.ts";
import { affordableConnections, createHttpServer, type Wire } from "./wire/index.ts";

export type { LanguageSurvey, Progress, ProgressStep } from "./runtimes/index.ts";
export type { AuthMode } from "./server-auth.ts";
export type { ServerConfig } from "./server-config.ts";

export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** `http://localhost:4566` */
  readonly url: string;
  readonly isolation: Isolation;
  readonly auth: AuthMode;
  /** Milliseconds from the start of the process to the first accepted connection. */
  readonly readyMs: number;
}

/** A server without a request for this long gives memory back. */
const IDLE_QUIET_MS = 1500;

/** How long after the first deployment the log service is loaded. */
const LOG_SERVICE_DELAY_MS = 300;

const clock = systemClock;
const random = systemRandom;

/**
 * Throws a UserError for what a person can mend (port, folder, driver), and leaves nothing behind then. `progress` hears
 * what is fetched while it runs.
 */
export async function startServer(
  config: ServerConfig,
  options: { readonly progress?: Progress } = {},
): Promise<RunningServer> {
  const log = lineLog(config.logLevel, (line) => void process.stderr.write(line));
  await using stack = new AsyncDisposableStack();
  const [store, driver] = await openBase(config, log, stack);
  const activity = new Activity({ ...options, clock, log });
  const base: Base = { config, log, store, driver, activity, address: { url: "" } };
  const auth = await openServerAuth({ ...config, mode: config.auth, store, clock, random, log });
  if (auth !== undefined) stack.use(auth);
  const metrics = new Metrics(clock);
  const runtimes = createRuntimes({
    cacheFolder: cacheFolder(config),
    hostNode: process.execPath,
    log,
    progress: (step) => activity.step(step),
  });
  const links: { wire?: Wire; environments?: Environments; lambda?: LambdaRoom; services?: CallersServices } = {};
  const gate = auth?.gate;
  const registry = stack.use(
    await openServerRegistry({
      store,
      dataFolder: config.dataFolder,
      gate,
      isUsedElsewhere: (hex) => links.lambda?.usesContent(hex) ?? true,
      clock,
      random,
      log,
    }),
  );
  const lambda = stack.use(buildLambda(base, runtimes, links, { registry, metrics, audit: gate?.audit }));
  links.lambda = lambda;
  const client: Wire["client"] = (service, identity) => required(links.wire).client(service, identity);
  const logs = stack.use(createLogSink({ clock, log, logsClient: (identity) => client<LogsClient>("logs", identity) }));
  const credentials = roleCredentials({ clock, stsClient: (identity) => client<StsClient>("sts", identity) });
  const environments = stack.use(buildEnvironments(base, { runtimes, lambda, logs, metrics, credentials, links }));
  links.environments = environments;
  const services = stack.use(
    createServiceClients({
      inProcess: (service, identity) => (links.wire?.has(service) ? client(service, identity) : undefined),
      ownUrl: () => base.address.url,
      endpoints: config.serviceEndpoints,
      credentials,
      credentialsElsewhere: config.serviceCredentials,
      asksPermissions: auth !== undefined,
    }),
  );
  links.services = services;
  const router = stack.use(
    createRouter({
      directory: lambda.directory,
      environments,
      queues: store.queues,
      clock,
      random,
      log,
      accountConcurrency: config.accountConcurrency,
      metrics,
      services,
    }),
  );
  const userKeys = stack.use(createUserKeys({ records: store.records, log }));
  const parts = {
    lambda,
    router,
    environments,
    metrics,
    client,
    has: (service: string): boolean => links.wire?.has(service) ?? false,
    userKeys,
    gate,
    registry,
  };
  const wire = buildWire(base, parts);
  links.wire = wire;

  await lambda.start();
  const server = createHttpServer(wire, { connectionsMax: affordableConnections() });
  await listen(server, config, stack);
  const port = portOf(server);
  base.address.url = `http://localhost:${port}`;
  await router.start();
  prepareSandboxes(driver, log);
  const busy = (): boolean => environments.list().some(({ state }) => state === "init" || state === "busy");
  const utilization = loopUtilization();
  const idleMemory = stack.use(
    new IdleMemory({ clock, quietMs: IDLE_QUIET_MS, busy, utilization, collect: giveMemoryBack }),
  );
  server.on("request", () => idleMemory.touch());

  const running = stack.move();
  return {
    port,
    url: base.address.url,
    isolation: driver.isolation,
    auth: config.auth,
    readyMs: performance.now(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Which interpreters a server of this configuration has without fetching any. */
export function surveyRuntimes(
  config: ServerConfig,
): Promise<{ readonly node: LanguageSurvey; readonly python: LanguageSurvey }> {
  const log = lineLog(config.logLevel, (line) => void process.stderr.write(line));
  const search = { cacheFolder: cacheFolder(config), hostNode: process.execPath, env: process.env };
  return surveyInterpreters({ ...search, log });
}

async function openBase(config: ServerConfig, log: Log, stack: AsyncDisposableStack): Promise<[Store, SandboxDriver]> {
  await makeDataFolder(config.dataFolder);
  const driver = stack.use(
    await createSandboxDriver({
      requested: config.driver,
      runFolder: join(config.dataFolder, "run"),
      clock,
      random,
      log,
    }),
  );
  if (!driver.isolation.contains && !isLoopback(config.host)) {
    throw new UserError(
      "uncontained-beyond-loopback",
      `${driver.isolation.summary} does not contain hostile code, so Lambent serves loopback only.`,
      {
        nextStep: "leave --host out, or see with `lambent doctor` what isolation needs",
      },
    );
  }
  const store = stack.use(await openLocalStore({ folder: config.dataFolder, clock, random, log }));
  return [store, driver];
}

function buildLambda(
  base: Base,
  runtimes: Runtimes,
  links: { readonly wire?: Wire; readonly environments?: Environments; readonly services?: CallersServices },
  {
    registry,
    metrics,
    audit,
  }: {
    readonly registry: ServerRegistry;
    readonly metrics: Metrics;
    readonly audit: ServerAuth["gate"]["audit"] | undefined;
  },
): LambdaRoom {
  const { config, log, store, driver, activity, address } = base;
  return createLambdaRoom({
    images: serverImages({ config, driver, address, repositories: registry.repositories, clock, random, log }),
    isContentUsedElsewhere: registry.has,
    store,
    dataFolder: config.dataFolder,
    fileSystems: config.fileSystems,
    clock,
    random,
    log,
    quotas: quotasOf(config),
    kms: (caller) => required(links.wire).client<KmsClient>("kms", caller),
    signer: (caller) => required(links.wire).client<SignerClient>("signer", caller),
    signingRoots: async () => [await signerRoot({ store, clock, random })],
    metrics,
    roles: {
      trustOf: createRoleTrust(store.records),
      mustExist: config.auth === "enforce",
      missing: (role, functionArn, message) =>
        audit?.other(functionArn, role, { code: "InvalidParameterValueException", message }),
    },
    isGated: config.auth === "enforce",
    ...(config.functionUrlBase !== undefined && { functionUrlBase: config.functionUrlBase }),
    s3: (caller) => links.services?.reachFor("s3", caller),
    allocation: (functionArn, qualifier) => links.environments?.allocation(functionArn, qualifier),
    checkRuntime: async (name) => {
      const runtime = runtimes.get(name);
      if (runtime === undefined) throw new UserError("unknown-runtime", `Lambent cannot run ${name} yet`);
      const interpreter = await runtime.findInterpreter({ strict: config.strictRuntimes });
      const sdk = await runtime.prepareSdk();
      activity.notice(
        name,
        [interpreter.notice, sdk.notice].filter((sentence) => sentence !== undefined),
      );
    },
  });
}

function buildEnvironments(
  base: Base,
  parts: {
    readonly runtimes: Runtimes;
    readonly lambda: LambdaRoom;
    readonly logs: ServiceLogSink;
    readonly metrics: Metrics;
    readonly credentials: ReturnType<typeof roleCredentials>;
    readonly links: { readonly wire?: Wire };
  },
): Environments {
  const { config, log, driver, address } = base;
  return createEnvironments({
    driver,
    runtimes: parts.runtimes,
    codeFolders: parts.lambda.codeFolders,
    openVariables: parts.lambda.openVariables,
    fileSystems: parts.lambda.fileSystems,
    logs: parts.logs,
    credentials: parts.credentials,
    onReport: invocationMetrics(parts.metrics),
    endpointServer: () => createHttpServer(required(parts.links.wire)),
    get endpointUrl() {
      return address.url;
    },
    onExpected: loadedOnce(base, parts.links),
    exposePorts: config.exposePorts,
    strictRuntimes: config.strictRuntimes,
    ...(config.spares ? {} : { settings: { sparesPerRuntimeMax: 0 } }),
    clock,
    random,
    log,
  });
}

/**
 * What the first invocation of any function needs of other services, loaded behind the first deployment: credentials first,
 * and the log, which gets lines a while later, when nobody waits for the machine.
 */
function loadedOnce({ log }: Base, links: { readonly wire?: Wire }): () => void {
  let loads = false;
  const load = async (): Promise<void> => {
    for (const service of ["sts", "iam"]) await links.wire?.load(service);
    await sleep(clock, LOG_SERVICE_DELAY_MS);
    await links.wire?.load("logs");
  };
  return () => {
    if (loads) return;
    loads = true;
    load().catch((error: unknown) => log.debug("a service cannot be loaded ahead of need", { error }));
  };
}

async function listen(server: Server, config: ServerConfig, stack: AsyncDisposableStack): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  stack.defer(() => closeGently(server, clock));
}

/** The heavy part of isolation's set-up, behind the first answers so that neither start nor first sandbox waits for it. */
function prepareSandboxes(driver: SandboxDriver, log: Log): void {
  driver
    .prepare()
    .catch((error: unknown) => log.warn("sandboxes cannot be prepared; the first one tries again", { error }));
}

function giveMemoryBack(): void {
  collectAndShrink();
  trimAllocator();
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen on TCP");
  return address.port;
}

/** Interpreters and SDKs outlive a data folder; without a home they live in it. */
function cacheFolder(config: ServerConfig): string {
  const base =
    process.env["XDG_CACHE_HOME"] ?? (process.env["HOME"] === undefined ? undefined : join(homedir(), ".cache"));
  return base === undefined ? join(config.dataFolder, "cache") : join(base, "lambent");
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the wire is used before it is built");
  return value;
}
