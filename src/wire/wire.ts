/**
 * The life of a request: identify (who, which service) → match (protocol, operation) → read → decode → validate →
 * handle → encode → send. Each step either goes on or throws; the one catch at the end turns whatever was thrown into an
 * answer in the protocol's form. Knows no service's meaning.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type Clock, type Log, nodeHttp, type Random } from "../base/index.ts";
import { ClientGone, contentHeaders, drain, readBody, streamBody } from "./body/read-body.ts";
import { type SizeLimit, sizeLimitOf } from "./body/size-limits.ts";
import { describeError } from "./describe-error.ts";
import { authorize, type BodyCheck, type Gate, requestOrigin } from "./gate.ts";
import { type HttpRequest, type HttpResponse, hangUp, hostOf, isGone } from "./http-types.ts";
import { inProcessClient } from "./in-process-client.ts";
import { DEFAULT_LIMITS, type WireLimits } from "./limits.ts";
import type { LoadedService } from "./loaded-service.ts";
import type { ErrorReply, Protocol, Reply, WireRequest } from "./protocols/protocol.ts";
import { type CallFacts, RequestCall } from "./request-call.ts";
import { accountOf, type Credentials, partitionOf, readCredentials, userOf } from "./routing/credentials.ts";
import { refuseForeignPages } from "./routing/foreign-pages.ts";
import { NO_HINT, readHost, withoutPort } from "./routing/host.ts";
import { ServiceRegistry } from "./routing/service-registry.ts";
import { sendReply } from "./send-reply.ts";
import { ServiceError } from "./service-error.ts";
import { styleOf } from "./service-style.ts";
import type { CallerIdentity, ClientModule, Principal, Service, ServiceClient } from "./types.ts";

export interface WireOptions {
  readonly services: readonly Service[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The URL clients reach this server at, without a trailing slash. */
  readonly endpoint: () => string;
  readonly limits?: Partial<WireLimits>;
  /** What owns whole host names (function URLs): asked before anything else is looked at; true when it took the request. */
  readonly front?: (request: HttpRequest, response: HttpResponse) => boolean;
  /** Other HTTP surfaces (health, console): called when no AWS service matches; true when it took the request. */
  readonly unrouted?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** The principal behind an access key that one of the services has issued; undefined for keys nobody issued. */
  readonly resolvePrincipal?: (
    accessKeyId: string,
    sessionToken: string | undefined,
  ) => Promise<Principal | undefined> | undefined;
  /** Authenticates and authorises every request and every call inside the process. Without it everybody may everything. */
  readonly gate?: Gate;
}

export interface Wire {
  /** Answers one HTTP request, always, and never throws. */
  handle(request: HttpRequest, response: HttpResponse): void;
  /** Whether there is a service of this name inside this process. */
  has(service: string): boolean;
  /** A typed caller of a service's handlers inside this process. @throws Error when there is no such service */
  client<C extends ClientModule>(service: string, identity: CallerIdentity): ServiceClient<C>;
  /** Loads a service that is about to be called; else its first request does. @throws Error when there is no such service */
  load(service: string): Promise<void>;
}

const DEFAULT_REGION = "us-east-1";
/** Signing name of the server's own pages. */
const OWN_PAGES = "lambent";

export function createWire(options: WireOptions): Wire {
  return new HttpWire(options);
}

/** What is known of a request as it goes through the steps; an error is shown with what is known by then. */
interface Progress {
  readonly requestId: string;
  service?: LoadedService;
  serviceName?: string;
  protocol?: Protocol;
}

class HttpWire implements Wire {
  readonly #options: WireOptions;
  readonly #limits: WireLimits;
  readonly #registry: ServiceRegistry;
  readonly #loaded = new Map<string, LoadedService>();
  readonly #loading = new Map<string, Promise<LoadedService>>();
  readonly #isService = (name: string): boolean => this.#registry.has(name);

  constructor(options: WireOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#registry = new ServiceRegistry(options.services);
  }

  handle(request: HttpRequest, response: HttpResponse): void {
    if (this.#options.front?.(request, response) === true) return;
    const progress: Progress = { requestId: this.#options.random.uuid() };
    this.#answer(request, response, progress).catch((thrown: unknown) =>
      this.#fail(request, response, progress, thrown),
    );
  }

  has(service: string): boolean {
    return this.#registry.has(service);
  }

  async load(service: string): Promise<void> {
    const registered = this.#registered(service);
    if (!this.#loaded.has(service)) await this.#load(registered);
  }

  client<C extends ClientModule>(service: string, identity: CallerIdentity): ServiceClient<C> {
    const registered = this.#registered(service);
    return inProcessClient<C>({
      load: () => this.#loaded.get(service) ?? this.#load(registered),
      identity,
      random: this.#options.random,
      endpoint: this.#options.endpoint,
      gate: this.#options.gate,
    });
  }

  async #answer(request: HttpRequest, response: HttpResponse, progress: Progress): Promise<void> {
    const { path, rawQuery } = splitUrl(request.url ?? "/");
    refuseForeignPages({
      headers: request.headers,
      host: hostOf(request),
      localAddress: request.socket.localAddress,
    });
    const credentials = readCredentials(request, rawQuery);
    // A scope says all that a host could; only S3 needs the host of a signed request, for its bucket.
    const host = credentials ? NO_HINT : readHost(hostOf(request), this.#isService);
    let body: Promise<Buffer> | undefined;
    let registered = this.#registry.find(request, path, rawQuery, credentials, host);
    if (!registered && !credentials && isRpcForm(request, path)) {
      body = this.#read(request, undefined, "request");
      registered = this.#registry.findByVersion((await body).toString("latin1"));
    }
    if (!registered) {
      const mayBeElsewhere = !credentials || credentials.service === OWN_PAGES;
      if (mayBeElsewhere && body === undefined && this.#goesElsewhere(request, response)) return;
      throw unknownService(credentials);
    }
    progress.serviceName = registered.name;
    const service = this.#loaded.get(registered.name) ?? (await this.#load(registered));
    progress.service = service;
    const wireRequest: WireRequest = {
      method: request.method ?? "GET",
      path,
      rawQuery,
      headers: contentHeaders(request),
      bucket: service.model.protocol === "restXml" ? this.#bucketOf(hostOf(request)) : undefined,
    };
    const protocol = service.protocolOf(wireRequest);
    progress.protocol = protocol;
    const { gate } = this.#options;
    const sender = gate && (await this.#authenticate(gate, request, path, rawQuery, service));
    const matching = protocol.match(
      wireRequest,
      () => (body ??= this.#read(request, undefined, "request", sender?.body)),
    );
    const match = matching instanceof Promise ? await matching : matching;
    if (!match) throw unknownOperation(protocol, wireRequest);
    const { operation } = match;
    const handler = service.handler(operation.name);
    if (!handler) throw notImplemented(service, operation.name);
    const content = protocol.streamsInput(operation)
      ? streamBody(request, this.#limits, sender?.body)
      : await (body ?? this.#read(request, sizeLimitOf(service.name, operation.name), operation.name, sender?.body));
    const input = protocol.decode(match, wireRequest, content);
    service.validate(operation, input);
    const fields: OutgoingHttpHeaders = {};
    const region = credentials?.region ?? host.region ?? DEFAULT_REGION;
    const known = sender?.principal ?? this.#principal(gate === undefined ? credentials : undefined, region);
    const principal = known instanceof Promise ? await known : known;
    const facts = this.#facts(service, operation.name, region, principal, progress.requestId);
    const locating = service.locate(operation.name, input, new RequestCall(facts, request.headers, response, fields));
    const call = locating instanceof Promise ? await locating : locating;
    if (gate !== undefined) await authorize(gate, service, input, call, requestOrigin(request));
    const output = await handler(input, call);
    const reply = protocol.encode(operation, output, progress.requestId);
    fields[service.style.requestIdHeader] = progress.requestId;
    await sendReply(response, reply, request.method === "HEAD", fields);
  }

  #authenticate(
    gate: Gate,
    request: HttpRequest,
    path: string,
    rawQuery: string,
    service: LoadedService,
  ): ReturnType<Gate["authenticate"]> {
    const { method = "GET", headers, rawHeaders } = request;
    return gate.authenticate({ method, path, rawQuery, headers, rawHeaders }, service.name);
  }

  #goesElsewhere(request: HttpRequest, response: HttpResponse): boolean {
    const http = nodeHttp();
    const isHttp1 = request instanceof http.IncomingMessage && response instanceof http.ServerResponse;
    return isHttp1 && this.#options.unrouted?.(request, response) === true;
  }

  #read(
    request: HttpRequest,
    limit: SizeLimit | undefined,
    operation: string,
    check?: BodyCheck | undefined,
  ): Promise<Buffer> {
    const bytes = limit?.bytes ?? this.#limits.bodyBytesMax;
    const tooLarge = (): ServiceError => {
      const name = limit?.operationInMessage ?? operation;
      const code = limit?.code ?? "RequestEntityTooLargeException";
      return new ServiceError(code, 413, `Request must be smaller than ${bytes} bytes for the ${name} operation`);
    };
    return readBody(request, bytes, this.#limits, tooLarge, check);
  }

  #facts(
    service: LoadedService,
    operation: string,
    region: string,
    principal: Principal,
    requestId: string,
  ): CallFacts {
    return {
      requestId,
      service: service.name,
      operation,
      accountId: principal.accountId,
      region,
      partition: partitionOf(region),
      principal,
      endpoint: this.#options.endpoint(),
    };
  }

  #principal(credentials: Credentials | undefined, region: string): Principal | Promise<Principal> {
    if (!credentials) {
      const accountId = accountOf(undefined);
      return { kind: "anonymous", accountId, arn: `arn:${partitionOf(region)}:iam::${accountId}:user/anonymous` };
    }
    const { accessKeyId, sessionToken } = credentials;
    const user = userOf(accessKeyId, region);
    return this.#options.resolvePrincipal?.(accessKeyId, sessionToken)?.then((issued) => issued ?? user) ?? user;
  }

  /** Virtual-host style: `bucket.s3.…`, or `bucket.` in front of this server's own name. */
  #bucketOf(hostHeader: string | undefined): string | undefined {
    const host = readHost(hostHeader, this.#isService);
    if (host.prefix !== "") return host.prefix;
    if (hostHeader === undefined || host.service !== undefined) return undefined;
    const own = URL.parse(this.#options.endpoint())?.hostname;
    const name = withoutPort(hostHeader).toLowerCase();
    for (const suffix of [own, "localhost"]) {
      if (suffix && name.endsWith(`.${suffix}`)) return name.slice(0, -suffix.length - 1);
    }
    return undefined;
  }

  #registered(service: string): Service {
    const registered = this.#registry.get(service);
    if (!registered) throw new Error(`no service named ${service} is registered`);
    return registered;
  }

  #load(service: Service): Promise<LoadedService> {
    let loading = this.#loading.get(service.name);
    if (!loading) {
      loading = this.#loadNow(service).finally(() => this.#loading.delete(service.name));
      this.#loading.set(service.name, loading);
    }
    return loading;
  }

  async #loadNow(service: Service): Promise<LoadedService> {
    // Schemas and codecs are half of the wire's weight: a server that nobody has called does without.
    const { LoadedService } = await import("./loaded-service.ts");
    const loaded = await LoadedService.load(service, this.#limits, (thrown, requestId) =>
      this.#options.log.error("a response stream failed", { error: thrown, requestId, service: service.name }),
    );
    this.#loaded.set(service.name, loaded);
    return loaded;
  }

  #fail(request: HttpRequest, response: HttpResponse, progress: Progress, thrown: unknown): void {
    if (thrown instanceof ClientGone || isGone(response)) {
      request.destroy();
      return;
    }
    const { requestId, service, protocol } = progress;
    const style = styleOf(progress.serviceName ?? "");
    const { reply: error, unexpected } = describeError(thrown, requestId, service?.model, style);
    if (unexpected) {
      this.#options.log.error("a request failed", {
        error: thrown,
        requestId,
        service: progress.serviceName,
        url: request.url,
      });
    }
    if (response.headersSent) {
      hangUp(response);
      return;
    }
    if (!request.readableEnded) drain(request, this.#limits.drainBytesMax);
    errorReply(protocol, request, error)
      .then((reply) => sendReply(response, reply, request.method === "HEAD", { [style.requestIdHeader]: requestId }))
      .catch((cause: unknown) => {
        this.#options.log.debug("an error could not be sent", { error: cause, requestId });
        hangUp(response);
      });
  }
}

async function errorReply(protocol: Protocol | undefined, request: HttpRequest, error: ErrorReply): Promise<Reply> {
  if (protocol !== undefined) return protocol.encodeError(error);
  const { genericError } = await import("./protocols/generic-error.ts");
  return genericError(request.headers, error);
}

function splitUrl(url: string): { path: string; rawQuery: string } {
  const withoutOrigin = url.startsWith("/") ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  const mark = withoutOrigin.indexOf("?");
  if (mark === -1) return { path: withoutOrigin || "/", rawQuery: "" };
  return { path: withoutOrigin.slice(0, mark) || "/", rawQuery: withoutOrigin.slice(mark + 1) };
}

function isRpcForm(request: HttpRequest, path: string): boolean {
  const type = request.headers["content-type"] ?? "";
  return request.method === "POST" && path === "/" && type.startsWith("application/x-www-form-urlencoded");
}

function unknownService(credentials: Credentials | undefined): ServiceError {
  const message = credentials
    ? `The service ${credentials.service} is not part of Lambent.`
    : "Nothing in this request names an AWS service: sign it, or send X-Amz-Target, a service's host name or path.";
  return new ServiceError("UnknownServiceException", 404, message);
}

function unknownOperation(protocol: Protocol, request: WireRequest): ServiceError {
  if (protocol.name === "awsQuery") {
    return new ServiceError("InvalidAction", 400, "The action or operation requested is invalid.");
  }
  const isRest = protocol.name === "restJson1" || protocol.name === "restXml";
  const what = isRest ? `${request.method} ${request.path}` : String(request.headers["x-amz-target"] ?? request.path);
  return new ServiceError(
    "UnknownOperationException",
    isRest ? 404 : 400,
    `No operation matches ${what.slice(0, 256)}`,
  );
}

function notImplemented(service: LoadedService, operation: string): ServiceError {
  const code = service.model.protocol === "restXml" ? "NotImplemented" : "NotImplementedException";
  return new ServiceError(code, 501, `Lambent does not implement ${service.name}:${operation} yet.`);
}
