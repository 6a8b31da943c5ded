/**
 * For tests of service rooms: calls a room's handlers as the wire would, without sockets and without validation. Not
 * exported by the kit's index, so nothing but tests imports it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { openLocalStore, type Store } from "../../store/index.ts";
import type {
  Call,
  ClientModule,
  OperationInput,
  OperationName,
  OperationOutput,
  Service,
  Wire,
  WireOptions,
} from "../../wire/index.ts";
import { TEST_ACCOUNT, TEST_REGION, testCall } from "../../wire/testing/call.ts";
import { serve } from "../../wire/testing/serve.ts";

export { TEST_ACCOUNT, TEST_REGION, testCall };

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
  const server = await serve(services, {
    log: lineLog("warn", (line) => process.stderr.write(line)),
    ...(resolvePrincipal === undefined ? {} : { resolvePrincipal }),
  });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return {
    clientConfig: { endpoint: server.endpoint, region: TEST_REGION, credentials },
    wire: server.wire,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
