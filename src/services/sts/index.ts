/**
 * STS: who is calling, and temporary credentials. Also offers the resolver by which the wire turns such credentials back
 * into a principal. Permissions are not decided here.
 */
import type { Service } from "../../wire/index.ts";
import type { StsClient, StsOptions } from "./state.ts";

export { userIdOfPrincipal } from "./identities.ts";
export { createSessionFinder, createSessionResolver, type SessionResolver } from "./open-sessions.ts";
export type { StsClient, StsOptions, StsPorts } from "./state.ts";

/** The service, ready for the wire. Its client package and handlers are loaded by the first request. */
export function stsService(options: StsOptions): Service<StsClient> {
  return {
    name: "sts",
    queryVersions: ["2011-06-15"],
    async load() {
      const [client, { stsHandlers }, { stsAuthorization }] = await Promise.all([
        import("@aws-sdk/client-sts"),
        import("./handlers.ts"),
        import("./authorization.ts"),
      ]);
      return { client, handlers: stsHandlers(options), authorization: stsAuthorization(options) };
    },
  };
}
