/**
 * The few paths of the port that are no AWS operation: health, what `lambent status` shows, metrics, and code downloads. They are
 * read-only and say nothing that a caller of the API could not learn.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Activity } from "./activity.ts";
import type { Log } from "./base/index.ts";
import type { Environments } from "./environments/index.ts";
import type { Backlog } from "./invoke/index.ts";
import {
  type FunctionUrl,
  type FunctionUrls,
  type HttpHook,
  VALUES_WITHOUT_EFFECT,
  WITHOUT_EFFECT,
} from "./lambda/index.ts";
import type { Isolation } from "./sandbox/index.ts";
import { METRICS_CONTENT_TYPE, type Metrics, metricsPage } from "./telemetry/index.ts";

export interface ServerPagesOptions {
  readonly config: { readonly dataFolder: string };
  readonly isolation: Isolation;
  readonly environments: Environments;
  readonly activity: Activity;
  readonly codeDownload: HttpHook;
  readonly functionUrls: FunctionUrls;
  readonly addressOf: (url: FunctionUrl) => string;
  readonly metrics: Metrics;
  readonly backlog: () => Promise<readonly Backlog[]>;
  /** By service: where it is when it is not in this server. */
  readonly serviceEndpoints: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** By name: what it bounds, and its value here. */
  readonly quotas: Readonly<Record<string, object>>;
  readonly log: Log;
}

/** For the wire's `unrouted`: true when the request was taken. */
export function serverPages(
  options: ServerPagesOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const pages: Readonly<Record<string, () => object | Promise<object>>> = {
    "/_lambent/health": () => ({ status: "running" }),
    "/_localstack/health": () => ({ services: { lambda: "running", logs: "running", sts: "running", iam: "running" } }),
    "/_lambent/status": () => status(options),
  };
  const answer = (response: ServerResponse, contentType: string, body: string): void => {
    response.writeHead(200, { "content-type": contentType, "content-length": Buffer.byteLength(body) }).end(body);
  };
  const answerWith = async (page: () => object | Promise<object>, response: ServerResponse): Promise<void> => {
    try {
      answer(response, "application/json", `${JSON.stringify(await page())}\n`);
    } catch (error) {
      options.log.error("a page of the server failed", { error });
      response.destroy();
    }
  };
  return (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    if (path.startsWith(options.codeDownload.pathPrefix)) {
      options.codeDownload.handle(request, response).catch((error: unknown) => {
        options.log.error("a code download failed", { error });
        response.destroy();
      });
      return true;
    }
    if (request.method !== "GET") return false;
    const page = pages[path];
    if (page !== undefined) void answerWith(page, response);
    else if (path === "/_lambent/metrics")
      answer(response, METRICS_CONTENT_TYPE, metricsPage(options.metrics.series()));
    else return false;
    return true;
  };
}

async function status(options: ServerPagesOptions): Promise<object> {
  const { config, isolation, environments, activity, startedAt, functionUrls, addressOf } = options;
  return {
    isolation,
    dataFolder: config.dataFolder,
    startedAt,
    environments: environments.list(),
    events: await options.backlog(),
    functionUrls: [...functionUrls.all()].map((url) => ({
      url: addressOf(url),
      functionName: url.functionName,
      alias: url.alias,
      accountId: url.accountId,
      authType: url.authType,
      invokeMode: url.invokeMode,
    })),
    serviceEndpoints: options.serviceEndpoints,
    quotas: options.quotas,
    metrics: [...options.metrics.series()],
    steps: activity.steps,
    runtimeNotices: activity.notices,
    withoutEffect: { ...WITHOUT_EFFECT, ...VALUES_WITHOUT_EFFECT },
  };
}
