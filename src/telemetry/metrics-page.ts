/** Metrics in Prometheus' text format, under the names that exporters give CloudWatch's: `aws_lambda_errors_sum`. */
import type { Series } from "./metrics.ts";

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Totals since the start: the sum of each series, and for durations how many samples it has; of levels the maximum of the
 * last minute that has samples.
 */
export function metricsPage(all: Iterable<Series>): string {
  const families = new Map<string, string[]>();
  const line = (family: string, labels: string, value: number, type = "counter"): void => {
    const lines = families.get(family) ?? [`# TYPE ${family} ${type}`];
    families.set(family, lines);
    lines.push(`${family}{${labels}} ${value}`);
  };
  for (const { metric, subject, total, minutes } of all) {
    const name = `${snake(metric.namespace.replace("/", "_"))}_${snake(metric.name)}`;
    const { accountId, region, dimensions } = subject;
    const labels = Object.entries({ AccountId: accountId, Region: region, ...dimensions })
      .map(([label, value]) => `${snake(label)}="${escaped(value)}"`)
      .join(",");
    if (metric.level) {
      line(`${name}_maximum`, labels, minutes.at(-1)?.maximum ?? 0, "gauge");
      continue;
    }
    line(`${name}_sum`, labels, total.sum);
    if (metric.unit === "Milliseconds") line(`${name}_sample_count`, labels, total.sampleCount);
  }
  return [...families.values()].map((lines) => `${lines.join("\n")}\n`).join("");
}

function snake(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}
