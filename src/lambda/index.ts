/**
 * The Lambda control plane: every operation on functions, versions, aliases, layers and their settings, kept durably, and
 * an in-memory directory of what is deployed for the invoke path. Does not know how code runs.
 */
export type { HttpHook } from "./code-links.ts";
export type { FunctionChange, FunctionDirectory } from "./directory.ts";
export type { FunctionArn, FunctionName, Qualifier } from "./names.ts";
export { quotasNamed, shownQuotas } from "./quotas.ts";
export type { CorsRecord, EventInvokeRecord, VersionState } from "./records.ts";
export type { Resolution, Resolved, ResolveRequest } from "./resolution.ts";
export type { RoleTrustOptions } from "./role-trust.ts";
export { createLambdaRoom, type LambdaRoom, type LambdaRoomOptions, lambdaService } from "./room.ts";
export type { ServiceCall, ServicePermissions } from "./service-permission.ts";
export { functionUrlAddress } from "./url-address.ts";
export type { FunctionUrl, FunctionUrls } from "./url-directory.ts";
export { SETTINGS_WITHOUT_EFFECT } from "./without-effect.ts";
