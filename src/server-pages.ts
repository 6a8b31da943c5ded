/**
 * The few paths of the port that are no AWS operation: health, what `lambent status` shows, and code downloads. They are
 * read-only and say nothing that a caller of the API could not learn.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Activity } from "./activity.ts";
import type { Log } from "./base/index.ts";
import type { Environments } from "./environments/index.ts";
import { type HttpHook, VALUES_WITHOUT_EFFECT, WITHOUT_EFFECT } from "./lambda/index.ts";
import type { Isolation } from "./sandbox/index.ts";

export interface ServerPagesOptions {
  readonly config: { readonly dataFolder: string };
  readonly isolation: Isolation;
  readonly environments: Environments;
  readonly activity: Activity;
  readonly codeDownload: HttpHook;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly log: Log;
}

/** For the wire's `unrouted`: true when the request was taken. */
export function serverPages(
  options: ServerPagesOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const pages: Readonly<Record<string, () => object>> = {
    "/_lambent/health": () => ({ status: "running" }),
    "/_localstack/health": () => ({ services: { lambda: "running", logs: "running", sts: "running", iam: "running" } }),
    "/_lambent/status": () => status(options),
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
    const page = pages[path];
    if (page === undefined || request.method !== "GET") return false;
    const body = `${JSON.stringify(page())}\n`;
    response
      .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
      .end(body);
    return true;
  };
}

function status({ config, isolation, environments, activity, startedAt }: ServerPagesOptions): object {
  return {
    isolation,
    dataFolder: config.dataFolder,
    startedAt,
    environments: environments.list(),
    steps: activity.steps,
    runtimeNotices: activity.notices,
    withoutEffect: { ...WITHOUT_EFFECT, ...VALUES_WITHOUT_EFFECT },
  };
}
