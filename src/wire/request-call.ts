/** The Call of a request that came over HTTP. Its signal is made only when a handler asks for it. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { type HttpResponse, isGone, isSent } from "./http-types.ts";
import type { Call, Principal } from "./types.ts";

export interface CallFacts {
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly principal: Principal;
  readonly endpoint: string;
}

export class RequestCall implements Call {
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  readonly principal: Principal;
  readonly endpoint: string;
  readonly #headers: IncomingHttpHeaders;
  readonly #response: HttpResponse;
  readonly #fields: OutgoingHttpHeaders;
  #abort: AbortController | undefined;

  /** What handlers add to the response's head is collected in `fields`. */
  constructor(facts: CallFacts, headers: IncomingHttpHeaders, response: HttpResponse, fields: OutgoingHttpHeaders) {
    this.requestId = facts.requestId;
    this.service = facts.service;
    this.operation = facts.operation;
    this.accountId = facts.accountId;
    this.region = facts.region;
    this.partition = facts.partition;
    this.principal = facts.principal;
    this.endpoint = facts.endpoint;
    this.#headers = headers;
    this.#response = response;
    this.#fields = fields;
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      const abort = new AbortController();
      const response = this.#response;
      const onClose = (): void => {
        if (!isSent(response)) abort.abort();
      };
      if (isGone(response)) onClose();
      else response.once("close", onClose);
      this.#abort = abort;
    }
    return this.#abort.signal;
  }

  header(name: string): string | undefined {
    return this.#headers[name]?.toString();
  }

  setHeader(name: string, value: string): void {
    this.#fields[name] = value;
  }
}
