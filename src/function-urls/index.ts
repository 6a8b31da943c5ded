/**
 * Function URLs: HTTP requests to functions without an API in front. Takes what is addressed to a URL, decides who may
 * call, makes the event, asks the router, and sends the answer. Knows neither environments nor how URLs are configured.
 */

export type { CallerKeys, KnownKey } from "./authenticate.ts";
export { createFunctionUrls, type FunctionUrlServer, type FunctionUrlServerOptions } from "./function-url-server.ts";
