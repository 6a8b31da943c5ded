/**
 * What a protocol is to the wire: which operation a request asks for, its typed input, and how an output or an error
 * looks on the way back. One instance per service and protocol, made when the first such request arrives.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { OperationModel, ProtocolName, ServiceModel } from "../schema/service-model.ts";
import type { StructShape } from "../schema/shape.ts";

/** The parts of an HTTP request that protocols read. */
export interface WireRequest {
  readonly method: string;
  /** The path as sent. */
  readonly path: string;
  /** The query string as sent, without its question mark. */
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  /** S3's bucket, when the host name carries it. */
  readonly bucket: string | undefined;
}

export interface ProtocolMatch {
  readonly operation: OperationModel;
  readonly labels?: Readonly<Record<string, string>>;
  readonly query?: ReadonlyMap<string, readonly string[]>;
}

/** A response, before the headers that every response has. */
export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | readonly string[]>;
  readonly body: Uint8Array | string | Readable | AsyncIterable<Uint8Array> | undefined;
}

/** An error in protocol-neutral form. */
export interface ErrorReply {
  /** Name of the error's shape, or the code when it has none. */
  readonly name: string;
  /** The code of the query protocol. */
  readonly queryCode: string;
  readonly namespace: string | undefined;
  readonly status: number;
  readonly queryStatus: number;
  readonly fault: "client" | "server";
  readonly message: string;
  readonly shape: StructShape | undefined;
  /** Values by member name; for errors without a shape, by the name on the wire. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}

export interface Protocol {
  readonly name: ProtocolName;
  /** The operation; undefined when the service has none such. @throws ServiceError for a request that can not be read */
  match(
    request: WireRequest,
    body: () => Promise<Buffer>,
  ): Promise<ProtocolMatch | undefined> | ProtocolMatch | undefined;
  /** Whether the operation's body is handed over as a stream. */
  streamsInput(operation: OperationModel): boolean;
  /** @throws ServiceError when the request is not what the schema says */
  decode(match: ProtocolMatch, request: WireRequest, body: Buffer | Readable): unknown;
  encode(operation: OperationModel, output: unknown, requestId: string): Reply;
  encodeError(error: ErrorReply): Reply;
}

export interface ProtocolContext {
  readonly model: ServiceModel;
  /** Signing name of the service. */
  readonly service: string;
  /** What is said of a JSON body that is none. */
  readonly unreadableBody: { readonly code: string; readonly message: string };
  readonly documentDepthMax: number;
  readonly queryParametersMax: number;
  /** What an event stream that breaks shows its client; the thrown value goes to the log. */
  describeError(thrown: unknown, requestId: string): ErrorReply;
}
