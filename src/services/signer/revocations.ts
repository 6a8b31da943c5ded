/** GetRevocationStatus: what of a signature was revoked; whoever checks a signature asks it. */
import type { Handlers } from "../../wire/index.ts";
import { rowPath } from "./records.ts";
import { resourceOf, type SignerClient, type SignerState } from "./state.ts";

export function revocationHandlers(state: SignerState): Pick<Handlers<SignerClient>, "GetRevocationStatus"> {
  return {
    async GetRevocationStatus(input) {
      const signedAt = input.signatureTimestamp.getTime();
      const revokedEntities: string[] = [];
      const named = resourceOf(input.profileVersionArn);
      const profile = named && (await state.profiles.get(rowPath(named.place, named.name)));
      const version = profile?.versions.find((candidate) => candidate.version === named?.version);
      if (version?.revoked !== undefined && signedAt >= version.revoked.effectiveFrom) {
        revokedEntities.push(input.profileVersionArn);
      }
      const jobNamed = resourceOf(input.jobArn);
      const job = jobNamed && (await state.jobs.get(rowPath(jobNamed.place, jobNamed.name)));
      if (job?.revoked !== undefined) revokedEntities.push(input.jobArn);
      return { revokedEntities };
    },
  };
}
