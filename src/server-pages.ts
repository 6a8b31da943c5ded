/**
 * The few paths of the port that are no AWS operation: health, what `lambent status` shows, metrics, audits, and code
 * downloads. They are read-only and say nothing that a caller of the API could not learn. Health is everybody's and a
 * download has its own signed link; where requests are authenticated, every other page needs a signature and a permission.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Activity } from "./activity.ts";
import type { Authorization } from "./authorization/index.ts";
import type { Log } from "./base/index.ts";
import type { Environments } from "./environments/index.ts";
import type { Backlog } from "./invoke/index.ts";
import { type FunctionUrl, type FunctionUrls, type HttpHook, SETTINGS_WITHOUT_EFFECT } from "./lambda/index.ts";
import type { Isolation } from "./sandbox/index.ts";
import type { AuthMode } from "./server-auth.ts";
import { METRICS_CONTENT_TYPE, type Metrics, metricsPage } from "./telemetry/index.ts";

export interface ServerPagesOptions {
  readonly config: { readonly dataFolder: string; readonly auth: AuthMode };
  /** Absent where nobody is authenticated. */
  readonly gate: Authorization | undefined;
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

/** A page and how it is answered. */
interface Page {
  /** What its readers may have to be allowed; undefined for everybody's. */
  readonly action: `lambent:${string}` | undefined;
  readonly contentType: string;
  readonly body: () => string | Promise<string>;
}

/** For the wire's `unrouted`: true when the request was taken. */
export function serverPages(
  options: ServerPagesOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const pages = pagesOf(options);
  const answerWith = async (page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const refusal = page.action && (await options.gate?.openPage(request, page.action));
      if (refusal === undefined) send(response, 200, page.contentType, await page.body());
      else send(response, refusal.status, JSON_TYPE, json({ __type: refusal.code, message: refusal.message }));
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
    const page = request.method === "GET" && Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) return false;
    void answerWith(page, request, response);
    return true;
  };
}

const JSON_TYPE = "application/json";

function pagesOf(options: ServerPagesOptions): Readonly<Record<string, Page>> {
  const page = (action: Page["action"], data: () => object | Promise<object>): Page => ({
    action,
    contentType: JSON_TYPE,
    body: async () => json(await data()),
  });
  return {
    "/_lambent/health": page(undefined, () => ({ status: "running" })),
    "/_localstack/health": page(undefined, () => ({
      services: { lambda: "running", logs: "running", sts: "running", iam: "running" },
    })),
    "/_lambent/status": page("lambent:GetStatus", () => status(options)),
    "/_lambent/audit": page("lambent:GetAudit", () => options.gate?.report() ?? { mode: options.config.auth }),
    "/_lambent/metrics": {
      action: "lambent:GetMetrics",
      contentType: METRICS_CONTENT_TYPE,
      body: () => metricsPage(options.metrics.series()),
    },
  };
}

function json(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) }).end(body);
}

async function status(options: ServerPagesOptions): Promise<object> {
  const { config, isolation, environments, activity, startedAt, functionUrls, addressOf } = options;
  return {
    isolation,
    dataFolder: config.dataFolder,
    auth: config.auth,
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
    withoutEffect: SETTINGS_WITHOUT_EFFECT,
  };
}
