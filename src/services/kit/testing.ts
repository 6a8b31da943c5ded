/**
 * For tests of service rooms: calls a room's handlers as the wire would, without sockets and without validation. Not
 * exported by the kit's index, so nothing but tests imports it.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { openLocalStore, type Store } from "../../store/index.ts";
import {
  type Call,
  type ClientModule,
  createHttpServer,
  createWire,
  type OperationInput,
  type OperationName,
  type OperationOutput,
  type Service,
  type Wire,
  type WireOptions,
} from "../../wire/index.ts";

export const TEST_ACCOUNT = "000000000000";
export const TEST_REGION = "us-east-1";

/** A call by the user `lambent` of the test account, with what `overrides` changes. */
export function testCall(overrides: Partial<Call> = {}): Call {
  return {
    requestId: randomUUID(),
    service: "test",
    operation: "Test",
    accountId: TEST_ACCOUNT,
    region: TEST_REGION,
    partition: "aws",
    principal: { kind: "user", accountId: TEST_ACCOUNT, arn: `arn:aws:iam::${TEST_ACCOUNT}:user/lambent` },
    endpoint: "http://localhost:4566",
    signal: new AbortController().signal,
    header: () => undefined,
    setHeader: () => undefined,
    ...overrides,
  };
}

/** A caller of one operation at a time. */
export type TestCaller<C extends ClientModule> = <N extends OperationName<C>>(
  operation: N,
  input: OperationInput<C, N>,
  overrides?: Partial<Call>,
) => Promise<OperationOutput<C, N>>;

/** Loads a service and calls its handlers directly. `C` is the type of its client module. */
export async function testCaller<C extends ClientModule>(service: Service<C>): Promise<TestCaller<C>> {
  const { handlers } = await service.load();
  return (operation, input, overrides = {}) => {
    const handler = handlers[operation];
    if (handler === undefined) throw new Error(`no handler for ${operation}`);
    return handler(input, testCall({ service: service.name, operation, ...overrides }));
  };
}

/** A store in a new temporary folder, which goes away with it. */
export async function testStore(clock: Clock): Promise<Store & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "lambent-service-test-"));
  const log = lineLog("warn", (line) => process.stderr.write(line));
  const store = await openLocalStore({ folder, clock, random: systemRandom, log });
  return {
    records: store.records,
    blobs: store.blobs,
    queues: store.queues,
    journals: store.journals,
    bus: store.bus,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** A clock whose wall time moves only by `set`; monotonic time and timers are the machine's. */
export interface TestClock extends Clock {
  set(timeMs: number): void;
}

export function testClock(startMs: number): TestClock {
  let now = startMs;
  return {
    ...systemClock,
    now: () => now,
    set(timeMs) {
      now = timeMs;
    },
  };
}

export interface TestServer extends AsyncDisposable {
  /** What an SDK client is made with: endpoint, region and credentials of the user `lambent`. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly wire: Wire;
}

/** Services behind the real wire on a free port, for tests with unmodified SDK clients. */
export async function testServer(
  services: readonly Service[],
  resolvePrincipal?: WireOptions["resolvePrincipal"],
): Promise<TestServer> {
  let endpoint = "";
  const wire = createWire({
    services,
    clock: systemClock,
    random: systemRandom,
    log: lineLog("warn", (line) => process.stderr.write(line)),
    endpoint: () => endpoint,
    ...(resolvePrincipal === undefined ? {} : { resolvePrincipal }),
  });
  const server = createHttpServer(wire);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the test server has no port");
  endpoint = `http://127.0.0.1:${address.port}`;
  return {
    clientConfig: { endpoint, region: TEST_REGION, credentials: { accessKeyId: "test", secretAccessKey: "test" } },
    wire,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
