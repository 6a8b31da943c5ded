/**
 * The Extensions API (2020-01-01) of one sandbox: who registered, for which events, and who waits for the next one. Errors
 * and state names are those of AWS's published runtime interface emulator. It knows no processes and no runtime. The
 * clients are hostile code: a call that the state does not allow changes nothing, and all there is of it is bounded.
 *
 *   Started ─register─▶ Registered ─next─▶ Ready ─event─▶ Running ─next─▶ Ready;   init/error, exit/error ▶ the end
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Random } from "../base/index.ts";
import { accept, notFound, refuse, reply } from "./api-replies.ts";
import { EXTENSION_BODY_BYTES_MAX, EXTENSIONS_MAX } from "./limits.ts";
import type { FunctionVersion } from "./types.ts";

type State = "Started" | "Registered" | "Ready" | "Running" | "InitError" | "ExitError";

interface Extension {
  readonly name: string;
  readonly id: string;
  readonly external: boolean;
  state: State;
  events: readonly string[];
  waiting: ServerResponse | undefined;
  /** What it gets at its next call: it was busy when that happened. */
  pending: ExtensionEvent | undefined;
}

/** The body of an event. */
export interface ExtensionEvent {
  readonly eventType: "INVOKE" | "SHUTDOWN";
  readonly deadlineMs: number;
  readonly [name: string]: unknown;
}

/** For the log. */
export interface RegisteredExtension {
  readonly name: string;
  readonly state: State;
  readonly events: readonly string[];
}

export interface ExtensionsApiOptions {
  readonly version: FunctionVersion;
  readonly random: Random;
  /** Somebody registered, or asked for the next event. */
  onChange(): void;
  /** An extension gave up and said why; the environment ends. */
  onFailure(name: string, errorType: "Extension.InitError" | "Extension.ExitError", reason: string): void;
}

const BASE = "/2020-01-01/extension/";
const IDENTIFIER = "lambda-extension-identifier";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** AWS has two more APIs here; its emulator answers so where they are not offered. */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  "/2022-07-01/telemetry": "Telemetry",
  "/2020-08-15/logs": "Logs",
};

export class ExtensionsApi {
  readonly #options: ExtensionsApiOptions;
  readonly #extensions: Extension[] = [];
  #registrationOpen = true;

  /** `external` are the names of those that are started from /opt/extensions. */
  constructor(external: readonly string[], options: ExtensionsApiOptions) {
    this.#options = options;
    for (const name of external) this.#add(name, true);
  }

  /** All that are or will be there. */
  get registered(): readonly RegisteredExtension[] {
    return this.#extensions.map(({ name, state, events }) => ({ name, state, events }));
  }

  get externalsRegistered(): boolean {
    return this.#extensions.every(({ external, state }) => !external || state !== "Started");
  }

  /** True when each has asked for its first event. */
  get allReady(): boolean {
    return this.#extensions.every(({ state }) => state === "Ready");
  }

  /** True when everyone that runs for the invocation has asked for the next event. */
  get subscribersReady(): boolean {
    return this.#extensions.every(({ state, events }) => state === "Ready" || !events.includes("INVOKE"));
  }

  get hasExternal(): boolean {
    return this.#extensions.some(({ external }) => external);
  }

  /** The runtime is initialised: nobody new comes. */
  closeRegistration(): void {
    this.#registrationOpen = false;
  }

  /** Tells everyone who wants to know. Returns whether somebody does. */
  send(event: ExtensionEvent): boolean {
    const subscribers = this.#extensions.filter(({ events }) => events.includes(event.eventType));
    for (const extension of subscribers) this.#deliver(extension, event);
    return subscribers.length > 0;
  }

  /** True when the request was one of this API's. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const other = NOT_OFFERED[path];
    if (other !== undefined) {
      request.resume();
      reply(
        response,
        202,
        JSON.stringify({ errorMessage: `${other} API is not supported`, errorType: `${other}.NotSupported` }),
        "application/json",
      );
      return true;
    }
    if (!path.startsWith(BASE)) return false;
    const name = path.slice(BASE.length);
    const wanted =
      name === "event/next" ? "GET" : ["register", "init/error", "exit/error"].includes(name) ? "POST" : "";
    if (wanted === "") notFound(response);
    else if (request.method !== wanted) reply(response, 405, "", "text/plain; charset=utf-8");
    else if (name === "register") void this.#register(request, response);
    else this.#identified(request, response, name);
    return true;
  }

  #identified(request: IncomingMessage, response: ServerResponse, name: string): void {
    const id = headerOf(request, IDENTIFIER);
    if (id === undefined) {
      forbid(response, "MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header");
      return;
    }
    if (!UUID.test(id)) {
      forbid(response, "InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
      return;
    }
    const extension = this.#extensions.find((known) => known.id === id && known.state !== "Started");
    if (extension === undefined) forbid(response, "UnknownExtensionIdentifier", `Unknown extension ${id}`);
    else if (name === "event/next") this.#next(extension, response);
    else this.#gaveUp(extension, request, response, name === "init/error" ? "InitError" : "ExitError");
  }

  async #register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const name = headerOf(request, "lambda-extension-name");
    if (name === undefined) return forbid(response, "InvalidExtensionName", "Empty extension name");
    const events = eventsOf(body);
    if (typeof events === "string") {
      refuse(response, 403, "InvalidRequestFormat", events);
      return;
    }
    const known = this.#extensions.find((extension) => extension.name === name);
    const allowed = known?.external === true ? ["INVOKE", "SHUTDOWN"] : ["INVOKE"];
    const wrong = events.find((event) => !allowed.includes(event));
    if (wrong !== undefined) {
      const reason = wrong === "SHUTDOWN" ? "ShutdownEventNotSupportedForInternalExtension" : "InvalidEventType";
      return forbid(response, "InvalidEventType", `${wrong}: ${reason}`);
    }
    if (known !== undefined && known.state !== "Started") {
      const message = known.external
        ? transitionFailed(known, "Registered", known.name)
        : "Extension with this name already registered";
      return forbid(response, "InvalidExtensionState", message);
    }
    if (known === undefined && !this.#registrationOpen)
      return forbid(response, "RegistrationClosed", "Extension registration closed already");
    if (known === undefined && this.#extensions.length >= EXTENSIONS_MAX)
      return forbid(response, "TooManyExtensions", `Extension limit (${EXTENSIONS_MAX}) reached`);
    const extension = known ?? this.#add(name, false);
    extension.events = events;
    extension.state = "Registered";
    response.setHeader("Lambda-Extension-Identifier", extension.id);
    reply(response, 200, `${JSON.stringify(this.#facts(request))}\n`, "application/json");
    this.#options.onChange();
  }

  #facts(request: IncomingMessage): object {
    const { version } = this.#options;
    const features = (headerOf(request, "lambda-extension-accept-feature") ?? "").split(",").map((text) => text.trim());
    return {
      ...(features.includes("accountId") ? { accountId: version.accountId } : {}),
      functionName: version.functionName,
      functionVersion: version.version,
      handler: version.handler,
    };
  }

  #next(extension: Extension, response: ServerResponse): void {
    const { state, pending } = extension;
    if (state === "InitError" || state === "ExitError") {
      forbid(response, "InvalidExtensionState", transitionFailed(extension, "Ready", extension.id));
      return;
    }
    // Whose connection broke asks again.
    extension.waiting?.destroy();
    extension.waiting = response;
    extension.state = "Ready";
    extension.pending = undefined;
    if (pending !== undefined) this.#deliver(extension, pending);
    this.#options.onChange();
  }

  #deliver(extension: Extension, event: ExtensionEvent): void {
    const { waiting } = extension;
    extension.waiting = undefined;
    extension.state = "Running";
    if (waiting === undefined || waiting.destroyed) {
      extension.pending = event;
      return;
    }
    waiting.setHeader("Lambda-Extension-Event-Identifier", this.#options.random.uuid());
    reply(waiting, 200, JSON.stringify(event), "application/json");
  }

  #gaveUp(
    extension: Extension,
    request: IncomingMessage,
    response: ServerResponse,
    state: "InitError" | "ExitError",
  ): void {
    request.resume();
    const reason = headerOf(request, "lambda-extension-function-error-type");
    if (reason === undefined) {
      forbid(response, "MissingHeader", "Lambda-Extension-Function-Error-Type not found");
      return;
    }
    if (extension.state === "InitError" || extension.state === "ExitError") {
      forbid(response, "InvalidExtensionState", transitionFailed(extension, state, extension.id));
      return;
    }
    extension.state = state;
    accept(response);
    this.#options.onFailure(extension.name, `Extension.${state}`, reason);
  }

  #add(name: string, external: boolean): Extension {
    const id = this.#options.random.uuid();
    const extension: Extension = {
      name,
      id,
      external,
      state: "Started",
      events: [],
      waiting: undefined,
      pending: undefined,
    };
    this.#extensions.push(extension);
    return extension;
  }
}

/** The events that a registration names, or what is wrong with it. */
function eventsOf(body: string | undefined): readonly string[] | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body ?? "");
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return "the body is not a JSON object";
  if ("configurationKeys" in parsed && Array.isArray(parsed.configurationKeys) && parsed.configurationKeys.length > 0)
    return "configurationKeys are deprecated; use environment variables instead";
  const events: unknown = "events" in parsed ? parsed.events : [];
  if (!Array.isArray(events) || !events.every((event): event is string => typeof event === "string"))
    return "events are not a list of texts";
  return events;
}

function forbid(response: ServerResponse, errorType: string, errorMessage: string): void {
  refuse(response, 403, `Extension.${errorType}`, errorMessage);
}

function transitionFailed({ state }: Extension, wanted: State, who: string): string {
  return `State transition from ${state} to ${wanted} failed for extension ${who}. Error: State transition is not allowed`;
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The whole body; undefined when it is too long or broke off. */
function readText(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    let bytes = 0;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > EXTENSION_BODY_BYTES_MAX) request.destroy();
      else chunks.push(chunk);
    });
    request.on("close", () => resolve(request.complete ? Buffer.concat(chunks).toString("utf8") : undefined));
  });
}
