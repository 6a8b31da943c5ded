/** What the handlers of Signer share: ports, tables, sealed keys, and how a request's profile is found. */
import type * as client from "@aws-sdk/client-signer";
import type { Clock, Random } from "../../base/index.ts";
import type { RecordTable, Store } from "../../store/index.ts";
import { type CallerIdentity, type Place, parseArn, type ServiceClient } from "../../wire/index.ts";
import { profileNotFound } from "./errors.ts";
import {
  type JobRecord,
  jobTable,
  type ProfileRecord,
  profileTable,
  rowPath,
  type TokenRecord,
  tokenTable,
} from "./records.ts";

export type SignerClient = typeof client;
export type S3Client = typeof import("@aws-sdk/client-s3");

export interface SignerPorts {
  readonly store: Pick<Store, "records">;
  readonly clock: Clock;
  readonly random: Random;
  /** S3 on behalf of a caller; undefined where there is none. */
  readonly s3: (caller: CallerIdentity) => ServiceClient<S3Client> | undefined;
}

export interface SignerState extends SignerPorts {
  readonly profiles: RecordTable<ProfileRecord>;
  readonly jobs: RecordTable<JobRecord>;
  readonly tokens: RecordTable<TokenRecord>;
}

export function createSignerState(ports: SignerPorts): SignerState {
  const { store } = ports;
  return { ...ports, profiles: profileTable(store), jobs: jobTable(store), tokens: tokenTable(store) };
}

/** Throws ResourceNotFoundException. */
export async function getProfile(state: SignerState, place: Place, name: string): Promise<ProfileRecord> {
  const profile = await state.profiles.get(rowPath(place, name));
  if (profile === undefined) throw profileNotFound(name);
  return profile;
}

/** Throws ResourceNotFoundException, and what `change` throws. */
export async function changeProfile(
  state: SignerState,
  place: Place,
  name: string,
  change: (profile: ProfileRecord) => ProfileRecord,
): Promise<ProfileRecord> {
  const changed = await state.profiles.update(rowPath(place, name), change);
  if (changed === undefined) throw profileNotFound(name);
  return changed;
}

export function profileArn({ partition, region, accountId, name }: ProfileRecord): string {
  return `arn:${partition}:signer:${region}:${accountId}:/signing-profiles/${name}`;
}

export function profileVersionArn(profile: ProfileRecord, version: string): string {
  return `${profileArn(profile)}/${version}`;
}

export function jobArn(
  partition: string,
  { region, accountId, id }: Pick<JobRecord, "region" | "accountId" | "id">,
): string {
  return `arn:${partition}:signer:${region}:${accountId}:/signing-jobs/${id}`;
}

export function statusOf(profile: ProfileRecord): "Active" | "Canceled" | "Revoked" {
  if (profile.versions.at(-1)?.revoked !== undefined) return "Revoked";
  return profile.cancelled === undefined ? "Active" : "Canceled";
}

/** What an ARN of this service names. Undefined for every other text. */
export function resourceOf(
  arn: string,
):
  | { readonly place: Place; readonly kind: string; readonly name: string; readonly version: string | undefined }
  | undefined {
  const parsed = parseArn(arn);
  if (parsed === undefined || parsed.service !== "signer") return undefined;
  const [, kind = "", name = "", version] = parsed.resource.split("/");
  return { place: { accountId: parsed.accountId, region: parsed.region }, kind, name, version };
}
