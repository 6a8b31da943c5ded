/** Signing profiles: put, get, list, cancel, revoke. */
import type { SigningProfile } from "@aws-sdk/client-signer";
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import type { Handlers, Place } from "../../wire/index.ts";
import {
  alreadyRevoked,
  effectiveInFuture,
  invalidToken,
  notYours,
  profileExists,
  tooManyVersions,
  unknownPlatform,
  validityTooLong,
  versionNotFound,
} from "./errors.ts";
import { LIMITS, PLATFORM, PLATFORM_NAME, VERSIONS_MAX } from "./limits.ts";
import { type ProfileRecord, type ProfileVersion, placePath, rowPath } from "./records.ts";
import { newSigner } from "./root.ts";
import {
  changeProfile,
  getProfile,
  profileArn,
  profileVersionArn,
  type SignerClient,
  type SignerState,
  statusOf,
} from "./state.ts";
import { tagsOf } from "./tags.ts";

type Operations =
  | "PutSigningProfile"
  | "GetSigningProfile"
  | "ListSigningProfiles"
  | "CancelSigningProfile"
  | "RevokeSigningProfile";

const VERSION_LENGTH = 10;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function profileHandlers(state: SignerState): Pick<Handlers<SignerClient>, Operations> {
  return {
    async PutSigningProfile(input, call) {
      const { profileName: name } = input;
      if (input.platformId !== PLATFORM) throw unknownPlatform(input.platformId);
      const validity = validityOf(input.signatureValidityPeriod);
      const tags = tagsOf({}, input.tags ?? {});
      const version = await newVersion(state, call, name);
      const fresh: ProfileRecord = {
        name,
        accountId: call.accountId,
        region: call.region,
        partition: call.partition,
        validity,
        ...(input.signingParameters && { signingParameters: input.signingParameters }),
        tags,
        versions: [version],
        permissionsRevision: state.random.uuid(),
        permissions: [],
      };
      if (!(await state.profiles.create(rowPath(call, name), fresh))) {
        await changeProfile(state, call, name, (before) => {
          if (statusOf(before) !== "Canceled") throw profileExists(name);
          if (before.versions.length >= VERSIONS_MAX) throw tooManyVersions(VERSIONS_MAX);
          return { ...fresh, versions: [...before.versions, version] };
        });
      }
      return {
        arn: profileArn(fresh),
        profileVersion: version.version,
        profileVersionArn: profileVersionArn(fresh, version.version),
      };
    },

    async GetSigningProfile(input, call) {
      const owner = input.profileOwner ?? call.accountId;
      const profile = await getProfile(state, { accountId: owner, region: call.region }, input.profileName);
      requirePermission(profile, call.accountId, "signer:GetSigningProfile");
      const { revoked } = newest(profile);
      return {
        ...shown(profile),
        ...(revoked && {
          revocationRecord: {
            revocationEffectiveFrom: new Date(revoked.effectiveFrom),
            revokedAt: new Date(revoked.revokedAt),
            revokedBy: revoked.revokedBy,
          },
        }),
      };
    },

    async ListSigningProfiles(input, call) {
      const list = `profiles/${call.accountId}/${call.region}`;
      const from = input.nextToken === undefined ? undefined : decodePageToken(list, input.nextToken);
      if (input.nextToken !== undefined && from === undefined) throw invalidToken();
      const limit = input.maxResults ?? LIMITS.pageSize;
      const profiles: SigningProfile[] = [];
      let last = "";
      for await (const { value } of state.profiles.scan(
        placePath(call),
        from === undefined ? undefined : rowPath(call, from),
      )) {
        const status = statusOf(value);
        if (status === "Canceled" && !input.includeCanceled && !input.statuses?.includes("Canceled")) continue;
        if (input.statuses && !input.statuses.includes(status)) continue;
        if (input.platformId !== undefined && input.platformId !== PLATFORM) continue;
        if (profiles.length === limit) return { profiles, nextToken: encodePageToken(list, last) };
        profiles.push(shown(value));
        last = value.name;
      }
      return { profiles };
    },

    async CancelSigningProfile(input, call) {
      await changeProfile(state, call, input.profileName, (profile) => ({ ...profile, cancelled: "yes" }));
      return {};
    },

    async RevokeSigningProfile(input, call) {
      const now = state.clock.now();
      const effectiveFrom = input.effectiveTime.getTime();
      if (effectiveFrom > now) throw effectiveInFuture();
      const revoked = { reason: input.reason, effectiveFrom, revokedAt: now, revokedBy: call.principal.arn };
      await changeProfile(state, call, input.profileName, (profile) => {
        const found = profile.versions.find(({ version }) => version === input.profileVersion);
        if (found === undefined) throw versionNotFound(input.profileName, input.profileVersion);
        if (found.revoked !== undefined) throw alreadyRevoked();
        const versions = profile.versions.map((version) => (version === found ? { ...found, revoked } : version));
        return { ...profile, versions };
      });
      return {};
    },
  };
}

/** The version that signs. */
export function newest(profile: ProfileRecord): ProfileVersion {
  const version = profile.versions.at(-1);
  if (version === undefined) throw new Error(`signing profile ${profile.name} has no version`);
  return version;
}

/** Throws AccessDeniedException for another account than the owner's to which the action was not permitted. */
export function requirePermission(profile: ProfileRecord, accountId: string, action: string): void {
  if (accountId === profile.accountId) return;
  const { version } = newest(profile);
  const isPermitted = profile.permissions.some(
    (permission) =>
      permission.action === action &&
      (permission.principal === accountId || permission.principal.includes(`::${accountId}:`)) &&
      (permission.profileVersion === undefined || permission.profileVersion === version),
  );
  if (!isPermitted) throw notYours(profile.name);
}

/** Under what the key of a version is sealed. */
export function keyPlace(place: Place, name: string, version: string): string {
  return `profile/${rowPath(place, name)}/${version}`;
}

async function newVersion(state: SignerState, place: Place, name: string): Promise<ProfileVersion> {
  const version = [...Buffer.from(state.random.hex(VERSION_LENGTH), "hex")]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join("");
  const certified = await newSigner(state, keyPlace(place, name, version));
  return { version, createdAt: state.clock.now(), certified };
}

const MONTHS = { DAYS: 1 / 30.5, MONTHS: 1, YEARS: 12 } as const;

function validityOf(
  given: { readonly value?: number | undefined; readonly type?: string | undefined } | undefined,
): ProfileRecord["validity"] {
  if (given === undefined) return { value: LIMITS.validityMonths, type: "MONTHS" };
  const { value = 0, type } = given;
  if ((type !== "DAYS" && type !== "MONTHS" && type !== "YEARS") || value < 1) {
    throw validityTooLong(LIMITS.validityMonths);
  }
  if (value * MONTHS[type] > LIMITS.validityMonths) throw validityTooLong(LIMITS.validityMonths);
  return { value, type };
}

function shown(profile: ProfileRecord): SigningProfile {
  const { version } = newest(profile);
  return {
    profileName: profile.name,
    profileVersion: version,
    profileVersionArn: profileVersionArn(profile, version),
    signatureValidityPeriod: profile.validity,
    platformId: PLATFORM,
    platformDisplayName: PLATFORM_NAME,
    ...(profile.signingParameters && { signingParameters: { ...profile.signingParameters } }),
    status: statusOf(profile),
    arn: profileArn(profile),
    tags: { ...profile.tags },
  };
}
