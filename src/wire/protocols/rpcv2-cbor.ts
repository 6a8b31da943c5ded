/** Smithy RPC v2 with CBOR: the operation in the path, documents both ways, errors by `__type`. */
import { cbor } from "@smithy/core/cbor";
import { readCbor } from "../codec/cbor-reader.ts";
import { type DocumentFormat, decodeDocument } from "../codec/document-decoder.ts";
import { encodeDocument, encodeStruct } from "../codec/document-encoder.ts";
import { isStruct } from "../schema/shape.ts";
import type { EventBodyCodec } from "./event-stream.ts";
import { withMessage } from "./json-rpc.ts";
import type { Protocol, ProtocolContext, Reply } from "./protocol.ts";
import { queryErrorHeader, rpcReply } from "./rpc-reply.ts";

const CBOR_TYPE = "application/cbor";
const ENCODE = { kind: "cbor", jsonNames: false } as const;
const OPERATION_PATH = /^\/service\/([^/]+)\/operation\/([^/]+)$/;
const PROTOCOL_HEADER = { "smithy-protocol": "rpc-v2-cbor" };

export function rpcv2Cbor(context: ProtocolContext): Protocol {
  const { model } = context;
  const decode: DocumentFormat = { kind: "cbor", jsonNames: false, depthMax: context.documentDepthMax };
  const parse = (body: Buffer): unknown => (body.length === 0 ? {} : readCbor(body, context.documentDepthMax));
  const bodies: EventBodyCodec = {
    eventContentType: CBOR_TYPE,
    encodeEvent: (shape, value) => cbor.serialize(encodeDocument(shape, value, ENCODE)),
    decodeEvent: (shape, body) => decodeDocument(shape, parse(body), decode),
  };
  return {
    name: "rpcv2Cbor",
    match({ path }) {
      const [, , name] = OPERATION_PATH.exec(path) ?? [];
      const operation = name === undefined ? undefined : model.operations.get(name);
      return operation && { operation };
    },
    streamsInput: () => false,
    decode: ({ operation }, _request, body) =>
      isStruct(operation.input) && Buffer.isBuffer(body) ? decodeDocument(operation.input, parse(body), decode) : {},
    encode(operation, output, requestId): Reply {
      const reply = rpcReply(context, operation, output, requestId, CBOR_TYPE, bodies);
      return { ...reply, headers: { ...reply.headers, ...PROTOCOL_HEADER } };
    },
    encodeError(error): Reply {
      const { shape } = error;
      const members = shape ? encodeStruct(shape, error.members, ENCODE, withMessage(shape)) : error.members;
      const name = error.namespace === undefined ? error.name : `${error.namespace}#${error.name}`;
      return {
        status: error.status,
        headers: { "Content-Type": CBOR_TYPE, ...PROTOCOL_HEADER, ...queryErrorHeader(model, error) },
        body: cbor.serialize({ __type: name, ...members }),
      };
    },
  };
}
