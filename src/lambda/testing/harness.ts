/** A whole Lambda service over a real store in a temporary folder, its operations called directly. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Clock, lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { createRouter, type Router, type RouterOptions } from "../../invoke/index.ts";
import { openLocalStore, type Store } from "../../store/index.ts";
import type { Call, Handler, Handlers, OperationInput, OperationName, OperationOutput } from "../../wire/index.ts";
import { TEST_ACCOUNT, TEST_REGION, testCall } from "../../wire/testing/call.ts";
import { createLambdaRoom, type LambdaRoom, type LambdaRoomOptions } from "../index.ts";
import { InProcessEnvironments } from "./in-process-environments.ts";
import { zipOf } from "./zips.ts";

type LambdaModule = typeof import("@aws-sdk/client-lambda");

export const ACCOUNT = TEST_ACCOUNT;
export const REGION = TEST_REGION;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/test`;
export const ARN = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;

export interface HarnessOptions {
  readonly clock?: Clock;
  readonly room?: Partial<LambdaRoomOptions>;
  readonly router?: Partial<RouterOptions>;
}

export class Harness implements AsyncDisposable {
  readonly folder: string;
  readonly store: Store;
  room: LambdaRoom;
  router: Router;
  environments: InProcessEnvironments;
  readonly logged: string[] = [];
  readonly #options: HarnessOptions;
  #handlers: Handlers<LambdaModule> = {};

  private constructor(folder: string, store: Store, options: HarnessOptions) {
    this.folder = folder;
    this.store = store;
    this.#options = options;
    const clock = options.clock ?? systemClock;
    const log = lineLog("warn", (line) => void this.logged.push(line));
    this.room = createLambdaRoom({
      store,
      dataFolder: folder,
      clock,
      random: systemRandom,
      log,
      allocation: (functionArn, qualifier) => this.environments.allocation(functionArn, qualifier),
      ...options.room,
    });
    this.environments = new InProcessEnvironments(this.room.codeFolders);
    this.router = createRouter({
      directory: this.room.directory,
      environments: this.environments,
      queues: store.queues,
      clock,
      random: systemRandom,
      log,
      ...options.router,
    });
  }

  static async open(options: HarnessOptions = {}): Promise<Harness> {
    const folder = await mkdtemp(join(tmpdir(), "lambent-lambda-"));
    const clock = options.clock ?? systemClock;
    const log = lineLog("error", (line) => process.stderr.write(line));
    const store = await openLocalStore({ folder: join(folder, "store"), clock, random: systemRandom, log });
    const harness = new Harness(folder, store, options);
    await harness.#start();
    return harness;
  }

  /** Closes and opens everything but the store, as a restart of the server would. */
  async restart(): Promise<void> {
    await this.#stop();
    const next = new Harness(this.folder, this.store, this.#options);
    this.room = next.room;
    this.router = next.router;
    this.environments = next.environments;
    await this.#start();
  }

  call<N extends OperationName<LambdaModule>>(
    operation: N,
    input: OperationInput<LambdaModule, N>,
    call: Partial<Call> = {},
  ): Promise<OperationOutput<LambdaModule, N>> {
    const handler: Handler<LambdaModule, N> | undefined = this.#handlers[operation];
    if (handler === undefined) throw new Error(`${operation} has no handler`);
    return handler(input, testCall({ service: "lambda", operation, ...call }));
  }

  /** Creates a function from one module's source. */
  async create(
    FunctionName: string,
    source: string,
    more: Partial<OperationInput<LambdaModule, "CreateFunction">> = {},
  ): Promise<OperationOutput<LambdaModule, "CreateFunction">> {
    return this.call("CreateFunction", {
      FunctionName,
      Role: ROLE,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile: await zipOf({ "index.mjs": source }) },
      ...more,
    });
  }

  async invoke(FunctionName: string, event: unknown = {}, Qualifier?: string): Promise<unknown> {
    const Payload = Readable.from([Buffer.from(JSON.stringify(event))]);
    const output = await this.call("Invoke", { FunctionName, Payload, ...(Qualifier !== undefined && { Qualifier }) });
    return output.Payload instanceof Uint8Array ? JSON.parse(Buffer.from(output.Payload).toString()) : output.Payload;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.store[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    await this.room.start();
    await this.router.start();
    this.#handlers = { ...(await this.room.loadHandlers()), ...(await this.router.loadHandlers()) };
  }

  async #stop(): Promise<void> {
    await this.router[Symbol.asyncDispose]();
    await this.room[Symbol.asyncDispose]();
  }
}
