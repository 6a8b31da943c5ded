/** restXml, which is S3: XML bodies named by their shapes, errors as a bare `<Error>` with request and host id. */
import { isUtf8 } from "node:buffer";
import { decodeXml, decodeXmlStruct } from "../codec/xml-decoder.ts";
import { encodeXml, encodeXmlMembers, escapeXml } from "../codec/xml-encoder.ts";
import { malformedXml, readXml, type XmlElement } from "../codec/xml-reader.ts";
import type { Member, Shape } from "../schema/shape.ts";
import type { ErrorReply, Protocol, ProtocolContext } from "./protocol.ts";
import { type BodyFormat, RestProtocol } from "./rest-protocol.ts";

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const STYLE = { keepMilliseconds: true } as const;

/** Operations whose only member is the root element itself (Smithy's s3UnwrappedXmlOutput). */
const UNWRAPPED_OUTPUT = new Set(["GetBucketLocation"]);

export function restXml(context: ProtocolContext): Protocol {
  const { xmlNamespace } = context.model;
  const namespace = xmlNamespace === "" ? "" : ` xmlns="${escapeXml(xmlNamespace)}"`;
  const parse = (body: Buffer): XmlElement => {
    if (!isUtf8(body)) throw malformedXml();
    return readXml(body.toString("utf8"), context.documentDepthMax);
  };
  const format: BodyFormat = {
    name: "restXml",
    contentType: "application/xml",
    eventContentType: "text/xml",
    decodeBody(shape, members, body) {
      if (body.length === 0) return {};
      const root = parse(body);
      if (root.name !== (shape.traits.xmlName ?? shape.name)) throw malformedXml();
      return decodeXmlStruct(shape, root, members);
    },
    decodePayload(member, body) {
      const root = parse(body);
      if (root.name !== payloadName(member)) throw malformedXml();
      return decodeXml(member.shape, root);
    },
    encodeBody(operation, shape, members, output) {
      const inner = encodeXmlMembers(shape, output, STYLE, members);
      if (UNWRAPPED_OUTPUT.has(operation.name)) return DECLARATION + unwrapped(members, output, namespace);
      const root = shape.traits.xmlName ?? shape.name;
      return `${DECLARATION}<${root}${namespace}>${inner}</${root}>`;
    },
    encodePayload: (member, value) =>
      DECLARATION + withNamespace(encodeXml(payloadName(member), member.shape, value, STYLE), namespace),
    encodeEvent: (shape, value) => encodeXml(rootName(shape), shape, value, STYLE),
    decodeEvent: (shape, body) => decodeXml(shape, parse(body)),
    encodeError: (error, members) => `${DECLARATION}${errorElement(error, members)}`,
    errorHeaders: () => ({}),
  };
  return new RestProtocol(context, format);
}

function rootName(shape: Shape): string {
  return shape.traits.xmlName ?? shape.name;
}

function payloadName(member: Member): string {
  return member.traits.xmlName ?? member.shape.name;
}

function withNamespace(xml: string, namespace: string): string {
  return xml.replace(/^<[^\s>/]+/, (start) => start + namespace);
}

function unwrapped(members: readonly Member[], output: object, namespace: string): string {
  const [member] = members;
  if (!member) return "";
  const value: unknown = Reflect.get(output, member.name);
  return withNamespace(encodeXml(member.traits.xmlName ?? member.name, member.shape, value ?? "", STYLE), namespace);
}

function errorElement(error: ErrorReply, members: readonly Member[]): string {
  const shape = error.shape;
  const others = members.filter(({ name }) => name.toLowerCase() !== "message");
  const modelled = shape ? encodeXmlMembers(shape, error.members, STYLE, others) : freeMembers(error);
  const head = `<Code>${escapeXml(error.name)}</Code><Message>${escapeXml(error.message)}</Message>`;
  const hostId = Buffer.from(error.requestId).toString("base64");
  return `<Error>${head}${modelled}<RequestId>${error.requestId}</RequestId><HostId>${hostId}</HostId></Error>`;
}

function freeMembers(error: ErrorReply): string {
  const entries = Object.entries(error.members).filter(([name]) => name.toLowerCase() !== "message");
  return entries.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`).join("");
}
