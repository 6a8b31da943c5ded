/** What the handlers of IAM share: ports, and what is kept, by name. */
import type * as client from "@aws-sdk/client-iam";
import type { Clock, Random } from "../../base/index.ts";
import type { RecordTable, Store } from "../../store/index.ts";
import type { Call } from "../../wire/index.ts";
import { KeyedLock } from "../kit/index.ts";
import { groupNotFound, policyNotFound, profileNotFound, roleNotFound, userNotFound } from "./errors.ts";
import { NamedRecords } from "./named-records.ts";
import {
  type AccountRecord,
  type GroupRecord,
  type LastUse,
  type OidcRecord,
  openTables,
  type PolicyRecord,
  type ProfileRecord,
  type RoleRecord,
  type SamlRecord,
  type UserRecord,
} from "./records.ts";

export type IamClient = typeof client;

export interface IamPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

export interface IamState extends IamPorts {
  readonly roles: NamedRecords<RoleRecord>;
  readonly users: NamedRecords<UserRecord>;
  readonly groups: NamedRecords<GroupRecord>;
  readonly policies: NamedRecords<PolicyRecord>;
  readonly profiles: NamedRecords<ProfileRecord>;
  readonly oidc: RecordTable<OidcRecord>;
  readonly saml: RecordTable<SamlRecord>;
  readonly accounts: RecordTable<AccountRecord>;
  readonly lastUses: RecordTable<LastUse>;
  /** Orders steps over several records: by the ARN of what one of them refers to. */
  readonly locks: KeyedLock;
}

export function createIamState(ports: IamPorts): IamState {
  const tables = openTables(ports.store);
  return {
    ...ports,
    ...tables,
    roles: new NamedRecords(tables.roles, roleNotFound),
    users: new NamedRecords(tables.users, userNotFound),
    groups: new NamedRecords(tables.groups, groupNotFound),
    policies: new NamedRecords(tables.policies, policyNotFound),
    profiles: new NamedRecords(tables.profiles, profileNotFound),
    locks: new KeyedLock(),
  };
}

/** `arn:aws:iam::123456789012:user/path/name` and its kin. */
export function entityArn(
  { partition, accountId }: Pick<Call, "partition" | "accountId">,
  kind: string,
  { path, name }: { readonly path: string; readonly name: string },
): string {
  return `arn:${partition}:iam::${accountId}:${kind}${path}${name}`;
}
