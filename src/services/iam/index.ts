/**
 * IAM: users, groups, roles and their policies, kept and checked as AWS checks them, and the directory in memory that says
 * which policies apply to whom. Whether they allow a request is not decided here.
 */
import type { Service } from "../../wire/index.ts";
import type { IamClient, IamPorts } from "./state.ts";

export type { IamDirectory, IamDirectoryPorts, KeySecret } from "./directory.ts";
export type { LastUses } from "./last-uses.ts";
export {
  createRoleTrust,
  createUserKeys,
  openIamDirectory,
  openLastUses,
  type RoleTrust,
  type UserKeys,
} from "./open-directory.ts";
export type { PrincipalPolicies } from "./principal-policies.ts";
export type { IamClient, IamPorts } from "./state.ts";

/** The service, ready for the wire. Its client package and handlers are loaded by the first request. */
export function iamService(ports: IamPorts): Service<IamClient> {
  return {
    name: "iam",
    queryVersions: ["2010-05-08"],
    async load() {
      const [client, { iamHandlers }, { iamAuthorization }, { createIamState }] = await Promise.all([
        import("@aws-sdk/client-iam"),
        import("./handlers.ts"),
        import("./authorization.ts"),
        import("./state.ts"),
      ]);
      const state = createIamState(ports);
      const handlers = iamHandlers(state);
      return { client, handlers, authorization: iamAuthorization(state, Object.keys(handlers)) };
    },
  };
}
