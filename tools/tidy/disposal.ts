/**
 * Finds `return promise()` in a function that holds something with `await using`: what it holds is disposed before the
 * promise settles, so a server is gone while its client still runs. No ready-made linter looks for it.
 */
import { type Node, type Program, Visitor, visitorKeys } from "oxc-parser";

/** Offsets of the returns that need an `await`. */
export function returnsBeforeDisposal(program: Program): readonly number[] {
  const found: number[] = [];
  const look = (body: Node | null): void => {
    if (body?.type !== "BlockStatement" || !body.body.some(isAwaitUsing)) return;
    for (const statement of returnsIn(body)) {
      if (statement.argument?.type === "CallExpression") found.push(statement.start);
    }
  };
  new Visitor({
    FunctionDeclaration: (node) => look(node.body),
    FunctionExpression: (node) => look(node.body),
    ArrowFunctionExpression: (node) => look(node.body),
  }).visit(program);
  return found;
}

function isAwaitUsing(node: Node): boolean {
  return node.type === "VariableDeclaration" && node.kind === "await using";
}

/** The function's own return statements, not those of functions inside it. */
function* returnsIn(node: Node): Generator<Extract<Node, { type: "ReturnStatement" }>> {
  if (node.type === "ReturnStatement") yield node;
  for (const child of childrenOf(node)) {
    if (!/^(Function|ArrowFunction|Class)/.test(child.type)) yield* returnsIn(child);
  }
}

function childrenOf(node: Node): readonly Node[] {
  return (visitorKeys[node.type] ?? []).flatMap((key) => [Reflect.get(node, key)].flat()).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
