/**
 * The life of a request to a function URL: find the URL → CORS preflight → who calls and may they → event → invoke →
 * answer. Every request gets exactly one answer, whatever the function returns.
 */
import { CapacityExceeded, type InvocationResult } from "../environments/index.ts";
import { type Admission, type InvokeTarget, Unprovidable } from "../invoke/index.ts";
import type { FunctionUrl } from "../lambda/index.ts";
import { eventV2, type ProxyContext, type ProxyHead, responseV2 } from "../proxy-event/index.ts";
import {
  ClientGone,
  collectBody,
  drain,
  type Gate,
  type HttpRequest,
  type HttpResponse,
  hangUp,
  isGone,
  type Principal,
  requestOrigin,
  ServiceError,
} from "../wire/index.ts";
import { opensDocument, type UrlAddress } from "./address.ts";
import { authenticate, authorizerOf, type Caller } from "./authenticate.ts";
import { answerHeaders, type CorsRequest, preflightHeaders } from "./cors.ts";
import type { FunctionUrlServerOptions } from "./function-url-server.ts";
import { BOUNDS, LIMITS } from "./limits.ts";
import { badGateway, badSignature, forbidden, type Refusal, throttled, tooLarge, unknownUrl } from "./refusals.ts";
import { sendOpen, sendWhole } from "./send.ts";
import { StreamedAnswer } from "./streamed-answer.ts";
import { grantCommand, needsOf } from "./url-needs.ts";

let loaded: Promise<typeof import("./permission.ts")> | undefined;

/** With the language of policies, which the first request loads that asks. */
function permissions(): Promise<typeof import("./permission.ts")> {
  loaded ??= import("./permission.ts");
  return loaded;
}

/** An answer of the service that ends the exchange from wherever it is found. */
class Refused extends Error {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.body);
    this.refusal = refusal;
  }
}

/** All requests to function URLs of one server. */
export class Exchanges {
  readonly #options: FunctionUrlServerOptions;
  readonly #forwarded: ForwardedAddresses;

  constructor(options: FunctionUrlServerOptions) {
    this.#options = options;
    this.#forwarded = new ForwardedAddresses(options.addressOf);
  }

  answer(request: HttpRequest, response: HttpResponse, address: UrlAddress): void {
    const exchange = new Exchange(this.#options, this.#forwarded, request, response, address);
    exchange.answer().catch((error: unknown) => exchange.fail(error));
  }
}

/** How clients reach a URL, as the server is told, since a proxy may stand in front. Worked out once for each. */
class ForwardedAddresses {
  readonly #addressOf: (url: FunctionUrl) => string;
  readonly #known = new WeakMap<FunctionUrl, ProxyContext["forwarded"]>();

  constructor(addressOf: (url: FunctionUrl) => string) {
    this.#addressOf = addressOf;
  }

  of(url: FunctionUrl): ProxyContext["forwarded"] {
    const known = this.#known.get(url);
    if (known !== undefined) return known;
    const { protocol, port } = new URL(this.#addressOf(url));
    const isTls = protocol === "https:";
    const forwarded = { proto: isTls ? "https" : "http", port: port || (isTls ? "443" : "80") };
    this.#known.set(url, forwarded);
    return forwarded;
  }
}

class Exchange {
  readonly #options: FunctionUrlServerOptions;
  readonly #forwarded: ForwardedAddresses;
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #address: UrlAddress;
  readonly #requestId: string;
  #traceId: string | undefined;
  #url: FunctionUrl | undefined;

  constructor(
    options: FunctionUrlServerOptions,
    forwarded: ForwardedAddresses,
    request: HttpRequest,
    response: HttpResponse,
    address: UrlAddress,
  ) {
    this.#options = options;
    this.#forwarded = forwarded;
    this.#request = request;
    this.#response = response;
    this.#address = address;
    this.#requestId = options.random.uuid();
  }

  async answer(): Promise<void> {
    const url = this.#findUrl();
    this.#url = url;
    if (this.#address.region === undefined && opensDocument(this.#request.headers)) return this.#redirect(url);
    if (url.cors !== undefined && this.#request.method === "OPTIONS") return this.#answerPreflight(url.cors);
    if (url.authType === "NONE") await this.#requirePermission(url, undefined);
    const body = await collectBody(this.#request, LIMITS.payloadBytes, BOUNDS, requestTooLarge);
    const caller = url.authType === "NONE" ? undefined : await this.#authenticate(url, body);
    const target = this.#target(url);
    this.#traceId = this.#options.dispatcher.continueTrace(this.#header("x-amzn-trace-id"), target);
    const payload = this.#event(url, body, this.#traceId, caller);
    const admission = await this.#admit(url, { ...target, traceId: this.#traceId });
    await this.#invoke(url, admission, payload, this.#traceId);
  }

  fail(error: unknown): void {
    if (error instanceof ClientGone || isGone(this.#response)) {
      this.#request.destroy();
      return;
    }
    if (this.#response.headersSent) {
      hangUp(this.#response);
      return;
    }
    if (!this.#request.readableEnded) drain(this.#request, BOUNDS.drainBytesMax);
    this.#refuse(error instanceof Refused ? error.refusal : this.#unexpected(error));
  }

  #unexpected(error: unknown): Refusal {
    if (error instanceof CapacityExceeded) return throttled("ConcurrentInvocationLimitExceeded");
    const { log } = this.#options;
    const fields = { error, requestId: this.#requestId, function: this.#url?.functionName };
    if (error instanceof Unprovidable) log.warn("a function URL's function cannot run here", fields);
    else log.error("a request to a function URL failed", fields);
    return badGateway();
  }

  #findUrl(): FunctionUrl {
    const url = this.#options.urls.byId(this.#address.id);
    const { region } = this.#address;
    if (url === undefined || (region !== undefined && region !== url.region)) throw new Refused(unknownUrl());
    return url;
  }

  async #authenticate(url: FunctionUrl, body: Uint8Array): Promise<Caller> {
    const { sentPath: path, rawQuery } = this.#address;
    const { method = "GET", headers } = this.#request;
    const { keys, clock } = this.#options;
    const signed = { method, path, rawQuery, headers, body };
    const caller = await authenticate(signed, { keys, region: url.region, now: clock.now() });
    if (caller === undefined) throw new Refused(forbidden());
    if ("code" in caller) throw new Refused(badSignature(caller.code, caller.message));
    if (this.#options.gate !== undefined) await this.#authorize(this.#options.gate, url, caller.principal);
    else await this.#requirePermission(url, caller.principal);
    return caller;
  }

  async #authorize(gate: Pick<Gate, "authorize">, url: FunctionUrl, principal: Principal): Promise<void> {
    const call = { service: "lambda", principal, accountId: principal.accountId, region: url.region };
    try {
      await gate.authorize({ needs: needsOf(url), call, origin: requestOrigin(this.#request) });
    } catch (error) {
      throw error instanceof ServiceError ? new Refused(forbidden()) : error;
    }
  }

  async #requirePermission(url: FunctionUrl, caller: Principal | undefined): Promise<void> {
    const { missingPermission } = await permissions();
    const request = { caller, origin: requestOrigin(this.#request), now: this.#options.clock.now() };
    const missing = missingPermission(url, request);
    if (missing === undefined) return;
    this.#options.log.warn(
      `a request to the function URL of ${url.functionName} was refused: nobody granted ${missing}`,
      {
        grant: grantCommand(url, missing),
      },
    );
    throw new Refused(forbidden());
  }

  #target({ accountId, region, functionName, alias }: FunctionUrl): InvokeTarget {
    return { accountId, region, functionName, qualifier: alias };
  }

  #event(url: FunctionUrl, body: Uint8Array, traceId: string, caller: Caller | undefined): Uint8Array {
    const { path, rawQuery, host } = this.#address;
    const { method = "GET", rawHeaders, socket } = this.#request;
    const event = eventV2(
      { method, path, rawQuery, rawHeaders: caller === undefined ? rawHeaders : unsigned(rawHeaders), body },
      {
        accountId: caller?.principal.accountId ?? "anonymous",
        apiId: url.id,
        domainName: host.replace(/:\d+$/, ""),
        domainPrefix: url.id,
        protocol: "HTTP/1.1",
        sourceIp: (socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
        requestId: this.#requestId,
        traceId: traceId.split(";", 1)[0] ?? traceId,
        timeMs: this.#options.clock.now(),
        routeKey: "$default",
        stage: "$default",
        forwarded: this.#forwarded.of(url),
        ...(caller !== undefined && { authorizer: authorizerOf(caller) }),
      },
    );
    const payload = Buffer.from(JSON.stringify(event));
    if (payload.length > LIMITS.payloadBytes) throw requestTooLarge();
    return payload;
  }

  async #admit(url: FunctionUrl, target: InvokeTarget): Promise<Admission> {
    const admission = await this.#options.dispatcher.admit(target);
    switch (admission.kind) {
      case "admitted":
        return admission;
      case "throttled":
        throw new Refused(throttled(admission.reason));
      case "not-found":
        throw new Refused(forbidden());
      default:
        this.#options.log.warn(`a function URL's function cannot run: ${admission.kind}`, {
          function: url.functionName,
          requestId: this.#requestId,
        });
        throw new Refused(badGateway());
    }
  }

  async #invoke(url: FunctionUrl, admission: Admission, payload: Uint8Array, traceId: string): Promise<void> {
    const invocation = { requestId: this.#requestId, payload, traceId, tail: false };
    if (url.invokeMode === "BUFFERED") {
      this.#answerWhole(await admission.run(invocation));
      return;
    }
    const stream = new StreamedAnswer({
      open: (head) => sendOpen(this.#response, this.#withOwnHeaders(head), this.#request.method === "HEAD"),
      fail: (malformed) => {
        if (malformed) this.#warnOfMalformed();
        this.#refuse(badGateway());
      },
    });
    await stream.end(await admission.run({ ...invocation, stream }));
  }

  #answerWhole({ functionError, payload }: InvocationResult): void {
    const answer = functionError === undefined ? responseV2(payload) : undefined;
    if (answer === undefined) {
      if (functionError === undefined) this.#warnOfMalformed();
      this.#refuse(badGateway());
    } else sendWhole(this.#response, this.#withOwnHeaders(answer), answer.body);
  }

  /** The caller sees AWS's bare 502, and the function's own log a success. */
  #warnOfMalformed(): void {
    this.#options.log.warn("a function gave its URL no HTTP response", {
      function: this.#url?.functionName,
      requestId: this.#requestId,
      expected:
        "statusCode a number from 200 to 599, names and values of headers and cookies plain text, body a string",
    });
  }

  /** A page that is opened by path would have the origin of the API, and could call it in its reader's name. */
  #redirect(url: FunctionUrl): void {
    const { path, rawQuery } = this.#address;
    const target = `${this.#options.addressOf(url).replace(/\/$/, "")}${path}${rawQuery === "" ? "" : `?${rawQuery}`}`;
    if (!this.#request.readableEnded) drain(this.#request, BOUNDS.drainBytesMax);
    sendWhole(this.#response, { status: 307, headers: [["Location", target], this.#requestIdHeader()] }, "");
  }

  #answerPreflight(cors: NonNullable<FunctionUrl["cors"]>): void {
    if (!this.#request.readableEnded) drain(this.#request, BOUNDS.drainBytesMax);
    const headers = preflightHeaders(cors, this.#corsRequest());
    sendWhole(
      this.#response,
      { status: 200, headers: [["Content-Type", "application/json"], this.#requestIdHeader(), ...headers] },
      "",
    );
  }

  #refuse({ status, headers, body }: Refusal): void {
    sendWhole(this.#response, this.#withOwnHeaders({ status, headers }), body);
  }

  /** Adds what the service says itself, in AWS's order. */
  #withOwnHeaders({ status, headers }: ProxyHead): ProxyHead {
    const trace = this.#traceId === undefined ? [] : [["X-Amzn-Trace-Id", this.#traceId] as const];
    const cors = answerHeaders(this.#url?.cors, this.#header("origin"));
    const opaque = this.#address.region === undefined ? [OPAQUE] : [];
    return { status, headers: [this.#requestIdHeader(), ...headers, ...cors, ...trace, ...opaque] };
  }

  #requestIdHeader(): readonly [string, string] {
    return ["x-amzn-RequestId", this.#requestId];
  }

  #corsRequest(): CorsRequest {
    return {
      origin: this.#header("origin"),
      requestMethod: this.#header("access-control-request-method"),
      requestHeaders: this.#header("access-control-request-headers"),
    };
  }

  #header(name: string): string | undefined {
    return this.#request.headers[name]?.toString();
  }
}

/** An answer by path that a browser shows as a page all the same, out of its cache say, has an origin of its own. */
const OPAQUE = ["Content-Security-Policy", "sandbox"] as const;

/** A signature that has been checked is not for the function. */
function unsigned(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, at) => rawHeaders[at - (at % 2)]?.toLowerCase() !== "authorization");
}

function requestTooLarge(): Refused {
  return new Refused(tooLarge(LIMITS.payloadBytes));
}
