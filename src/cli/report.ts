/**
 * Reads the REPORT of an invocation out of its log tail, in text and in JSON log format. A function that prints its own
 * lines cannot confuse it: the last report counts.
 */

export interface Report {
  readonly durationMs: number;
  readonly billedMs: number;
  /** Present when this invocation started its environment. */
  readonly initMs: number | undefined;
  readonly memoryMb: number | undefined;
  readonly usedMb: number | undefined;
}

export function reportIn(log: string): Report | undefined {
  const lines = log.split("\n");
  for (const line of lines.toReversed()) {
    const report = line.startsWith("REPORT ") ? textReport(line) : line.startsWith("{") ? jsonReport(line) : undefined;
    if (report !== undefined) return report;
  }
  return undefined;
}

function textReport(line: string): Report | undefined {
  const ms = (label: string): number | undefined => numberAfter(line, label, "ms");
  const mb = (label: string): number | undefined => numberAfter(line, label, "MB");
  const durationMs = ms("\tDuration");
  const billedMs = ms("Billed Duration");
  if (durationMs === undefined || billedMs === undefined) return undefined;
  return {
    durationMs,
    billedMs,
    initMs: ms("Init Duration"),
    memoryMb: mb("Memory Size"),
    usedMb: mb("Max Memory Used"),
  };
}

function numberAfter(line: string, label: string, unit: string): number | undefined {
  const text = new RegExp(`${label}: ([\\d.]+) ${unit}`).exec(line)?.[1];
  return text === undefined ? undefined : Number(text);
}

function jsonReport(line: string): Report | undefined {
  if (!line.includes('"platform.report"')) return undefined;
  const metrics = member(member(parsed(line), "record"), "metrics");
  const durationMs = numberIn(metrics, "durationMs");
  const billedMs = numberIn(metrics, "billedDurationMs");
  if (durationMs === undefined || billedMs === undefined) return undefined;
  return {
    durationMs,
    billedMs,
    initMs: numberIn(metrics, "initDurationMs"),
    memoryMb: numberIn(metrics, "memorySizeMB"),
    usedMb: numberIn(metrics, "maxMemoryUsedMB"),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    // A line that only begins like JSON is the function's own.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function numberIn(value: unknown, name: string): number | undefined {
  const found = member(value, name);
  return typeof found === "number" ? found : undefined;
}
