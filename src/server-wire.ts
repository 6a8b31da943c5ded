/** The wire as this server has it: its services, who stands in front of them, and the pages beside them. */
import { systemClock as clock, systemRandom as random } from "./base/index.ts";
import type { Environments } from "./environments/index.ts";
import { createFunctionUrls } from "./function-urls/index.ts";
import type { Router } from "./invoke/index.ts";
import { type FunctionUrl, functionUrlAddress, type LambdaRoom, shownQuotas } from "./lambda/index.ts";
import type { ServerAuth } from "./server-auth.ts";
import { quotasOf, type ServerBase } from "./server-config.ts";
import { serverPages } from "./server-pages.ts";
import type { ServerRegistry } from "./server-registry.ts";
import { serverServices } from "./server-services.ts";
import type { UserKeys } from "./services/iam/index.ts";
import { createSessionResolver, userIdOfPrincipal } from "./services/sts/index.ts";
import type { Metrics } from "./telemetry/index.ts";
import { createWire, type Wire } from "./wire/index.ts";

export function buildWire(
  base: ServerBase,
  parts: {
    readonly lambda: LambdaRoom;
    readonly router: Router;
    readonly environments: Environments;
    readonly metrics: Metrics;
    readonly client: Wire["client"];
    readonly has: (service: string) => boolean;
    readonly userKeys: UserKeys;
    readonly gate: ServerAuth["gate"] | undefined;
    readonly registry: ServerRegistry;
  },
): Wire {
  const { config, log, store, driver, activity, address } = base;
  const { gate, userKeys } = parts;
  const sessions = createSessionResolver({ store, clock, random });
  const issuedKeys = async (accessKeyId: string, sessionToken: string | undefined) =>
    sessionToken === undefined ? userKeys.find(accessKeyId) : sessions(accessKeyId, sessionToken);
  const addressOf = (url: FunctionUrl): string => functionUrlAddress(url, config.functionUrlBase ?? address.url);
  return createWire({
    services: serverServices({ ...parts, store }),
    clock,
    random,
    log,
    endpoint: () => address.url,
    front: createFunctionUrls({
      urls: parts.lambda.urls,
      dispatcher: parts.router.dispatcher,
      clock,
      random,
      log,
      keys: {
        find: gate === undefined ? issuedKeys : gate.findKey.bind(gate),
        refusesUnknown: gate?.mode === "enforce",
        userIdOf: userIdOfPrincipal,
      },
      gate,
      addressOf,
    }).take,
    // What is issued here looks like it or comes with a token: every other caller need not wait for an answer that is known.
    resolvePrincipal: (accessKeyId, sessionToken) =>
      (sessionToken === undefined ? userKeys.find(accessKeyId) : sessions(accessKeyId, sessionToken))?.then(
        (key) => key?.principal,
      ),
    ...(gate !== undefined && { gate }),
    unrouted: inTurn(
      parts.registry.take,
      serverPages({
        config,
        gate,
        isolation: driver.isolation,
        environments: parts.environments,
        activity,
        codeDownload: parts.lambda.httpHook,
        functionUrls: parts.lambda.urls,
        addressOf,
        metrics: parts.metrics,
        backlog: () => parts.router.backlog(),
        serviceEndpoints: config.serviceEndpoints,
        quotas: shownQuotas(quotasOf(config)),
        startedAt: clock.now(),
        log,
      }),
    ),
  });
}

type HttpTaker = NonNullable<Parameters<typeof createWire>[0]["unrouted"]>;

/** The first that takes a request answers it. */
function inTurn(...takers: readonly HttpTaker[]): HttpTaker {
  return (request, response) => takers.some((take) => take(request, response));
}
