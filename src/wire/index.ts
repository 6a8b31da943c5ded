/**
 * The AWS protocol layer in both directions: HTTP requests of any AWS client to typed handler calls, their results and
 * exceptions back, and the same handlers for callers inside the process. Knows protocols and schemas, never what an
 * operation means. A service room registers a `Service`; a handler throws its client module's exceptions or, for codes
 * the model does not list, a `ServiceError`.
 */

export { affordableConnections } from "./affordable-connections.ts";
export { type Arn, parseArn } from "./arn.ts";
export { ClientGone, collectBody, drain } from "./body/read-body.ts";
export {
  type AccessRequest,
  type Asker,
  type Authenticated,
  type BodyCheck,
  type Gate,
  type Origin,
  type RequestHead,
  requestOrigin,
} from "./gate.ts";
export { createHttpServer } from "./http-server.ts";
export {
  bodyOf,
  type HttpRequest,
  type HttpResponse,
  hangUp,
  hostOf,
  isGone,
  isHttp2,
} from "./http-types.ts";
export { lasting } from "./lasting.ts";
export type { WireLimits } from "./limits.ts";
export { partitionOf, userOf } from "./routing/credentials.ts";
export { ServiceError } from "./service-error.ts";
export * from "./types.ts";
export { createWire, type Wire, type WireOptions } from "./wire.ts";
