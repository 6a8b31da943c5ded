/** Builds the data plane: dispatcher and asynchronous engine, and the operations of Lambda's API that invoke. */
import type { Clock, Log, MetricSink, Random } from "../base/index.ts";
import type { Environments } from "../environments/index.ts";
import type { FunctionDirectory } from "../lambda/index.ts";
import type { Queues } from "../store/index.ts";
import type { Handlers } from "../wire/index.ts";
import { AsyncEngine, type Backlog, type Settlement } from "./async-engine.ts";
import { capacityOf } from "./capacity.ts";
import type { TargetServices } from "./destinations/target.ts";
import { Dispatcher } from "./dispatcher.ts";
import { LIMITS } from "./limits.ts";

export interface RouterOptions {
  readonly directory: FunctionDirectory;
  readonly environments: Environments;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Concurrent executions per account and region. Default: 1,000. */
  readonly accountConcurrency?: number;
  /** Services that destinations and dead-letter queues are in. Default: none. */
  readonly services?: TargetServices;
  readonly metrics?: MetricSink;
  /** Told of every asynchronous event that has ended. */
  readonly onSettled?: (settlement: Settlement) => Promise<void>;
}

export interface Router extends AsyncDisposable {
  readonly dispatcher: Dispatcher;
  /** Loads Invoke, InvokeAsync and InvokeWithResponseStream, and the client package. */
  loadHandlers(): Promise<Handlers<typeof import("@aws-sdk/client-lambda")>>;
  /** The functions that have asynchronous events. */
  backlog(): Promise<readonly Backlog[]>;
  /** Takes up the asynchronous events that a former server left. */
  start(): Promise<void>;
}

export function createRouter(options: RouterOptions): Router {
  const { clock, random, log, onSettled, services, metrics } = options;
  const accountConcurrency = options.accountConcurrency ?? LIMITS.accountConcurrency;
  const dispatcher = new Dispatcher({
    directory: options.directory,
    environments: options.environments,
    clock,
    random,
    accountConcurrency,
    ...(metrics && { metrics }),
  });
  const engine = new AsyncEngine({
    queues: options.queues,
    dispatcher,
    clock,
    random,
    log,
    capacityOf: capacityOf(options.directory, accountConcurrency),
    ...(services && { services }),
    ...(metrics && { metrics }),
    ...(onSettled && { onSettled }),
  });
  const following = options.directory.onChange(() => engine.capacityChanged());
  return {
    dispatcher,
    async loadHandlers() {
      const { invokeHandlers } = await import("./handlers.ts");
      return invokeHandlers({ dispatcher, engine, clock, random });
    },
    backlog: () => engine.backlog(),
    async start() {
      dispatcher.start();
      await engine.start();
    },
    async [Symbol.asyncDispose]() {
      following[Symbol.dispose]();
      await engine[Symbol.asyncDispose]();
      dispatcher[Symbol.dispose]();
    },
  };
}
