/** Signs a package's digests with a profile, in the name of a job. */
import { makeSignature, type ZipDigests } from "../../signed-code/index.ts";
import { keyPlace, newest } from "./profiles.ts";
import type { JobRecord, ProfileRecord } from "./records.ts";
import { openCertified, rootCertificate } from "./root.ts";
import { jobArn, profileVersionArn, type SignerState } from "./state.ts";

export interface Signed {
  readonly pem: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly profileVersionArn: string;
}

export async function signDigests(
  state: SignerState,
  profile: ProfileRecord,
  job: JobRecord,
  digests: ZipDigests,
): Promise<Signed> {
  const { version, certified } = newest(profile);
  const signer = await openCertified(state, certified, keyPlace(profile, profile.name, version));
  const signedMs = state.clock.now();
  const expiresAt = endOf(profile.validity, signedMs);
  const versionArn = profileVersionArn(profile, version);
  const claims = {
    profileVersionArn: versionArn,
    jobArn: jobArn(profile.partition, job),
    signedMs,
    expiresMs: expiresAt,
  };
  const pem = makeSignature(digests, claims, signer, [await rootCertificate(state)]);
  signer.privateKey.fill(0);
  return { pem, expiresAt, profileVersionArn: versionArn };
}

function endOf({ value, type }: ProfileRecord["validity"], fromMs: number): number {
  const end = new Date(fromMs);
  if (type === "DAYS") end.setUTCDate(end.getUTCDate() + value);
  else end.setUTCMonth(end.getUTCMonth() + value * (type === "YEARS" ? 12 : 1));
  return end.getTime();
}
