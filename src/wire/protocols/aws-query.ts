/** awsQuery: a form with Action and Version in, XML with a result element and ResponseMetadata out. */
import { isUtf8 } from "node:buffer";
import { parsePairs } from "../codec/percent.ts";
import { decodeForm } from "../codec/query-decoder.ts";
import { encodeXmlMembers, escapeXml } from "../codec/xml-encoder.ts";
import { isStruct } from "../schema/shape.ts";
import { serializationError } from "../service-error.ts";
import { withMessage } from "./json-rpc.ts";
import type { ErrorReply, Protocol, ProtocolContext, Reply } from "./protocol.ts";

const XML_TYPE = "text/xml";
const STYLE = { keepMilliseconds: false } as const;

export function awsQuery(context: ProtocolContext): Protocol {
  const { model } = context;
  const pairsOf = (rawQuery: string, body: Buffer): [string, string][] => {
    if (!isUtf8(body)) throw serializationError("The request body is not valid UTF-8");
    const form = body.toString("utf8").trim();
    return parsePairs(
      form === "" ? rawQuery : rawQuery === "" ? form : `${rawQuery}&${form}`,
      context.queryParametersMax,
    );
  };
  return {
    name: "awsQuery",
    async match({ rawQuery }, body) {
      const action = pairsOf(rawQuery, await body()).find(([name]) => name === "Action")?.[1];
      const operation = action === undefined ? undefined : model.operations.get(action);
      return operation && { operation };
    },
    streamsInput: () => false,
    decode({ operation }, { rawQuery }, body) {
      if (!Buffer.isBuffer(body)) return {};
      return decodeForm(operation.input, pairsOf(rawQuery, body), context.documentDepthMax);
    },
    encode(operation, output, requestId): Reply {
      const value = typeof output === "object" && output !== null ? output : {};
      const { name } = operation;
      const inner = isStruct(operation.output) ? encodeXmlMembers(operation.output, value, STYLE) : undefined;
      const result = inner === undefined ? "" : `<${name}Result>${inner}</${name}Result>`;
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      const body = `<${name}Response xmlns="${escapeXml(model.xmlNamespace)}">${result}${metadata}</${name}Response>`;
      return { status: 200, headers: { "Content-Type": XML_TYPE }, body };
    },
    encodeError: (error) => queryError(error, model.xmlNamespace),
  };
}

/** `<ErrorResponse>` as every query service has it. */
export function queryError(error: ErrorReply, xmlNamespace: string): Reply {
  const { shape } = error;
  const others = shape
    ? encodeXmlMembers(
        shape,
        error.members,
        STYLE,
        withMessage(shape).filter(({ name }) => name.toLowerCase() !== "message"),
      )
    : "";
  const type = error.fault === "client" ? "Sender" : "Receiver";
  const inner = `<Type>${type}</Type><Code>${escapeXml(error.queryCode)}</Code><Message>${escapeXml(error.message)}</Message>${others}`;
  const body = `<ErrorResponse xmlns="${escapeXml(xmlNamespace)}"><Error>${inner}</Error><RequestId>${error.requestId}</RequestId></ErrorResponse>`;
  return { status: error.queryStatus, headers: { "Content-Type": XML_TYPE }, body };
}
