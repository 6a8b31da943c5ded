/** Names of log streams as the service makes them: one per environment. */
import type { FunctionVersion } from "./types.ts";

/** `{yyyy}/{mm}/{dd}/[{version}]{32 hex}`; in a group of the user's choice the function's name comes before the version. */
export function logStreamName(version: FunctionVersion, nowMs: number, hex32: string): string {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll("-", "/");
  const own = version.logging.group === `/aws/lambda/${version.functionName}`;
  return `${day}/${own ? "" : version.functionName}[${version.version}]${hex32}`;
}
