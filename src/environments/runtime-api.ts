/**
 * The Runtime API (2018-06-01) of one environment, for runtimes that speak HTTP: a server that only its own sandbox can
 * reach, and the HTTP side of RuntimeChannel. Statuses, bodies and state names are those of AWS's published runtime
 * interface emulator.
 *
 *   Started ─next─▶ Ready ─invoke─▶ Running ─response│error─▶ ResponseSent ─next─▶ Ready
 *      └─init/error─▶ InitError
 *
 * The client is hostile code: ids are checked, bodies, headers, connections and waiting calls are bounded, and a call
 * that the state does not allow changes nothing.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type Clock, CollectedBytes } from "../base/index.ts";
import { encodeEntry, encodeStart, readEntrypointFailure, readExtensionExits } from "../runtimes/index.ts";
import { accept, boundedServer, headerText, notFound, refuse, reply } from "./api-replies.ts";
import { Brake } from "./brake.ts";
import type { ChannelEvent, ChannelInit, ChannelInvocation, ChannelListener, RuntimeChannel } from "./channel.ts";
import type { ExtensionsApi } from "./extensions-api.ts";
import { invalidResponseMode, responseTooLarge, truncatedResponse } from "./failure.ts";
import { RESPONSE_BYTES_MAX, RUNTIME_API_NEXT_WAITERS_MAX, STREAMED_RESPONSE_BYTES_MAX } from "./limits.ts";
import { OutputWindow } from "./output-window.ts";

type State =
  | "Started"
  | "InitError"
  | "Ready"
  | "Running"
  | "InvocationResponse"
  | "InvocationErrorResponse"
  | "ResponseSent";

const NOBODY: ChannelListener = { event: () => undefined, chunk: () => undefined };
const BASE = "/2018-06-01/runtime/";
const ANSWER_PATH = /^invocation\/([^/]{1,100})\/(response|error)$/;

export class RuntimeApi implements RuntimeChannel {
  readonly server: Server;
  readonly #stage: Duplex;
  #listener: ChannelListener = NOBODY;
  #extensions: ExtensionsApi | undefined;
  /** What pieces of bodies may cost; undefined until a function is there. */
  #window: OutputWindow | undefined;
  #state: State = "Started";
  #invocation: ChannelInvocation | undefined;
  /** Waits for a call of `next`: the runtime's last one broke off. */
  #unclaimed: ChannelInvocation | undefined;
  /** Calls of `next` that wait for an invocation; the first gets it. */
  readonly #waiting = new Set<ServerResponse>();

  /** `stage` is the channel on which the waiting process gets its environment before it becomes the user's program. */
  constructor(stage: Duplex) {
    this.#stage = stage;
    // The stage closes when the program takes its place; an error here says nothing that the exit does not.
    stage.on("error", () => stage.destroy());
    this.server = boundedServer((request, response) => this.#route(request, response));
  }

  open(listener: ChannelListener, clock: Clock, extensions?: ExtensionsApi): void {
    this.#listener = listener;
    this.#extensions = extensions;
    this.#window = new OutputWindow(clock);
    this.#hearStage();
  }

  init(init: ChannelInit): void {
    const { variables, pathInside, entry } = init;
    const line = entry === undefined ? encodeStart(variables, pathInside) : encodeEntry(entry, variables);
    if (this.#stage.writable) this.#stage.write(line);
  }

  /** What the stage says before it becomes the function's program, and the shells around extensions at any time. */
  #hearStage(): void {
    this.#stage.on("data", (said: Buffer) => {
      for (const exit of readExtensionExits(said)) this.#listener.event({ kind: "extensionExit", ...exit });
      const failure = readEntrypointFailure(said);
      if (failure !== undefined) this.#listener.event({ kind: "noEntrypoint", ...failure });
    });
  }

  invoke(invocation: ChannelInvocation): void {
    this.#invocation = invocation;
    const [first] = this.#waiting;
    this.#unclaimed = first === undefined ? invocation : undefined;
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.#hand(first, invocation);
  }

  close(): void {
    this.#listener = NOBODY;
    this.server.closeAllConnections();
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    if (this.#extensions?.handle(request, response)) return;
    const [path = ""] = (request.url ?? "").split("?", 1);
    const name = path.startsWith(BASE) ? path.slice(BASE.length) : "";
    const answer = ANSWER_PATH.exec(name);
    const invocation = this.#invocation;
    const wanted = name === "invocation/next" ? "GET" : answer !== null || name === "init/error" ? "POST" : undefined;
    if (wanted === undefined) notFound(response);
    else if (request.method !== wanted) reply(response, 405, "", "text/plain; charset=utf-8");
    else if (name === "invocation/next") this.#next(response);
    else if (answer === null) void this.#initError(request, response);
    else if (invocation === undefined || answer[1] !== invocation.requestId)
      refuse(response, 400, "InvalidRequestID", "Invalid request ID");
    else if (answer[2] === "error") void this.#error(request, response, invocation);
    else void this.#response(request, response, invocation);
  }

  #next(response: ServerResponse): void {
    const state = this.#state;
    // A runtime whose connection broke asks again and gets the same invocation.
    if (state === "Running" && this.#invocation !== undefined) {
      this.#hand(response, this.#invocation);
      return;
    }
    if (state !== "Started" && state !== "Ready" && state !== "ResponseSent") {
      this.#forbid(response, "Ready");
      return;
    }
    if (this.#waiting.size >= RUNTIME_API_NEXT_WAITERS_MAX) {
      this.#forbid(response, "Ready", "Concurrent state modification");
      return;
    }
    this.#waiting.add(response);
    response.on("close", () => this.#waiting.delete(response));
    this.#state = "Ready";
    if (this.#unclaimed !== undefined) this.invoke(this.#unclaimed);
    if (state === "Ready") return;
    this.#listener.event({ kind: state === "Started" ? "initDone" : "free" });
  }

  #hand(response: ServerResponse, invocation: ChannelInvocation): void {
    this.#state = "Running";
    const { payload, clientContext, tenantId } = invocation;
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Content-Length": payload.length,
      "Lambda-Runtime-Aws-Request-Id": invocation.requestId,
      "Lambda-Runtime-Deadline-Ms": invocation.deadlineMs,
      "Lambda-Runtime-Invoked-Function-Arn": headerText(invocation.invokedFunctionArn),
      "Lambda-Runtime-Trace-Id": headerText(invocation.traceId),
      ...(clientContext ? { "Lambda-Runtime-Client-Context": headerText(clientContext) } : {}),
      ...(tenantId ? { "Lambda-Runtime-Aws-Tenant-Id": headerText(tenantId) } : {}),
    });
    response.end(payload);
  }

  async #response(request: IncomingMessage, response: ServerResponse, invocation: ChannelInvocation): Promise<void> {
    if (this.#state !== "Running") return this.#forbid(response, "InvocationResponse");
    this.#state = "InvocationResponse";
    const { requestId } = invocation;
    const mode = request.headers["lambda-runtime-function-response-mode"];
    if (mode !== undefined && mode !== "streaming") {
      this.#answer({ kind: "refused", requestId, failure: invalidResponseMode(requestId) });
      request.resume();
      refuse(response, 400, "InvalidFunctionResponseMode", "Invalid function response mode");
      return;
    }
    // The caller decides: to one that takes a stream, any body is passed on as it comes (aws-lambda-go names no mode).
    if (mode === "streaming" || invocation.streamed) return this.#stream(request, response, requestId);
    const body = await this.#body(request, response, requestId);
    if (body === undefined) return;
    this.#answer({ kind: "response", requestId, contentType: request.headers["content-type"], body });
    accept(response);
  }

  async #error(request: IncomingMessage, response: ServerResponse, invocation: ChannelInvocation): Promise<void> {
    if (this.#state !== "Running") return this.#forbid(response, "InvocationErrorResponse");
    this.#state = "InvocationErrorResponse";
    const { requestId } = invocation;
    const body = await this.#body(request, response, requestId);
    if (body === undefined) return;
    this.#answer({ kind: "error", requestId, errorType: errorTypeOf(request), body });
    accept(response);
  }

  async #initError(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#state !== "Started") return this.#forbid(response, "InitError");
    this.#state = "InitError";
    const body = await readBody(request);
    if (typeof body === "string") return refuseBody(response, body);
    accept(response);
    this.#listener.event({ kind: "initError", errorType: errorTypeOf(request), body });
  }

  #stream(request: IncomingMessage, response: ServerResponse, requestId: string): void {
    const contentType = request.headers["content-type"] ?? "application/octet-stream";
    this.#listener.event({ kind: "streamStart", requestId, contentType });
    const brake = this.#slowTinyPieces(request);
    let refused = false;
    request.on("data", (body: Buffer) => {
      const busy = this.#listener.chunk(body);
      if (busy === "refused") {
        if (!refused) refuseBody(response, "too large");
        refused = true;
        this.#state = "ResponseSent";
        const wait = this.#window?.spend(body.length, 0);
        if (wait !== undefined) brake.holdUntil(wait);
      } else if (busy !== undefined) brake.holdUntil(busy);
    });
    request.on("close", () => {
      if (refused) return;
      if (!request.complete) {
        this.#answer({ kind: "refused", requestId, failure: truncatedResponse(requestId) });
        return;
      }
      const errorType = request.trailers["lambda-runtime-function-error-type"] || undefined;
      const encoded = request.trailers["lambda-runtime-function-error-body"];
      const errorBody = encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
      this.#answer({ kind: "streamEnd", requestId, errorType, errorBody });
      accept(response);
    });
  }

  /** The body of an answer; undefined when it was refused, which is the invocation's answer then. */
  async #body(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<Buffer | undefined> {
    this.#slowTinyPieces(request);
    const body = await readBody(request);
    if (typeof body !== "string") return body;
    const failure = body === "too large" ? responseTooLarge() : truncatedResponse(requestId);
    this.#answer({ kind: "refused", requestId, failure });
    refuseBody(response, body);
    return undefined;
  }

  /** A body in millions of chunks of a byte would take all of the server's time. */
  #slowTinyPieces(request: IncomingMessage): Brake {
    const brake = new Brake(request);
    request.on("data", () => {
      this.#window?.enter();
      const wait = this.#window?.spend(0, 1);
      if (wait !== undefined) brake.holdUntil(wait);
    });
    return brake;
  }

  #answer(event: ChannelEvent): void {
    this.#state = "ResponseSent";
    this.#listener.event(event);
  }

  #forbid(response: ServerResponse, wanted: State, reason = "State transition is not allowed"): void {
    const message = `State transition from ${this.#state} to ${wanted} failed for runtime. Error: ${reason}`;
    refuse(response, 403, "InvalidStateTransition", message);
  }
}

/** The whole body, or why there is none. What comes beyond the limit is read and forgotten, up to a limit of its own. */
function readBody(request: IncomingMessage): Promise<Buffer | "too large" | "truncated"> {
  return new Promise((resolve) => {
    const body = new CollectedBytes();
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= RESPONSE_BYTES_MAX) body.push(chunk);
      else if (bytes > STREAMED_RESPONSE_BYTES_MAX) request.destroy();
      else if (body.length > 0) {
        body.take();
        resolve("too large");
      }
    });
    request.on("close", () => resolve(request.complete ? body.take() : "truncated"));
  });
}

function refuseBody(response: ServerResponse, reason: "too large" | "truncated"): void {
  if (reason === "truncated") refuse(response, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
  else {
    const message = `Exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`;
    refuse(response, 413, "RequestEntityTooLarge", message);
  }
}

function errorTypeOf(request: IncomingMessage): string {
  const header = request.headers["lambda-runtime-function-error-type"];
  return typeof header === "string" && header !== "" ? header : "Runtime.Unknown";
}
