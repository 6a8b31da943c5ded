/**
 * What KMS keeps: one record per key with its sealed material, policy, tags and grants, so that a key changes as one; one
 * record per alias. Keys and aliases belong to an account and a region.
 */
import {
  array,
  boolean,
  integer,
  mapOf,
  object,
  oneOf,
  optional,
  RecordTable,
  type Shape,
  type ShapeType,
  type Store,
  text,
} from "../../store/index.ts";
import type { Place } from "../../wire/index.ts";
import type { KeySpecName } from "./key-specs.ts";

const specShape: Shape<KeySpecName> = (value, path) => text(value, path) as KeySpecName;

const grantShape = object({
  id: text,
  name: optional(text),
  grantee: text,
  /** The grantee is a service, by its name. */
  toService: optional(boolean),
  retiring: optional(text),
  issuer: text,
  operations: array(text),
  contextSubset: optional(mapOf(text)),
  contextEquals: optional(mapOf(text)),
  token: text,
  createdAt: integer,
});
export type GrantRecord = ShapeType<typeof grantShape>;

const keyShape = object({
  id: text,
  accountId: text,
  region: text,
  partition: text,
  createdAt: integer,
  description: text,
  spec: specShape,
  usage: oneOf("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"),
  manager: oneOf("CUSTOMER", "AWS"),
  multiRegion: boolean,
  state: oneOf("Enabled", "Disabled", "PendingDeletion"),
  /** Epoch milliseconds; set while the deletion is pending. */
  deletionAt: optional(integer),
  policy: text,
  tags: mapOf(text),
  /** Sealed; the last one encrypts, earlier ones still decrypt. */
  materials: array(object({ id: text, sealed: text, madeAt: integer })),
  /** Missing: no rotation by itself. */
  rotationDays: optional(integer),
  /** DER of the public key; asymmetric keys alone have one. */
  publicKey: optional(text),
  grants: array(grantShape),
});
export type KeyRecord = ShapeType<typeof keyShape>;

const aliasShape = object({ name: text, keyId: text, createdAt: integer, updatedAt: integer });
export type AliasRecord = ShapeType<typeof aliasShape>;

export const keyTable = (store: Pick<Store, "records">): RecordTable<KeyRecord> =>
  new RecordTable(store.records, "kms/keys", keyShape);
export const aliasTable = (store: Pick<Store, "records">): RecordTable<AliasRecord> =>
  new RecordTable(store.records, "kms/aliases", aliasShape);

export const placePath = (place: Place): string => `${place.accountId}/${place.region}/`;
export const keyPath = (place: Place, id: string): string => `${placePath(place)}${id}`;
export const aliasPath = (place: Place, name: string): string => `${placePath(place)}${name}`;
