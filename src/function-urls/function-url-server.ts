/**
 * Which requests are for function URLs. What answers them is loaded by the first, since most servers have no URL.
 */
import type { Clock, Log, Random } from "../base/index.ts";
import type { Dispatcher } from "../invoke/index.ts";
import type { FunctionUrl, FunctionUrls } from "../lambda/index.ts";
import { type Gate, type HttpRequest, type HttpResponse, hangUp } from "../wire/index.ts";
import { addressOf, type UrlAddress } from "./address.ts";
import type { CallerKeys } from "./authenticate.ts";
import type { Exchanges } from "./exchange.ts";

export interface FunctionUrlServerOptions {
  readonly urls: FunctionUrls;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly keys: CallerKeys;
  /** Decides, by policies of every kind, who may call a URL that wants signatures; without it resource policies alone do. */
  readonly gate?: Pick<Gate, "authorize"> | undefined;
  /** The URL as its users see it. */
  readonly addressOf: (url: FunctionUrl) => string;
}

export interface FunctionUrlServer {
  /** True when the request is for a function URL: then it is answered here, always. */
  take(request: HttpRequest, response: HttpResponse): boolean;
}

export function createFunctionUrls(options: FunctionUrlServerOptions): FunctionUrlServer {
  let exchanges: Exchanges | undefined;
  const answer = async (request: HttpRequest, response: HttpResponse, address: UrlAddress): Promise<void> => {
    try {
      const { Exchanges } = await import("./exchange.ts");
      exchanges ??= new Exchanges(options);
      exchanges.answer(request, response, address);
    } catch (error) {
      options.log.error("function URLs cannot be loaded", { error });
      hangUp(response);
    }
  };
  return {
    take(request, response) {
      const address = addressOf(request);
      if (address === undefined) return false;
      if (exchanges === undefined) void answer(request, response, address);
      else exchanges.answer(request, response, address);
      return true;
    },
  };
}
