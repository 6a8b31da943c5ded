/** What the RPC protocols have in common on the way back: a document, or an event stream that begins with one. */

import type { OperationModel, ServiceModel } from "../schema/service-model.ts";
import { eventStreamMember, isStruct, type StructShape } from "../schema/shape.ts";
import { EVENT_STREAM_TYPE, type EventBodyCodec, encodeEventStream } from "./event-stream.ts";
import type { ErrorReply, ProtocolContext, Reply } from "./protocol.ts";

export function rpcReply(
  context: ProtocolContext,
  operation: OperationModel,
  output: unknown,
  requestId: string,
  contentType: string,
  bodies: EventBodyCodec,
): Reply {
  const value = typeof output === "object" && output !== null ? output : {};
  const stream = eventStreamMember(operation.output);
  if (stream && isStruct(operation.output)) {
    const initial = bodies.encodeEvent(without(operation.output, stream.name), value);
    const describe = (thrown: unknown): ErrorReply => context.describeError(thrown, requestId);
    const events: unknown = Reflect.get(value, stream.name);
    const body = encodeEventStream(stream.shape, events, bodies, describe, initial);
    return { status: 200, headers: { "Content-Type": EVENT_STREAM_TYPE }, body };
  }
  const body = isStruct(operation.output) ? bodies.encodeEvent(operation.output, value) : bodies.encodeEvent(EMPTY, {});
  return { status: 200, headers: { "Content-Type": contentType }, body };
}

const EMPTY: StructShape = { kind: "struct", name: "Unit", namespace: "", traits: {}, members: [] };

function without(shape: StructShape, memberName: string): StructShape {
  const { kind, name, namespace, traits } = shape;
  return { kind, name, namespace, traits, members: shape.members.filter((member) => member.name !== memberName) };
}

/** For clients that knew the service when it spoke the query protocol. */
export function queryErrorHeader(model: ServiceModel, error: ErrorReply): Record<string, string> {
  if (!model.queryCompatible) return {};
  return { "x-amzn-query-error": `${error.queryCode};${error.fault === "client" ? "Sender" : "Receiver"}` };
}
