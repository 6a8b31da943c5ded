/**
 * What IAM keeps: one record per user, group, role, policy, instance profile and provider, with everything that hangs on
 * it, so that it changes as one: a user's keys, memberships and policies are members of the user. IAM is global: keys
 * have an account and no region.
 */
import {
  array,
  boolean,
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

const entity = { name: text, id: text, path: text, createdAt: integer } as const;
/** What holds policies: inline ones by name, managed ones by ARN. */
const holder = { ...entity, inlinePolicies: mapOf(text), attachedPolicyArns: array(text) } as const;
const boundary = { permissionsBoundary: optional(text), tags: tagsShape } as const;

export const roleShape = object({
  ...holder,
  ...boundary,
  trustPolicy: text,
  description: optional(text),
  maxSessionSeconds: integer,
  /** The service that a service-linked role belongs to. */
  linkedService: optional(text),
});
export type RoleRecord = ShapeType<typeof roleShape>;

const accessKeyShape = object({ id: text, secret: text, active: boolean, createdAt: integer });
export type StoredAccessKey = ShapeType<typeof accessKeyShape>;

const loginShape = object({
  createdAt: integer,
  resetRequired: boolean,
  /** Hex, of the password. */
  salt: text,
  hash: text,
});

export const userShape = object({
  ...holder,
  ...boundary,
  /** Ids, not names: a group that is made anew has none of the old one's members. */
  groupIds: array(text),
  accessKeys: array(accessKeyShape),
  login: optional(loginShape),
});
export type UserRecord = ShapeType<typeof userShape>;

export const groupShape = object(holder);
export type GroupRecord = ShapeType<typeof groupShape>;

export const policyShape = object({
  ...entity,
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

export const profileShape = object({ ...entity, tags: tagsShape, roleName: optional(text) });
export type ProfileRecord = ShapeType<typeof profileShape>;

export const oidcShape = object({
  /** Without `https://`; names the provider in its ARN. */
  url: text,
  clientIds: array(text),
  thumbprints: array(text),
  createdAt: integer,
  tags: tagsShape,
});
export type OidcRecord = ShapeType<typeof oidcShape>;

export const samlShape = object({
  name: text,
  metadata: text,
  createdAt: integer,
  /** Epoch milliseconds; of the metadata's own, or far away. */
  validUntil: integer,
  tags: tagsShape,
});
export type SamlRecord = ShapeType<typeof samlShape>;

export const passwordPolicyShape = object({
  minimumLength: integer,
  symbols: boolean,
  numbers: boolean,
  uppercase: boolean,
  lowercase: boolean,
  usersMayChange: boolean,
  maxAgeDays: optional(integer),
  reusePrevention: optional(integer),
  hardExpiry: optional(boolean),
});
export type StoredPasswordPolicy = ShapeType<typeof passwordPolicyShape>;

export const accountShape = object({
  alias: optional(text),
  passwordPolicy: optional(passwordPolicyShape),
  /** Epoch milliseconds of the last credential report that was asked for. */
  reportedAt: optional(integer),
});
export type AccountRecord = ShapeType<typeof accountShape>;

/** When and for what a role or an access key was last used; apart from it, so that its use is never in a writer's way. */
export const lastUseShape = object({ at: integer, region: text, service: text });
export type LastUse = ShapeType<typeof lastUseShape>;

/** Where the records of each kind are. A directory follows the prefix that they share. */
export const IAM_PREFIX = "iam/";
export const TABLES = {
  roles: "iam/roles",
  users: "iam/users",
  groups: "iam/groups",
  policies: "iam/policies",
  profiles: "iam/instance-profiles",
  oidc: "iam/oidc-providers",
  saml: "iam/saml-providers",
  accounts: "iam/accounts",
  lastUses: "iam/last-uses",
} as const;

export interface IamTables {
  readonly roles: RecordTable<RoleRecord>;
  readonly users: RecordTable<UserRecord>;
  readonly groups: RecordTable<GroupRecord>;
  readonly policies: RecordTable<PolicyRecord>;
  readonly profiles: RecordTable<ProfileRecord>;
  readonly oidc: RecordTable<OidcRecord>;
  readonly saml: RecordTable<SamlRecord>;
  /** By account id. */
  readonly accounts: RecordTable<AccountRecord>;
  /** By access key id, or the role's unique id. */
  readonly lastUses: RecordTable<LastUse>;
}

export function openTables({ records }: Store): IamTables {
  return {
    roles: new RecordTable(records, TABLES.roles, roleShape),
    users: new RecordTable(records, TABLES.users, userShape),
    groups: new RecordTable(records, TABLES.groups, groupShape),
    policies: new RecordTable(records, TABLES.policies, policyShape),
    profiles: new RecordTable(records, TABLES.profiles, profileShape),
    oidc: new RecordTable(records, TABLES.oidc, oidcShape),
    saml: new RecordTable(records, TABLES.saml, samlShape),
    accounts: new RecordTable(records, TABLES.accounts, accountShape),
    lastUses: new RecordTable(records, TABLES.lastUses, lastUseShape),
  };
}

/** Names are unique whatever their case, so the key has the lower-case one. */
export const entityPath = (accountId: string, name: string): string => `${accountId}/${name.toLowerCase()}`;
