/** Which failures to deliver may pass: throttling, failures of the service or the way to it. The rest stays as it is. */
import { ServiceError } from "../../wire/index.ts";
import { Undeliverable } from "./target.ts";

const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|OverLimit/;

export function mayPass(error: unknown): boolean {
  if (error instanceof Undeliverable || !(error instanceof Error)) return false;
  const code = error instanceof ServiceError ? error.code : error.name;
  if (THROTTLED.test(code)) return true;
  const status = statusOf(error);
  if (status !== undefined) return status === 429 || status >= 500;
  const fault: unknown = Reflect.get(error, "$fault");
  // Without a status and a fault it never reached the service.
  return fault !== "client";
}

function statusOf(error: Error): number | undefined {
  if (error instanceof ServiceError) return error.status;
  const metadata: unknown = Reflect.get(error, "$metadata");
  const status: unknown =
    typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "httpStatusCode") : undefined;
  return typeof status === "number" ? status : undefined;
}
