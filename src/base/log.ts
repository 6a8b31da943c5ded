/** The server's own operational log (never a function's log): one line per event, structured fields, a named level. */

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Flat facts that belong to a log line; `error` is printed with its stack and causes. */
export interface LogFields {
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A log that writes `level message key=value …` lines at or above `threshold` through `write`. */
export function lineLog(threshold: LogLevel, write: (line: string) => void): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (RANK[level] >= RANK[threshold]) write(`${level} ${message}${renderFields(fields)}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function renderFields(fields: LogFields): string {
  let text = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const rendered =
      value instanceof Error ? renderError(value) : typeof value === "string" ? value : JSON.stringify(value);
    text += ` ${name}=${rendered}`;
  }
  return text;
}

function renderError(error: Error): string {
  const cause = error.cause instanceof Error ? ` caused by ${renderError(error.cause)}` : "";
  return `${error.stack ?? String(error)}${cause}`;
}
