/** The Bus port within one process: bodies are handed over as copies, so nobody can change what another one holds. */
import type { Clock } from "../../base/index.ts";
import { checkDuration, checkName, checkSize } from "../check.ts";
import { STORE_LIMITS } from "../limits.ts";
import { type Bus, NoResponder, RequestTimedOut, ResponderFailed } from "../ports.ts";

type Deliver = (body: Uint8Array) => void;
type Respond = (body: Uint8Array) => Promise<Uint8Array>;

export class LocalBus implements Bus {
  readonly #clock: Clock;
  readonly #subscribers = new Map<string, Set<{ readonly call: Deliver }>>();
  readonly #servers = new Map<string, Set<{ readonly call: Respond }>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async publish(subject: string, body: Uint8Array): Promise<void> {
    check(subject, body);
    for (const { call } of this.#subscribers.get(subject) ?? []) {
      const copy = Uint8Array.from(body);
      // In a turn of its own: what a listener throws is the listener's, as it would be on another node.
      queueMicrotask(() => call(copy));
    }
  }

  async subscribe(subject: string, deliver: Deliver): Promise<AsyncDisposable> {
    checkName("subject", subject);
    return join(this.#subscribers, subject, deliver);
  }

  async request(subject: string, body: Uint8Array, options: { readonly timeoutMs: number }): Promise<Uint8Array> {
    check(subject, body);
    const timeoutMs = checkDuration("timeoutMs", options.timeoutMs);
    const server = this.#nextServer(subject);
    if (server === undefined) throw new NoResponder(`nobody serves ${subject}`);
    const timedOut = Promise.withResolvers<never>();
    const timer = this.#clock.schedule(timeoutMs, () => {
      timedOut.reject(new RequestTimedOut(`${subject} did not answer within ${timeoutMs} ms`));
    });
    try {
      return await Promise.race([answer(server, subject, Uint8Array.from(body)), timedOut.promise]);
    } finally {
      timer.cancel();
    }
  }

  async serve(subject: string, respond: Respond): Promise<AsyncDisposable> {
    checkName("subject", subject);
    return join(this.#servers, subject, respond);
  }

  /** Takes turns: the server that is asked goes to the end of the row. */
  #nextServer(subject: string): Respond | undefined {
    const servers = this.#servers.get(subject);
    for (const server of servers ?? []) {
      servers?.delete(server);
      servers?.add(server);
      return server.call;
    }
    return undefined;
  }
}

async function answer(respond: Respond, subject: string, body: Uint8Array): Promise<Uint8Array> {
  try {
    return Uint8Array.from(await respond(body));
  } catch (error) {
    throw new ResponderFailed(`the server of ${subject} failed: ${String(error)}`, { cause: error });
  }
}

function join<T>(members: Map<string, Set<{ readonly call: T }>>, subject: string, call: T): AsyncDisposable {
  const member = { call };
  const row = members.get(subject) ?? new Set();
  members.set(subject, row.add(member));
  return {
    [Symbol.asyncDispose]: async () => {
      row.delete(member);
      if (row.size === 0 && members.get(subject) === row) members.delete(subject);
    },
  };
}

function check(subject: string, body: Uint8Array): void {
  checkName("subject", subject);
  checkSize(`message to ${subject}`, body.byteLength, STORE_LIMITS.busBodyBytesMax);
}
