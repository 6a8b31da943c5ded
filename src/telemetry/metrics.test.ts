/** Goal: figures add up as CloudWatch takes them, within bounds, and are readable by Prometheus. Method: a moved clock. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { METRICS_LIMITS } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { metricsPage } from "./metrics-page.ts";

const ERRORS = { namespace: "AWS/Lambda", name: "Errors", unit: "Count" } as const;
const EVENT_AGE = { namespace: "AWS/Lambda", name: "AsyncEventAge", unit: "Milliseconds" } as const;
const of = (FunctionName: string): { accountId: string; region: string; dimensions: { FunctionName: string } } => ({
  accountId: "000000000000",
  region: "us-east-1",
  dimensions: { FunctionName },
});

test("samples become statistics per minute and in total", () => {
  const clock = new ManualClock();
  const metrics = new Metrics(clock);
  for (const value of [30, 10]) metrics.record(EVENT_AGE, of("f"), value);
  clock.advance(60_000);
  metrics.record(EVENT_AGE, of("f"), 20);
  metrics.record(ERRORS, of("f"));
  const [ages, errors] = [...metrics.series()];
  assert.deepEqual(ages?.total, { sampleCount: 3, sum: 60, minimum: 10, maximum: 30 });
  assert.deepEqual(
    ages?.minutes.map(({ start: _start, ...statistics }) => statistics),
    [
      { sampleCount: 2, sum: 40, minimum: 10, maximum: 30 },
      { sampleCount: 1, sum: 20, minimum: 20, maximum: 20 },
    ],
  );
  assert.equal((ages?.minutes[1]?.start ?? 0) - (ages?.minutes[0]?.start ?? 0), 60_000);
  assert.equal(errors?.total.sum, 1);
});

test("minutes and series are bounded, and the series that is silent for the longest gives way", () => {
  const clock = new ManualClock();
  const metrics = new Metrics(clock);
  for (let minute = 0; minute < METRICS_LIMITS.minutesMax + 5; minute += 1) {
    metrics.record(ERRORS, of("busy"));
    clock.advance(60_000);
  }
  metrics.record(ERRORS, of("silent"));
  clock.advance(60_000);
  metrics.record(ERRORS, of("busy"));
  for (let other = 0; other < METRICS_LIMITS.seriesMax - 1; other += 1) metrics.record(ERRORS, of(`f${other}`));
  const kept = [...metrics.series()];
  assert.equal(kept.length, METRICS_LIMITS.seriesMax);
  const busy = kept.find(({ subject }) => subject.dimensions["FunctionName"] === "busy");
  assert.equal(busy?.minutes.length, METRICS_LIMITS.minutesMax);
  assert.equal(busy?.total.sampleCount, METRICS_LIMITS.minutesMax + 6);
  assert.ok(!kept.some(({ subject }) => subject.dimensions["FunctionName"] === "silent"));
});

test("the page is Prometheus' text format, one family per metric", () => {
  const metrics = new Metrics(new ManualClock());
  metrics.record(ERRORS, of("f"));
  metrics.record(EVENT_AGE, of("f"), 5);
  metrics.record(ERRORS, of('odd"\\name'), 2);
  const labels = (name: string): string => `account_id="000000000000",region="us-east-1",function_name="${name}"`;
  assert.equal(
    metricsPage(metrics.series()),
    [
      "# TYPE aws_lambda_errors_sum counter",
      `aws_lambda_errors_sum{${labels("f")}} 1`,
      `aws_lambda_errors_sum{${labels('odd\\"\\\\name')}} 2`,
      "# TYPE aws_lambda_async_event_age_sum counter",
      `aws_lambda_async_event_age_sum{${labels("f")}} 5`,
      "# TYPE aws_lambda_async_event_age_sample_count counter",
      `aws_lambda_async_event_age_sample_count{${labels("f")}} 1`,
      "",
    ].join("\n"),
  );
});
