/**
 * From a handler's output to XML text, for restXml and query answers. Follows the schema and leaves out what it does not
 * name. Characters that XML 1.0 can not hold at all are printed as S3 prints them, as numeric references.
 */
import { isStruct, type Member, type Shape, type StructShape, type Traits } from "../schema/shape.ts";
import { printScalar } from "./scalars.ts";

export interface XmlStyle {
  /** Dates with `.000Z`, as S3 prints them; other services leave whole seconds bare. */
  readonly keepMilliseconds: boolean;
}

/** `<name>…</name>` for a value that is no flattened collection. */
export function encodeXml(name: string, shape: Shape, value: unknown, style: XmlStyle, traits: Traits = {}): string {
  const namespace = namespaceAttribute(traits);
  if (isStruct(shape)) {
    const attributes = namespace + attributesOf(shape, value as object);
    return `<${name}${attributes}>${encodeXmlMembers(shape, value as object, style)}</${name}>`;
  }
  if (shape.kind === "list") {
    const inner = shape.elementTraits.xmlName ?? "member";
    const items = present(value as Iterable<unknown>);
    return `<${name}${namespace}>${items.map((item) => encodeXml(inner, shape.element, item, style, shape.elementTraits)).join("")}</${name}>`;
  }
  if (shape.kind === "map") {
    const entries = presentEntries(value as object).map(
      ([key, item]) => `<entry>${encodeEntry(shape, key, item, style)}</entry>`,
    );
    return `<${name}${namespace}>${entries.join("")}</${name}>`;
  }
  return `<${name}${namespace}>${escapeXml(printScalar(shape, value, "date-time", style.keepMilliseconds))}</${name}>`;
}

/** The children of a structure; `only` restricts it to the members that travel in the body. */
export function encodeXmlMembers(
  shape: StructShape,
  value: object,
  style: XmlStyle,
  only: StructShape["members"] = shape.members,
): string {
  const source = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const member of only) {
    const item = source[member.name];
    if (item === undefined || item === null || member.traits.xmlAttribute) continue;
    text += encodeMember(member, item, style);
  }
  return text;
}

function encodeMember(member: Member, value: unknown, style: XmlStyle): string {
  const name = member.traits.xmlName ?? member.name;
  const { shape } = member;
  if (member.traits.xmlFlattened && shape.kind === "list") {
    return present(value as Iterable<unknown>)
      .map((item) => encodeXml(name, shape.element, item, style, shape.elementTraits))
      .join("");
  }
  if (member.traits.xmlFlattened && shape.kind === "map") {
    return presentEntries(value as object)
      .map(([key, item]) => `<${name}>${encodeEntry(shape, key, item, style)}</${name}>`)
      .join("");
  }
  return encodeXml(name, shape, value, style, member.traits);
}

function encodeEntry(shape: Shape & { kind: "map" }, key: string, value: unknown, style: XmlStyle): string {
  const keyName = shape.keyTraits.xmlName ?? "key";
  const valueName = shape.valueTraits.xmlName ?? "value";
  return `<${keyName}>${escapeXml(key)}</${keyName}>${encodeXml(valueName, shape.value, value, style)}`;
}

function attributesOf(shape: StructShape, value: object): string {
  const source = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const member of shape.members) {
    const item = source[member.name];
    if (!member.traits.xmlAttribute || item === undefined || item === null) continue;
    text += ` ${member.traits.xmlName ?? member.name}="${escapeXml(String(item))}"`;
  }
  return text;
}

function namespaceAttribute(traits: Traits): string {
  const [prefix, uri] = traits.xmlNamespace ?? [];
  if (!uri) return "";
  return ` ${prefix ? `xmlns:${prefix}` : "xmlns"}="${escapeXml(uri)}"`;
}

function present(items: Iterable<unknown>): unknown[] {
  return [...items].filter((item) => item !== undefined && item !== null);
}

function presentEntries(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
}

const SPECIAL = /[&<>"\p{Cc}\u2028]/gu;
const PRINTED: Readonly<Record<string, string | undefined>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "\t",
  "\n": "\n",
};

export function escapeXml(text: string): string {
  return text.replace(SPECIAL, (char) => PRINTED[char] ?? `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`);
}
