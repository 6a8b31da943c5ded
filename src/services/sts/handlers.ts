/** All handlers of STS over one state. */
import type { Handlers } from "../../wire/index.ts";
import { assumeRoleHandlers } from "./assume-role.ts";
import { callerIdentityHandlers } from "./caller-identity.ts";
import { Sessions } from "./sessions.ts";
import type { StsClient, StsOptions } from "./state.ts";

export function stsHandlers(options: StsOptions): Handlers<StsClient> {
  const sessions = new Sessions(options);
  return { ...callerIdentityHandlers(sessions), ...assumeRoleHandlers(sessions, options.iamClient) };
}
