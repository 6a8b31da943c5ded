/** awsJson1.0 and 1.1: one path, the operation in X-Amz-Target, documents both ways, errors by `__type`. */
import { type DocumentFormat, decodeDocument } from "../codec/document-decoder.ts";
import { encodeDocument, encodeStruct } from "../codec/document-encoder.ts";
import { printStruct } from "../codec/json-printer.ts";
import { isStruct, type StructShape } from "../schema/shape.ts";
import type { EventBodyCodec } from "./event-stream.ts";
import { jsonParser } from "./json-text.ts";
import type { ErrorReply, Protocol, ProtocolContext, Reply } from "./protocol.ts";
import { queryErrorHeader, rpcReply } from "./rpc-reply.ts";

const ENCODE = { kind: "json", jsonNames: false } as const;

export function jsonRpc(context: ProtocolContext, version: "1.0" | "1.1"): Protocol {
  const { model } = context;
  const contentType = `application/x-amz-json-${version}`;
  const parseJson = jsonParser(context.unreadableBody);
  const decode: DocumentFormat = { kind: "json", jsonNames: false, depthMax: context.documentDepthMax };
  const bodies: EventBodyCodec = {
    eventContentType: "application/json",
    encodeEvent: (shape, value) =>
      isStruct(shape) && typeof value === "object" && value !== null
        ? printStruct(shape, value, ENCODE)
        : JSON.stringify(encodeDocument(shape, value, ENCODE)),
    decodeEvent: (shape, body) => decodeDocument(shape, parseJson(body), decode),
  };
  return {
    name: version === "1.0" ? "awsJson1_0" : "awsJson1_1",
    match({ headers }) {
      const target = headers["x-amz-target"];
      const [prefix, name] = typeof target === "string" ? target.split(".") : [];
      const operation = prefix === model.target && name !== undefined ? model.operations.get(name) : undefined;
      return operation && { operation };
    },
    streamsInput: () => false,
    decode: ({ operation }, _request, body) =>
      isStruct(operation.input) && Buffer.isBuffer(body)
        ? decodeDocument(operation.input, parseJson(body), decode)
        : {},
    encode: (operation, output, requestId) => rpcReply(context, operation, output, requestId, contentType, bodies),
    encodeError(error): Reply {
      return {
        status: error.status,
        headers: { "Content-Type": contentType, "x-amzn-ErrorType": error.name, ...queryErrorHeader(model, error) },
        body: JSON.stringify({ __type: qualifiedName(error, version), ...errorMembers(error) }),
      };
    },
  };
}

/** 1.0 names the error's namespace, 1.1 does not. */
function qualifiedName(error: ErrorReply, version: "1.0" | "1.1"): string {
  return version === "1.0" && error.namespace !== undefined ? `${error.namespace}#${error.name}` : error.name;
}

function errorMembers(error: ErrorReply): Record<string, unknown> {
  return error.shape
    ? encodeStruct(error.shape, error.members, ENCODE, withMessage(error.shape))
    : { ...error.members };
}

const messageMember = {
  name: "message",
  shape: { kind: "string", name: "message", traits: {} },
  traits: {},
  required: false,
} as const;

/** The shape's members; a shape that models no message still shows one. */
export function withMessage(shape: StructShape): StructShape["members"] {
  const modelled = shape.members.some(({ name }) => name.toLowerCase() === "message");
  return modelled ? shape.members : [...shape.members, messageMember];
}
