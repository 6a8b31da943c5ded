/** The clients of a history: they invoke, take down what they are told, and check that a refusal has its cause. */
import type { SimulatedClock } from "../../base/testing/simulated-clock.ts";
import { testCall } from "../../wire/testing/call.ts";
import { type Control, claimOf, provisionedOf, revisionsOf } from "./control.ts";
import type { EventFacts, Ledger } from "./ledger.ts";
import type { InvokeAction } from "./plan.ts";
import { payloadOf } from "./simulated-environments.ts";
import type { Server } from "./world.ts";

interface ClientOptions {
  readonly ledger: Ledger;
  readonly control: Control;
  readonly clock: SimulatedClock;
  readonly accountConcurrency: number;
}

export class Client {
  readonly #options: ClientOptions;
  readonly #waiting = new Set<EventFacts>();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Sends one invocation; undefined when there is no server to send it to. */
  invoke(
    server: Server | undefined,
    action: InvokeAction,
    requestId: string,
    chain?: { readonly link: number; readonly traceId: string },
  ): EventFacts | undefined {
    const { ledger } = this.#options;
    if (server?.ready !== true) {
      ledger.note("client", `${action.label} finds no server`);
      return undefined;
    }
    const { label, type, name, qualifier, script, loops = false } = action;
    const event = ledger.begin({ requestId, label, type, name, qualifier, script, loops, link: chain?.link ?? 1 });
    const invoke = server.handlers.Invoke;
    if (invoke === undefined) throw new Error("Invoke has no handler");
    this.#waiting.add(event);
    const input = {
      FunctionName: name,
      Qualifier: qualifier,
      InvocationType: type === "async" ? ("Event" as const) : ("RequestResponse" as const),
    };
    const header = (wanted: string): string | undefined => (wanted === "x-amzn-trace-id" ? chain?.traceId : undefined);
    invoke(input, testCall({ requestId, service: "lambda", operation: "Invoke", header })).then(
      (output) => {
        if (server.life.isOver) return;
        this.#answered(event, String(output.StatusCode));
        if (type === "sync") this.#checkPayload(event, output.Payload);
      },
      (error: unknown) => {
        if (server.life.isOver) return;
        this.#answered(event, error instanceof Error ? nameOf(error) : String(error));
        ledger.reached.add(event.answer ?? "");
        this.#checkRefusal(server, event, error);
      },
    );
    return event;
  }

  /** The server died: whoever waited hears so from the connection. */
  disconnected(): void {
    for (const event of [...this.#waiting]) this.#answered(event, "lost");
  }

  #answered(event: EventFacts, answer: string): void {
    event.answer = answer;
    event.answers += 1;
    this.#waiting.delete(event);
    this.#options.ledger.note("client", `${event.label} is answered ${answer}`);
  }

  #checkPayload(event: EventFacts, payload: unknown): void {
    const last = event.tries.at(-1);
    const expected = last === undefined ? "a try" : payloadOf(event, last.outcome);
    const got = payload instanceof Uint8Array ? Buffer.from(payload).toString() : String(payload);
    if (got !== expected) this.#options.ledger.violate("own-answer", `${event.label} got ${got}, not ${expected}`);
  }

  #checkRefusal(server: Server, event: EventFacts, error: unknown): void {
    const { ledger, control, accountConcurrency } = this.#options;
    const { name, qualifier, label } = event;
    const without = (why: string): void => ledger.violate("refusals-have-causes", `${label}: ${why}`);
    const record = control.record(name);
    switch (error instanceof Error ? nameOf(error) : "") {
      case "ResourceNotFoundException":
        if (control.since(name, event.askedAt).every((seen) => revisionsOf(seen, qualifier).length > 0)) {
          without("it was not found and is there");
        }
        break;
      case "TooManyRequestsException/ReservedFunctionConcurrentInvocationLimitExceeded":
        if (server.environments.running(name) < claimOf(record) - provisionedOf(record)) {
          without("its reserved concurrency is not used up");
        }
        break;
      case "TooManyRequestsException/ConcurrentInvocationLimitExceeded": {
        const noMemory = event.attempts > event.tries.length;
        const { sharedAtMost, total } = server.environments;
        if (!noMemory && total < accountConcurrency && sharedAtMost < accountConcurrency - control.claimedTotal) {
          without("the account's concurrency is not used up");
        }
        break;
      }
      default:
    }
  }
}

function nameOf(error: Error): string {
  return "Reason" in error ? `${error.name}/${String(error.Reason)}` : error.name;
}
