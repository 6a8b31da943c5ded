/**
 * Where a command writes: results to standard output, everything about them to standard error. Colour appears on
 * terminals only and obeys NO_COLOR; with --json standard output is JSON and nothing else.
 */
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  readonly json: boolean;
  /** A person is there to answer questions and to press Ctrl-C. */
  readonly interactive: boolean;
  /** A person reads standard output itself, not a program behind a pipe. */
  readonly outputIsRead: boolean;
  /** Standard error is a terminal: a line on it may move. */
  readonly movable: boolean;
  /** Standard output, one line or block; a newline is added. */
  print(text: string): void;
  /** Standard error; a newline is added. */
  note(text: string): void;
  /** Standard output as JSON, one document in one line. */
  data(value: unknown): void;
  /** Coloured for standard output, where that is a terminal. */
  style(style: Style, text: string): string;
  /** Coloured for standard error, where that is a terminal. */
  noteStyle(style: Style, text: string): string;
}

export function terminalOf(options: { readonly json: boolean }): Terminal {
  return {
    json: options.json,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    outputIsRead: process.stdout.isTTY === true,
    movable: process.stderr.isTTY === true && process.env["TERM"] !== "dumb",
    print: (text) => write(process.stdout, text),
    note: (text) => write(process.stderr, text),
    data: (value) => write(process.stdout, JSON.stringify(value)),
    style: (style, text) => styleText(style, text, { stream: process.stdout }),
    noteStyle: (style, text) => styleText(style, text, { stream: process.stderr }),
  };
}

function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(text.endsWith("\n") ? text : `${text}\n`);
}
