/**
 * Where figures of Lambda's metrics are kept: per series (metric, place, dimensions) the total since the start, and the
 * statistics of each of the last minutes, as CloudWatch takes them. Bounded: when there are too many series, one that had
 * no sample for the longest gives way.
 */
import { BoundedMap, type Clock, type Metric, type MetricSink, type MetricSubject } from "../base/index.ts";
import { METRICS_LIMITS } from "./limits.ts";

/** CloudWatch's statistic set. */
export interface Statistics {
  sampleCount: number;
  sum: number;
  minimum: number;
  maximum: number;
}

export interface Series {
  readonly metric: Metric;
  readonly subject: MetricSubject;
  readonly total: Statistics;
  /** Oldest first; minutes without samples are not there. `start` in epoch milliseconds. */
  readonly minutes: (Statistics & { readonly start: number })[];
}

const MINUTE_MS = 60_000;

export class Metrics implements MetricSink {
  readonly #clock: Clock;
  /** Those that had no sample for the longest give way, to the minute. */
  readonly #series = new BoundedMap<string, Series>(METRICS_LIMITS.seriesMax);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(metric: Metric, subject: MetricSubject, value = 1): void {
    const key = keyOf(metric, subject);
    const start = Math.floor(this.#clock.now() / MINUTE_MS) * MINUTE_MS;
    const series = this.#series.peek(key) ?? { metric, subject, total: empty(), minutes: [] };
    let minute = series.minutes.at(-1);
    if (minute === undefined || minute.start < start) {
      minute = { start, ...empty() };
      series.minutes.push(minute);
      if (series.minutes.length > METRICS_LIMITS.minutesMax) series.minutes.shift();
      this.#series.set(key, series);
    }
    add(series.total, value);
    add(minute, value);
  }

  /** Every series, in no particular order. */
  series(): Iterable<Series> {
    return this.#series.values();
  }
}

function keyOf({ namespace, name }: Metric, { accountId, region, dimensions }: MetricSubject): string {
  let key = `${namespace}\0${name}\0${accountId}\0${region}`;
  for (const dimension in dimensions) key += `\0${dimension}\0${dimensions[dimension]}`;
  return key;
}

function empty(): Statistics {
  return { sampleCount: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };
}

function add(statistics: Statistics, value: number): void {
  statistics.sampleCount += 1;
  statistics.sum += value;
  statistics.minimum = Math.min(statistics.minimum, value);
  statistics.maximum = Math.max(statistics.maximum, value);
}
