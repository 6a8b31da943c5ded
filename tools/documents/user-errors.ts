/**
 * Every UserError that the sources make, read from their syntax: its code and the file. The code must be written out where
 * the error is made, so that it can be found by searching for it.
 */
import { Visitor } from "oxc-parser";
import type { SourceFile } from "../sources.ts";

export interface MadeUserError {
  /** Undefined when the first argument is not a plain string. */
  readonly code: string | undefined;
  readonly path: string;
  readonly line: number;
}

export function userErrorsOf(files: readonly SourceFile[]): readonly MadeUserError[] {
  return files.flatMap((file) => {
    const made: MadeUserError[] = [];
    new Visitor({
      NewExpression(node) {
        if (node.callee.type !== "Identifier" || node.callee.name !== "UserError") return;
        const [first] = node.arguments;
        const code = first?.type === "Literal" && typeof first.value === "string" ? first.value : undefined;
        made.push({ code, path: file.path, line: file.lineAt(node.start) });
      },
    }).visit(file.program);
    return made;
  });
}
