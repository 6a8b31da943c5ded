/**
 * HTTP requests as events of Lambda's proxy integrations, and functions' results back as HTTP responses: pure mappings
 * that function URLs and HTTP APIs share. Knows no server, no function and no caller.
 * Invariant: what a mapping gives as a response can be sent as it is, whatever the function returned.
 */
export { eventV2, type ProxyContext, type ProxyEventV2, type ProxyRequest } from "./event-v2.ts";
export { HttpPrelude, INTEGRATION_RESPONSE } from "./prelude.ts";
export { type ProxyHead, type ProxyResponse, responseV2 } from "./response-v2.ts";
