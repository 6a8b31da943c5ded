/**
 * AWS's runtime identifiers and the dates after which each is deprecated and refused for new functions and for updates.
 * Data only, for the control plane; invoking is never refused. Source: AWS's table of runtimes, 2026-08.
 */

export interface RuntimeLifecycle {
  /** ISO dates; absent while none is announced. */
  readonly deprecated?: string;
  readonly createBlocked?: string;
  readonly updateBlocked?: string;
  /** Offered without a service level agreement. */
  readonly preview?: true;
  /** Only x86_64 exists. */
  readonly x86Only?: true;
}

export const RUNTIME_LIFECYCLE = {
  "nodejs26.x": { preview: true },
  "nodejs24.x": { deprecated: "2028-04-30", createBlocked: "2028-06-01", updateBlocked: "2028-07-01" },
  "nodejs22.x": { deprecated: "2027-04-30", createBlocked: "2027-06-01", updateBlocked: "2027-07-01" },
  "nodejs20.x": { deprecated: "2026-04-30", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "nodejs18.x": { deprecated: "2025-09-01", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "nodejs16.x": { deprecated: "2024-06-12", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "nodejs14.x": { deprecated: "2023-12-04", createBlocked: "2024-01-09", updateBlocked: "2027-03-03" },
  "python3.15": { preview: true },
  "python3.14": { deprecated: "2029-06-30", createBlocked: "2029-07-31", updateBlocked: "2029-08-31" },
  "python3.13": { deprecated: "2029-06-30", createBlocked: "2029-07-31", updateBlocked: "2029-08-31" },
  "python3.12": { deprecated: "2028-10-31", createBlocked: "2028-11-30", updateBlocked: "2029-01-10" },
  "python3.11": { deprecated: "2027-06-30", createBlocked: "2027-07-31", updateBlocked: "2027-08-31" },
  "python3.10": { deprecated: "2026-10-31", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "python3.9": { deprecated: "2025-12-15", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "python3.8": { deprecated: "2024-10-14", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "python3.7": { deprecated: "2023-12-04", createBlocked: "2024-01-09", updateBlocked: "2027-03-03", x86Only: true },
  java25: { deprecated: "2029-06-30", createBlocked: "2029-07-31", updateBlocked: "2029-08-31" },
  java21: { deprecated: "2029-06-30", createBlocked: "2029-07-31", updateBlocked: "2029-08-31" },
  java17: { deprecated: "2027-06-30", createBlocked: "2027-07-31", updateBlocked: "2027-08-31" },
  java11: { deprecated: "2027-06-30", createBlocked: "2027-07-31", updateBlocked: "2027-08-31" },
  "java8.al2": { deprecated: "2027-06-30", createBlocked: "2027-07-31", updateBlocked: "2027-08-31" },
  "java17.al2023": { deprecated: "2029-06-30" },
  "java11.al2023": { deprecated: "2029-06-30" },
  "java8.al2023": { deprecated: "2029-06-30" },
  java8: { deprecated: "2024-01-08", createBlocked: "2024-02-08", updateBlocked: "2027-03-03", x86Only: true },
  dotnet10: { deprecated: "2028-11-14", createBlocked: "2028-12-14", updateBlocked: "2029-01-15" },
  dotnet8: { deprecated: "2026-11-10", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  dotnet6: { deprecated: "2024-12-20", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "ruby4.0": { deprecated: "2029-03-31", createBlocked: "2029-04-30", updateBlocked: "2029-05-31" },
  "ruby3.4": { deprecated: "2028-03-31", createBlocked: "2028-04-30", updateBlocked: "2028-05-31" },
  "ruby3.3": { deprecated: "2027-03-31", createBlocked: "2027-04-30", updateBlocked: "2027-05-31" },
  "ruby3.2": { deprecated: "2026-03-31", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "ruby2.7": { deprecated: "2023-12-07", createBlocked: "2024-01-09", updateBlocked: "2027-03-03" },
  "provided.al2023": { deprecated: "2029-06-30", createBlocked: "2029-07-31", updateBlocked: "2029-08-31" },
  "provided.al2": { deprecated: "2026-07-31", createBlocked: "2027-02-01", updateBlocked: "2027-03-03" },
  "go1.x": { deprecated: "2024-01-08", createBlocked: "2024-02-08", updateBlocked: "2027-03-03", x86Only: true },
  provided: { deprecated: "2024-01-08", createBlocked: "2024-02-08", updateBlocked: "2027-03-03", x86Only: true },
} as const satisfies Readonly<Record<string, RuntimeLifecycle>>;

export type RuntimeName = keyof typeof RUNTIME_LIFECYCLE;

/** Identifiers of before the table: known to AWS, refused for creation and for updates. */
export const RETIRED_RUNTIMES: readonly string[] = [
  "nodejs",
  "nodejs4.3",
  "nodejs4.3-edge",
  "nodejs6.10",
  "nodejs8.10",
  "nodejs10.x",
  "nodejs12.x",
  "python2.7",
  "python3.6",
  "ruby2.5",
  "dotnetcore1.0",
  "dotnetcore2.0",
  "dotnetcore2.1",
  "dotnetcore3.1",
  "dotnet5.0",
];
