/**
 * From anything thrown to an error that may be shown: modelled exceptions by their schema, ServiceErrors as they are, all
 * else as InternalFailure, whose text says nothing. The caller logs what is hidden here.
 */

import type { ErrorReply } from "./protocols/protocol.ts";
import type { ServiceModel } from "./schema/service-model.ts";
import type { StructShape } from "./schema/shape.ts";
import { ServiceError } from "./service-error.ts";
import type { ServiceStyle } from "./service-style.ts";

export interface Description {
  readonly reply: ErrorReply;
  /** The thrown value is a bug and has to be logged. */
  readonly unexpected: boolean;
}

export function describeError(
  thrown: unknown,
  requestId: string,
  model: ServiceModel | undefined,
  style: ServiceStyle,
): Description {
  if (thrown instanceof ServiceError) {
    // A code that the service models is shown by its shape, whoever threw it.
    const shape = model?.errors.get(thrown.code);
    const reply = shape
      ? { ...describeModelled(thrown, shape, requestId, style), status: thrown.status }
      : describeServiceError(thrown, requestId);
    return { reply, unexpected: false };
  }
  if (model && thrown instanceof Error && model.isOwnException(thrown)) {
    const shape = model.errors.get(thrown.name);
    const reply = shape ? describeModelled(thrown, shape, requestId, style) : describeUnmodelled(thrown, requestId);
    return { reply, unexpected: false };
  }
  return { reply: describeServiceError(internalFailure(), requestId), unexpected: true };
}

function internalFailure(): ServiceError {
  return new ServiceError("InternalFailure", 500, "The request processing has failed because of an unknown error.");
}

function describeServiceError(error: ServiceError, requestId: string): ErrorReply {
  const { code, status, message, members, messageKey } = error;
  return {
    name: code,
    queryCode: code,
    namespace: undefined,
    status,
    queryStatus: status,
    fault: status < 500 ? "client" : "server",
    message,
    shape: undefined,
    members: { [messageKey]: message, ...members },
    requestId,
  };
}

function describeModelled(thrown: Error, shape: StructShape, requestId: string, style: ServiceStyle): ErrorReply {
  const fault = shape.traits.error === "server" ? "server" : "client";
  const status = shape.traits.httpError ?? style.errorStatus[shape.name] ?? (fault === "client" ? 400 : 500);
  const [queryCode, queryStatus] = shape.traits.awsQueryError ?? [shape.name, status];
  return {
    name: shape.name,
    queryCode,
    namespace: shape.namespace,
    status,
    queryStatus,
    fault,
    message: thrown.message,
    shape,
    members: collectMembers(thrown, shape, fault, style),
    requestId,
  };
}

/** `Type` may be set to the empty string by handlers whose error comes without it. */
function collectMembers(
  thrown: Error,
  shape: StructShape,
  fault: "client" | "server",
  style: ServiceStyle,
): Record<string, unknown> {
  const members: Record<string, unknown> = { message: thrown.message };
  const given: object = thrown instanceof ServiceError ? thrown.members : thrown;
  for (const { name } of shape.members) {
    const value: unknown = Reflect.get(given, name);
    if (name.toLowerCase() === "message") members[name] = value ?? thrown.message;
    else if (name === "Type" && style.errorsHaveType) {
      if (value !== "") members[name] = value ?? (fault === "client" ? "User" : "Service");
    } else members[name] = value;
  }
  return members;
}

/** An exception of the client module's base class, for codes that the model does not list. */
function describeUnmodelled(thrown: Error, requestId: string): ErrorReply {
  const fault = Reflect.get(thrown, "$fault") === "server" ? "server" : "client";
  const metadata: unknown = Reflect.get(thrown, "$metadata");
  const given: unknown =
    typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "httpStatusCode") : undefined;
  const status = typeof given === "number" ? given : fault === "client" ? 400 : 500;
  return describeServiceError(new ServiceError(thrown.name, status, thrown.message), requestId);
}
