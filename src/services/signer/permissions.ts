/** What other accounts may do with a profile. */
import type { Handlers } from "../../wire/index.ts";
import { otherRevision, permissionExists, permissionNotFound, tooManyPermissions, unknownAction } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { changeProfile, getProfile, type SignerClient, type SignerState } from "./state.ts";

const ACTIONS = new Set([
  "signer:StartSigningJob",
  "signer:SignPayload",
  "signer:GetSigningProfile",
  "signer:RevokeSignature",
]);

type Operations = "AddProfilePermission" | "RemoveProfilePermission" | "ListProfilePermissions";

export function permissionHandlers(state: SignerState): Pick<Handlers<SignerClient>, Operations> {
  return {
    async AddProfilePermission(input, call) {
      const { statementId, action, principal, profileVersion, revisionId } = input;
      if (!ACTIONS.has(action)) throw unknownAction(action);
      const permissionsRevision = state.random.uuid();
      await changeProfile(state, call, input.profileName, (profile) => {
        if (revisionId !== undefined && revisionId !== profile.permissionsRevision) throw otherRevision();
        if (profile.permissions.some((other) => other.statementId === statementId)) throw permissionExists(statementId);
        if (profile.permissions.length >= LIMITS.permissions) throw tooManyPermissions(LIMITS.permissions);
        const added = { statementId, action, principal, ...(profileVersion !== undefined && { profileVersion }) };
        return { ...profile, permissionsRevision, permissions: [...profile.permissions, added] };
      });
      return { revisionId: permissionsRevision };
    },

    async RemoveProfilePermission(input, call) {
      const permissionsRevision = state.random.uuid();
      await changeProfile(state, call, input.profileName, (profile) => {
        if (input.revisionId !== profile.permissionsRevision) throw otherRevision();
        const permissions = profile.permissions.filter(({ statementId }) => statementId !== input.statementId);
        if (permissions.length === profile.permissions.length) throw permissionNotFound(input.statementId);
        return { ...profile, permissionsRevision, permissions };
      });
      return { revisionId: permissionsRevision };
    },

    async ListProfilePermissions(input, call) {
      const { permissions, permissionsRevision } = await getProfile(state, call, input.profileName);
      return {
        revisionId: permissionsRevision,
        policySizeBytes: Buffer.byteLength(JSON.stringify(permissions)),
        permissions: permissions.map((permission) => ({ ...permission })),
      };
    },
  };
}
