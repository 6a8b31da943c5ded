/**
 * The two REST protocols, restJson1 and restXml: HTTP bindings around a body format. A blob payload passes through
 * untouched, as bytes or as a stream, and meets no codec.
 */
import type { Readable } from "node:stream";
import { parsePairs } from "../codec/percent.ts";
import { RestRoutes, splitPath } from "../routing/rest-routes.ts";
import type { OperationModel, ProtocolName } from "../schema/service-model.ts";
import { isStruct, type Member, type StructShape } from "../schema/shape.ts";
import { decodeEventStream, EVENT_STREAM_TYPE, type EventBodyCodec, encodeEventStream } from "./event-stream.ts";
import { type Bindings, compileBindings, decodeBoundMembers, encodeHeaders } from "./http-bindings.ts";
import type { ErrorReply, Protocol, ProtocolContext, ProtocolMatch, Reply, WireRequest } from "./protocol.ts";

/** How bodies look: JSON or XML. */
export interface BodyFormat extends EventBodyCodec {
  readonly name: ProtocolName;
  readonly contentType: string;
  /** The members of the input that travel in the body. @throws ServiceError */
  decodeBody(shape: StructShape, members: readonly Member[], body: Buffer): Record<string, unknown>;
  /** A structured payload. @throws ServiceError */
  decodePayload(member: Member, body: Buffer): unknown;
  encodeBody(operation: OperationModel, shape: StructShape, members: readonly Member[], output: object): string;
  encodePayload(member: Member, value: unknown): string;
  encodeError(error: ErrorReply, members: readonly Member[]): string;
  errorHeaders(error: ErrorReply): Record<string, string>;
}

interface Compiled {
  readonly input: Bindings;
  readonly output: Bindings;
}

const BINARY_TYPE = "application/octet-stream";
const NO_QUERY: ReadonlyMap<string, readonly string[]> = new Map();

export class RestProtocol implements Protocol {
  readonly name: ProtocolName;
  readonly #context: ProtocolContext;
  readonly #format: BodyFormat;
  readonly #routes: RestRoutes;
  readonly #compiled = new Map<OperationModel, Compiled>();

  constructor(context: ProtocolContext, format: BodyFormat) {
    this.name = format.name;
    this.#context = context;
    this.#format = format;
    this.#routes = new RestRoutes(context.model.operations.values());
  }

  match(request: WireRequest): ProtocolMatch | undefined {
    const query = request.rawQuery === "" ? NO_QUERY : collectQuery(request.rawQuery, this.#context.queryParametersMax);
    const path = splitPath(request.path);
    const segments = request.bucket === undefined ? path : [request.bucket, ...path];
    const found = this.#routes.match(request.method, segments, query, request.headers);
    return found && { ...found, query };
  }

  streamsInput(operation: OperationModel): boolean {
    const { payload } = this.#compile(operation).input;
    if (!payload) return false;
    return (payload.shape.kind === "blob" && payload.shape.streaming === true) || payload.traits.streaming === 1;
  }

  decode(match: ProtocolMatch, request: WireRequest, body: Buffer | Readable): unknown {
    const { operation } = match;
    const { input: bindings } = this.#compile(operation);
    const input = decodeBoundMembers(bindings, match.labels ?? {}, match.query ?? NO_QUERY, request.headers);
    const { payload } = bindings;
    if (payload) {
      const value = Buffer.isBuffer(body) ? this.#decodePayload(payload, body) : this.#decodeStream(payload, body);
      if (value !== undefined) input[payload.name] = value;
    } else if (bindings.body.length > 0 && Buffer.isBuffer(body) && isStruct(operation.input)) {
      Object.assign(input, this.#format.decodeBody(operation.input, bindings.body, body));
    }
    return input;
  }

  #decodePayload(payload: Member, body: Buffer): unknown {
    if (payload.shape.kind === "blob") return body.length === 0 ? undefined : body;
    if (body.length === 0) return undefined;
    if (payload.shape.kind === "string") return body.toString("utf8");
    return this.#format.decodePayload(payload, body);
  }

  #decodeStream(payload: Member, body: Readable): unknown {
    return isStruct(payload.shape) ? decodeEventStream(payload.shape, body, this.#format) : body;
  }

  encode(operation: OperationModel, output: unknown, requestId: string): Reply {
    const { output: bindings } = this.#compile(operation);
    const value = typeof output === "object" && output !== null ? output : {};
    const headers: Record<string, string> = encodeHeaders(bindings, value);
    const status = this.#status(operation, bindings, value);
    const { payload } = bindings;
    if (payload) {
      const item: unknown = Reflect.get(value, payload.name);
      return { status, headers, body: this.#encodePayload(payload, item, headers, requestId) };
    }
    if (status === 204 || status === 304 || !isStruct(operation.output)) return { status, headers, body: undefined };
    if (bindings.body.length === 0 && this.#format.name === "restXml") return { status, headers, body: undefined };
    headers["Content-Type"] ??= this.#format.contentType;
    return { status, headers, body: this.#format.encodeBody(operation, operation.output, bindings.body, value) };
  }

  #status(operation: OperationModel, bindings: Bindings, value: object): number {
    const bound: unknown = bindings.statusCode && Reflect.get(value, bindings.statusCode.name);
    return typeof bound === "number" ? bound : (operation.traits.http?.[2] ?? 200);
  }

  #encodePayload(payload: Member, value: unknown, headers: Record<string, string>, requestId: string): Reply["body"] {
    if (isStruct(payload.shape) && payload.traits.streaming === 1) {
      headers["Content-Type"] ??= EVENT_STREAM_TYPE;
      const describe = (thrown: unknown): ErrorReply => this.#context.describeError(thrown, requestId);
      return encodeEventStream(payload.shape, value, this.#format, describe);
    }
    if (value === undefined || value === null) return undefined;
    if (payload.shape.kind === "blob") {
      headers["Content-Type"] ??= this.#format.name === "restJson1" ? "application/json" : BINARY_TYPE;
      return value as Uint8Array | string | Readable;
    }
    if (payload.shape.kind === "string") {
      headers["Content-Type"] ??= "text/plain";
      return String(value);
    }
    headers["Content-Type"] ??= this.#format.contentType;
    return this.#format.encodePayload(payload, value);
  }

  encodeError(error: ErrorReply): Reply {
    const bindings = error.shape && compileBindings(error.shape, "response");
    const bound = bindings ? encodeHeaders(bindings, error.members) : {};
    const headers = { "Content-Type": this.#format.contentType, ...bound, ...this.#format.errorHeaders(error) };
    return { status: error.status, headers, body: this.#format.encodeError(error, bindings?.body ?? []) };
  }

  #compile(operation: OperationModel): Compiled {
    let compiled = this.#compiled.get(operation);
    if (!compiled) {
      compiled = {
        input: compileBindings(operation.input, "request"),
        output: compileBindings(operation.output, "response"),
      };
      this.#compiled.set(operation, compiled);
    }
    return compiled;
  }
}

function collectQuery(rawQuery: string, parametersMax: number): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of parsePairs(rawQuery, parametersMax)) {
    const values = query.get(name);
    if (values) values.push(value);
    else query.set(name, [value]);
  }
  return query;
}
