/**
 * From an XML tree to the typed value of a schema (restXml request bodies), as strict as the document decoder: the root
 * must be the expected element, scalars must be scalars. Unknown elements are ignored, as S3 does.
 */
import { isStruct, type ListShape, type MapShape, type Shape, type StructShape } from "../schema/shape.ts";
import { setOwn } from "./document-decoder.ts";
import { parseScalar } from "./scalars.ts";
import { malformedXml, type XmlElement } from "./xml-reader.ts";

/** @throws ServiceError MalformedXML or SerializationException */
export function decodeXml(shape: Shape, element: XmlElement): unknown {
  if (isStruct(shape)) return decodeXmlStruct(shape, element);
  if (shape.kind === "list")
    return childrenNamed(element, shape.elementTraits.xmlName ?? "member").map((child) =>
      decodeXml(shape.element, child),
    );
  if (shape.kind === "map") return decodeEntries(shape, childrenNamed(element, "entry"));
  if (element.children.length > 0) throw malformedXml();
  return parseScalar(shape, element.text, "date-time");
}

/** Decodes a structure; `only` restricts it to the members that travel in the body. */
export function decodeXmlStruct(
  shape: StructShape,
  element: XmlElement,
  only: StructShape["members"] = shape.members,
): Record<string, unknown> {
  if (element.children.length === 0 && element.text.trim() !== "") throw malformedXml();
  const target: Record<string, unknown> = {};
  for (const member of only) {
    const name = member.traits.xmlName ?? member.name;
    if (member.traits.xmlAttribute) {
      const text = attribute(element, name);
      if (text !== undefined && member.shape.kind === "string") target[member.name] = text;
      continue;
    }
    const found = childrenNamed(element, name);
    const first = found[0];
    if (first === undefined) continue;
    if (member.traits.xmlFlattened) {
      target[member.name] = decodeFlattened(member.shape, found);
    } else {
      if (found.length > 1) throw malformedXml();
      target[member.name] = decodeXml(member.shape, first);
    }
  }
  if (shape.kind === "union" && Object.keys(target).length !== 1) throw malformedXml();
  return target;
}

function decodeFlattened(shape: Shape, elements: readonly XmlElement[]): unknown {
  if (shape.kind === "map") return decodeEntries(shape, elements);
  return elements.map((element) => decodeXml((shape as ListShape).element, element));
}

function decodeEntries(shape: MapShape, entries: readonly XmlElement[]): Record<string, unknown> {
  const target: Record<string, unknown> = {};
  for (const entry of entries) {
    const key = childrenNamed(entry, shape.keyTraits.xmlName ?? "key")[0];
    const value = childrenNamed(entry, shape.valueTraits.xmlName ?? "value")[0];
    if (!key || !value) throw malformedXml();
    setOwn(target, key.text, decodeXml(shape.value, value));
  }
  return target;
}

function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

function attribute(element: XmlElement, name: string): string | undefined {
  return Object.hasOwn(element.attributes, name) ? element.attributes[name] : undefined;
}
