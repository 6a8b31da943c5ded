/**
 * What IAM keeps: one record per role, with everything that hangs on the role, so that a role and its policies change as
 * one; one record per customer-managed policy with its versions. IAM is global: keys have an account and no region.
 */
import {
  array,
  integer,
  mapOf,
  object,
  optional,
  RecordTable,
  type ShapeType,
  type Store,
  text,
} from "../../store/index.ts";

const tagsShape = array(object({ key: text, value: text }));
export type StoredTags = ShapeType<typeof tagsShape>;

const roleShape = object({
  name: text,
  id: text,
  path: text,
  createdAt: integer,
  trustPolicy: text,
  description: optional(text),
  maxSessionSeconds: integer,
  permissionsBoundary: optional(text),
  tags: tagsShape,
  /** Name → document. */
  inlinePolicies: mapOf(text),
  attachedPolicyArns: array(text),
});
export type RoleRecord = ShapeType<typeof roleShape>;

const policyShape = object({
  name: text,
  id: text,
  path: text,
  createdAt: integer,
  updatedAt: integer,
  description: optional(text),
  tags: tagsShape,
  defaultVersion: integer,
  /** The number that the next version gets; numbers are never given twice. */
  nextVersion: integer,
  /** Oldest first. */
  versions: array(object({ number: integer, document: text, createdAt: integer })),
});
export type PolicyRecord = ShapeType<typeof policyShape>;

export const roleTable = (store: Store): RecordTable<RoleRecord> =>
  new RecordTable(store.records, "iam/roles", roleShape);
export const policyTable = (store: Store): RecordTable<PolicyRecord> =>
  new RecordTable(store.records, "iam/policies", policyShape);

/** Names are unique whatever their case, so the key has the lower-case one. */
export const entityPath = (accountId: string, name: string): string => `${accountId}/${name.toLowerCase()}`;
