/**
 * What the server says about itself at GET /_lambent/status, read with tolerance: a newer server may say more, an older
 * one less.
 */
import type { ClientConfig } from "./config.ts";
import { entries, list, member, number, text, texts } from "./json-members.ts";
import { ownPage } from "./own-pages.ts";

export interface ServerStatus {
  readonly isolation:
    | { readonly summary: string; readonly contains: boolean; readonly gaps: readonly string[] }
    | undefined;
  readonly dataFolder: string | undefined;
  /** `off`, `audit` or `enforce`. */
  readonly auth: string | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number | undefined;
  readonly environments: readonly EnvironmentRow[];
  readonly events: readonly EventsRow[];
  readonly functionUrls: readonly FunctionUrlRow[];
  /** What the server fetches just now. */
  readonly steps: readonly string[];
  /** By runtime: what a person must know about how it runs here. */
  readonly runtimeNotices: Readonly<Record<string, readonly string[]>>;
  /** Services that are elsewhere, and where. */
  readonly serviceEndpoints: readonly (readonly [service: string, url: string])[];
  /** Lambda's quotas as they are here. */
  readonly quotas: readonly (readonly [name: string, value: string, bounds: string])[];
  /** Settings that are kept but change nothing yet, and what is missing. */
  readonly withoutEffect: readonly (readonly [setting: string, missing: string])[];
}

interface EnvironmentRow {
  readonly id: string;
  readonly functionName: string;
  readonly version: string;
  readonly runtime: string;
  readonly state: string;
  readonly invocations: number;
  readonly since: number;
}

/** Asynchronous events of one function. */
interface EventsRow {
  readonly functionName: string;
  readonly ready: number;
  readonly delayed: number;
  readonly inFlight: number;
}

interface FunctionUrlRow {
  readonly url: string;
  readonly functionName: string;
  readonly alias: string | undefined;
  readonly authType: string;
  readonly invokeMode: string;
}

/** The JSON as it came, and what this program understands of it. */
export async function fetchStatus(
  config: ClientConfig,
): Promise<{ readonly raw: unknown; readonly status: ServerStatus }> {
  const raw = await ownPage(config, "/_lambent/status");
  return { raw, status: statusIn(raw) };
}

function statusIn(raw: unknown): ServerStatus {
  const isolation = member(raw, "isolation");
  return {
    isolation:
      isolation === undefined
        ? undefined
        : {
            summary: text(isolation, "summary") ?? "",
            contains: member(isolation, "contains") === true,
            gaps: texts(member(isolation, "gaps")),
          },
    dataFolder: text(raw, "dataFolder"),
    auth: text(raw, "auth"),
    startedAt: number(raw, "startedAt"),
    environments: list(member(raw, "environments")).map((row) => ({
      id: text(row, "id") ?? "",
      functionName: (text(row, "functionArn") ?? "").split(":")[6] ?? "",
      version: text(row, "version") ?? "",
      runtime: text(row, "runtime") ?? "",
      state: text(row, "state") ?? "",
      invocations: number(row, "invocations") ?? 0,
      since: number(row, "since") ?? 0,
    })),
    events: list(member(raw, "events")).map((row) => ({
      functionName: text(row, "functionName") ?? "",
      ready: number(row, "ready") ?? 0,
      delayed: number(row, "delayed") ?? 0,
      inFlight: number(row, "inFlight") ?? 0,
    })),
    functionUrls: list(member(raw, "functionUrls")).map((row) => ({
      url: text(row, "url") ?? "",
      functionName: text(row, "functionName") ?? "",
      alias: text(row, "alias"),
      authType: text(row, "authType") ?? "",
      invokeMode: text(row, "invokeMode") ?? "",
    })),
    steps: list(member(raw, "steps")).flatMap((step) => text(step, "what") ?? []),
    runtimeNotices: Object.fromEntries(
      entries(member(raw, "runtimeNotices")).map(([name, notices]) => [name, texts(notices)]),
    ),
    serviceEndpoints: entries(member(raw, "serviceEndpoints")).map(([name, url]) => [name, String(url)]),
    quotas: entries(member(raw, "quotas")).map(([name, quota]) => [
      name,
      String(number(quota, "value") ?? ""),
      text(quota, "bounds") ?? "",
    ]),
    withoutEffect: entries(member(raw, "withoutEffect")).map(([name, missing]) => [name, String(missing)]),
  };
}
