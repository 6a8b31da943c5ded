/**
 * From a form of the query protocol (`A.member.1.B=x`) to the typed value of a schema. Dots build a tree first, then
 * the schema walks it, so keys that the schema does not know cost nothing and indexes need neither order nor density.
 * Flattened lists go by the member's name or, as older clients have it, by the element's.
 */
import { isStruct, type ListShape, type MapShape, type Member, type Shape, type StructShape } from "../schema/shape.ts";
import { serializationError } from "../service-error.ts";
import { setOwn } from "./document-decoder.ts";
import { parseScalar } from "./scalars.ts";

interface FormNode {
  value: string | undefined;
  readonly children: Map<string, FormNode>;
}

/** @throws ServiceError SerializationException */
export function decodeForm(shape: Shape, pairs: Iterable<readonly [string, string]>, depthMax: number): unknown {
  const root = newNode();
  for (const [key, value] of pairs) insert(root, key, value, depthMax);
  return isStruct(shape) ? decodeStruct(shape, root) : {};
}

function newNode(): FormNode {
  return { value: undefined, children: new Map() };
}

function insert(root: FormNode, key: string, value: string, depthMax: number): void {
  const parts = key.split(".");
  if (parts.length > depthMax) throw serializationError("The document is nested too deeply");
  let node = root;
  for (const part of parts) {
    let child = node.children.get(part);
    if (!child) {
      child = newNode();
      node.children.set(part, child);
    }
    node = child;
  }
  node.value = value;
}

function decodeNode(shape: Shape, node: FormNode): unknown {
  if (isStruct(shape)) return decodeStruct(shape, node);
  if (shape.kind === "list") {
    const inner = node.children.get(shape.elementTraits.xmlName ?? "member") ?? node.children.get("member");
    return decodeItems(shape, inner ?? node);
  }
  if (shape.kind === "map") return decodeEntries(shape, node.children.get("entry") ?? node);
  if (node.value === undefined)
    throw serializationError(`Structure found where a value of type ${shape.kind} was expected`);
  return parseScalar(shape, node.value, "date-time");
}

function decodeStruct(shape: StructShape, node: FormNode): Record<string, unknown> {
  const target: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = memberNode(member, node);
    if (!child) continue;
    target[member.name] = member.traits.xmlFlattened
      ? decodeFlattened(member.shape, child)
      : decodeNode(member.shape, child);
  }
  if (shape.kind === "union" && Object.keys(target).length !== 1) {
    throw serializationError(`Exactly one member of the union ${shape.name} must be set`);
  }
  return target;
}

function memberNode(member: Member, node: FormNode): FormNode | undefined {
  const byMember = node.children.get(member.traits.xmlName ?? member.name) ?? node.children.get(member.name);
  if (byMember || !member.traits.xmlFlattened || member.shape.kind !== "list") return byMember;
  const elementName = member.shape.elementTraits.xmlName;
  return elementName === undefined ? undefined : node.children.get(elementName);
}

function decodeFlattened(shape: Shape, node: FormNode): unknown {
  if (shape.kind === "list") return decodeItems(shape, node);
  if (shape.kind === "map") return decodeEntries(shape, node);
  return decodeNode(shape, node);
}

function decodeItems(shape: ListShape, node: FormNode): unknown[] {
  return inOrder(node).map((item) => decodeNode(shape.element, item));
}

function decodeEntries(shape: MapShape, node: FormNode): Record<string, unknown> {
  const target: Record<string, unknown> = {};
  for (const entry of inOrder(node)) {
    const key = entry.children.get(shape.keyTraits.xmlName ?? "key");
    const value = entry.children.get(shape.valueTraits.xmlName ?? "value");
    if (key?.value === undefined || !value) throw serializationError("A map entry must have a key and a value");
    setOwn(target, key.value, decodeNode(shape.value, value));
  }
  return target;
}

function inOrder(node: FormNode): FormNode[] {
  const numbered: [number, FormNode][] = [];
  for (const [index, child] of node.children) {
    if (!/^\d{1,9}$/.test(index)) throw serializationError(`${index.slice(0, 64)} is not the index of a list`);
    numbered.push([Number(index), child]);
  }
  return numbered.sort(([a], [b]) => a - b).map(([, child]) => child);
}
