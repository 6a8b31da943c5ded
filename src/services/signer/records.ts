/**
 * What Signer keeps: one record per profile with its versions, keys (sealed) and permissions, so that a profile changes as
 * one; one record per job; one root per store.
 */
import {
  array,
  integer,
  mapOf,
  object,
  oneOf,
  optional,
  RecordTable,
  type ShapeType,
  type Store,
  text,
} from "../../store/index.ts";
import type { Place } from "../../wire/index.ts";

/** DER of the certificate in base64, and its sealed key. */
const certifiedShape = object({ certificate: text, sealedKey: text });

const profileVersionShape = object({
  version: text,
  createdAt: integer,
  certified: certifiedShape,
  revoked: optional(object({ reason: text, effectiveFrom: integer, revokedAt: integer, revokedBy: text })),
});
export type ProfileVersion = ShapeType<typeof profileVersionShape>;

const profileShape = object({
  name: text,
  accountId: text,
  region: text,
  partition: text,
  /** A name that was cancelled may be taken again, with a new version. */
  cancelled: optional(oneOf("yes")),
  validity: object({ value: integer, type: oneOf("DAYS", "MONTHS", "YEARS") }),
  signingParameters: optional(mapOf(text)),
  tags: mapOf(text),
  /** The newest is last. */
  versions: array(profileVersionShape),
  permissionsRevision: text,
  permissions: array(object({ statementId: text, action: text, principal: text, profileVersion: optional(text) })),
});
export type ProfileRecord = ShapeType<typeof profileShape>;

const s3Shape = object({ bucket: text, key: text, version: optional(text) });

const jobShape = object({
  id: text,
  /** Whose profile signed: the job is of this account. */
  accountId: text,
  region: text,
  invoker: text,
  requestedBy: text,
  profileName: text,
  profileVersion: text,
  createdAt: integer,
  completedAt: optional(integer),
  expiresAt: optional(integer),
  status: oneOf("InProgress", "Succeeded", "Failed"),
  statusReason: optional(text),
  /** Missing for a payload. */
  source: optional(s3Shape),
  signedObject: optional(s3Shape),
  revoked: optional(object({ reason: text, revokedAt: integer, revokedBy: text })),
});
export type JobRecord = ShapeType<typeof jobShape>;

const tokenShape = object({ jobId: text });
export type TokenRecord = ShapeType<typeof tokenShape>;

type Records = Pick<Store, "records">;
export const profileTable = ({ records }: Records): RecordTable<ProfileRecord> =>
  new RecordTable(records, "signer/profiles", profileShape);
export const jobTable = ({ records }: Records): RecordTable<JobRecord> =>
  new RecordTable(records, "signer/jobs", jobShape);
/** Jobs by the token that their client gave, so that a request that is sent again starts none. */
export const tokenTable = ({ records }: Records): RecordTable<TokenRecord> =>
  new RecordTable(records, "signer/tokens", tokenShape);
export const rootTable = ({ records }: Records): RecordTable<ShapeType<typeof certifiedShape>> =>
  new RecordTable(records, "signer/root", certifiedShape);

export const placePath = (place: Place): string => `${place.accountId}/${place.region}/`;
export const rowPath = (place: Place, name: string): string => `${placePath(place)}${name}`;
