/** restJson1: JSON bodies by `jsonName`, errors by the x-amzn-ErrorType header and a flat JSON body. */
import { type DocumentFormat, decodeDocument } from "../codec/document-decoder.ts";
import { encodeDocument, encodeStruct } from "../codec/document-encoder.ts";
import { printStruct } from "../codec/json-printer.ts";
import type { StructShape } from "../schema/shape.ts";
import { jsonParser } from "./json-text.ts";
import type { Protocol, ProtocolContext } from "./protocol.ts";
import { type BodyFormat, RestProtocol } from "./rest-protocol.ts";

const ENCODE = { kind: "json", jsonNames: true } as const;

export function restJson(context: ProtocolContext): Protocol {
  const parseJson = jsonParser(context.unreadableBody);
  const decode: DocumentFormat = { kind: "json", jsonNames: true, depthMax: context.documentDepthMax };
  const format: BodyFormat = {
    name: "restJson1",
    contentType: "application/json",
    eventContentType: "application/json",
    decodeBody: (shape, members, body) => asRecord(decodeDocument(bodyShape(shape, members), parseJson(body), decode)),
    decodePayload: (member, body) => decodeDocument(member.shape, parseJson(body), decode),
    encodeBody: (_operation, shape, members, output) => printStruct(shape, output, ENCODE, members),
    encodePayload: (member, value) => JSON.stringify(encodeDocument(member.shape, value, ENCODE)),
    encodeEvent: (shape, value) => JSON.stringify(encodeDocument(shape, value, ENCODE)),
    decodeEvent: (shape, body) => decodeDocument(shape, parseJson(body), decode),
    encodeError: (error, members) =>
      JSON.stringify(error.shape ? encodeStruct(error.shape, error.members, ENCODE, members) : error.members),
    errorHeaders: (error) => ({ "x-amzn-ErrorType": error.name }),
  };
  return new RestProtocol(context, format);
}

const bodyShapes = new WeakMap<StructShape, StructShape>();

/** The input without what travels elsewhere. */
function bodyShape(shape: StructShape, members: StructShape["members"]): StructShape {
  let known = bodyShapes.get(shape);
  if (!known) {
    const { name, namespace, traits, kind } = shape;
    known = { kind, name, namespace, traits, members };
    bodyShapes.set(shape, known);
  }
  return known;
}

function asRecord(value: unknown): Record<string, unknown> {
  return value as Record<string, unknown>;
}
