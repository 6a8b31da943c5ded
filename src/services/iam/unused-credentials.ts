/**
 * Credentials that users cannot have here: MFA devices, SSH keys, signing certificates, service-specific passwords, server
 * certificates. Clients list them before they delete a user or an account; there are none.
 */
import type { Handlers } from "../../wire/index.ts";
import type { IamClient, IamState } from "./state.ts";

export function unusedCredentialHandlers(state: IamState): Handlers<IamClient> {
  /** Throws NoSuchEntity for a user that is named and not there. */
  const checkUser = async (call: Parameters<typeof state.users.get>[0], name: string | undefined): Promise<void> => {
    if (name !== undefined) await state.users.get(call, name);
  };
  return {
    async ListMFADevices(input, call) {
      await checkUser(call, input.UserName);
      return { MFADevices: [], IsTruncated: false };
    },
    ListVirtualMFADevices: async () => ({ VirtualMFADevices: [], IsTruncated: false }),
    async ListSSHPublicKeys(input, call) {
      await checkUser(call, input.UserName);
      return { SSHPublicKeys: [], IsTruncated: false };
    },
    async ListSigningCertificates(input, call) {
      await checkUser(call, input.UserName);
      return { Certificates: [], IsTruncated: false };
    },
    async ListServiceSpecificCredentials(input, call) {
      await checkUser(call, input.UserName);
      return { ServiceSpecificCredentials: [] };
    },
    ListServerCertificates: async () => ({ ServerCertificateMetadataList: [], IsTruncated: false }),
  };
}
