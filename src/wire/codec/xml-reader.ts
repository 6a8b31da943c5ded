/**
 * XML bytes to a tree, for hostile input: strict well-formedness and no entity but XML's own five (saxes resolves
 * nothing else, so there is nothing to expand or fetch), bounded nesting, no document type.
 */
import { SaxesParser } from "saxes";
import { ServiceError } from "../service-error.ts";

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** S3's words for a body that is no XML or not the XML its schema asks for. */
export function malformedXml(cause?: unknown): ServiceError {
  return new ServiceError(
    "MalformedXML",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
    cause === undefined ? {} : { cause },
  );
}

/** The root element. @throws ServiceError MalformedXML */
export function readXml(text: string, depthMax: number): XmlElement {
  const parser = new SaxesParser();
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("doctype", () => {
    throw new Error("a document type is not accepted");
  });
  parser.on("opentag", (tag) => {
    const element: XmlElement = { name: localName(tag.name), attributes: tag.attributes, children: [], text: "" };
    if (open.length >= depthMax) throw new Error("nested too deeply");
    open.at(-1)?.children.push(element);
    open.push(element);
    root ??= element;
  });
  const append = (part: string): void => {
    const element = open.at(-1);
    if (element) element.text += part;
  };
  parser.on("text", append);
  parser.on("cdata", append);
  parser.on("closetag", () => {
    open.pop();
  });
  try {
    parser.write(text).close();
  } catch (error) {
    throw malformedXml(error);
  }
  if (!root) throw malformedXml();
  return root;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
