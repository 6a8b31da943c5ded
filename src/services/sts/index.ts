/**
 * STS: who is calling, and temporary credentials. Also offers the resolver by which the wire turns such credentials back
 * into a principal. Permissions are not decided here.
 */
import type * as client from "@aws-sdk/client-sts";
import type { Service } from "../../wire/index.ts";
import type { StsPorts } from "./sessions.ts";

export type StsClient = typeof client;
export { createSessionResolver, type SessionResolver, type StsPorts } from "./sessions.ts";

/** The unique id (`AROA…`) of a role, or undefined when there is no such role. Asked through IAM's public API. */
export type RoleIds = (accountId: string, roleName: string) => Promise<string | undefined>;

export interface StsOptions extends StsPorts {
  /** Without it ids are derived from the role's name. */
  readonly roleIds?: RoleIds;
}

/** The service, ready for the wire. Its client package and handlers are loaded by the first request. */
export function stsService(options: StsOptions): Service<StsClient> {
  return {
    name: "sts",
    queryVersions: ["2011-06-15"],
    async load() {
      const [client, { stsHandlers }] = await Promise.all([import("@aws-sdk/client-sts"), import("./handlers.ts")]);
      return { client, handlers: stsHandlers(options) };
    },
  };
}
