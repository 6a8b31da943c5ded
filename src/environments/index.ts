/** Execution environments: their life, pools, runtime channels and logs. See create.ts for the whole. */
export { createEnvironments } from "./create.ts";
export { CapacityExceeded } from "./memory-gate.ts";
export type { EnvironmentSettings, EnvironmentsOptions, ReportedInvocation } from "./options.ts";
export * from "./types.ts";
