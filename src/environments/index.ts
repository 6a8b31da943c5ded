/** Execution environments: their life, pools, runtime channels and logs. See create.ts for the whole. */
export {
  createEnvironments,
  type EnvironmentSettings,
  type EnvironmentsOptions,
  type ReportedInvocation,
} from "./create.ts";
export { CapacityExceeded } from "./memory-gate.ts";
export * from "./types.ts";
