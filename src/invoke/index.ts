/**
 * The data plane: from a function's name and an event to an answer, synchronously, streamed, or later through a durable
 * queue; concurrency, throttling, retries. Knows neither HTTP nor sandboxes.
 */
export type { Backlog, Settlement } from "./async-engine.ts";
export type { RoleBearer, TargetModules, TargetService, TargetServices } from "./destinations/target.ts";
export {
  type Admission,
  type Dispatcher,
  type Invocation,
  type InvokeTarget,
  type Refusal,
  Unprovidable,
} from "./dispatcher.ts";
export type { AsyncEvent, EventHeader } from "./event.ts";
export { createRouter, type Router, type RouterOptions } from "./router.ts";
export type { Condition } from "./verdict.ts";
