/**
 * Figures as a dependency: whoever has something to count or to measure gets a MetricSink from the composition root, and
 * does not know who keeps or shows it.
 */

/** What is measured, under its published name, for example `AWS/Lambda` and `AsyncEventsReceived`. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: "Count" | "Milliseconds" | "None";
  /** A level, of which the maximum counts; of everything else it is the sum. */
  readonly level?: true;
}

/** Whose figure it is. `dimensions` by their published names, most general first. */
export interface MetricSubject {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface MetricSink {
  /** Takes one sample; for counts that is how many more, by default one. Never throws and never waits. */
  record(metric: Metric, subject: MetricSubject, value?: number): void;
}

/** Keeps nothing. */
export const noMetrics: MetricSink = { record: () => undefined };
