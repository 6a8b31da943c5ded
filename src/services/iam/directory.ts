/**
 * IAM as it is asked in the middle of a request: whose a key is, which policies apply to a principal, whom a role trusts.
 * Follows the records into memory, so that no answer about a user or a role reads a disk. Decides nothing. Invariant: what
 * is answered is what the records say once the store has told of them; a document that cannot be read denies everything.
 */
import { BoundedMap, type JsonValue, type Log } from "../../base/index.ts";
import type { Policy } from "../../policy/index.ts";
import { RecordFeed, type Records } from "../../store/index.ts";
import { type Principal, parseArn } from "../../wire/index.ts";
import { type FindSession, TEMPORARY_KEY_PREFIX } from "../kit/index.ts";
import { CompiledDocuments } from "./compiled-documents.ts";
import { IAM_LIMITS } from "./limits.ts";
import { gatherPolicies, type KnownEntities, type PrincipalPolicies } from "./principal-policies.ts";
import {
  entityPath,
  type GroupRecord,
  groupShape,
  IAM_PREFIX,
  type PolicyRecord,
  policyShape,
  type RoleRecord,
  roleShape,
  TABLES,
  type UserRecord,
  userShape,
} from "./records.ts";

/** What it takes to verify a signature. */
export interface KeySecret {
  readonly principal: Principal;
  readonly secretAccessKey: string;
  /** Only temporary credentials have one, and then it must have come with the request. */
  readonly sessionToken: string | undefined;
  /** Epoch milliseconds, of temporary credentials. */
  readonly expiresAt: number | undefined;
  /** False for a user's key that is switched off. */
  readonly active: boolean;
  /** As GetCallerIdentity shows it. */
  readonly userId: string;
}

export interface IamDirectory extends AsyncDisposable {
  /** Resolves when everything that is stored is known. */
  start(): Promise<void>;
  /**
   * The secret behind a key of a user (`AKIA…`) or a session (`ASIA…`); undefined for keys that nobody issued here.
   * `partition` is that of the user's ARN.
   */
  secretOf(accessKeyId: string, partition?: string): Promise<KeySecret | undefined>;
  /** Undefined for a principal that IAM keeps no record of: an account's root, a service, a user that was never made. */
  policiesOf(principal: Principal): Promise<PrincipalPolicies | undefined>;
  /** Who may assume the role, compiled; undefined when there is no such role. */
  trustPolicyOf(roleArn: string): Policy | undefined;
}

export interface IamDirectoryPorts {
  readonly records: Pick<Records, "watch">;
  readonly log: Log;
  /** How sessions are looked up; without it there are none. */
  readonly findSession?: FindSession;
}

export function createIamDirectory(ports: IamDirectoryPorts): IamDirectory {
  return new FollowedDirectory(ports);
}

class FollowedDirectory implements IamDirectory {
  readonly #feed: RecordFeed;
  readonly #findSession: FindSession | undefined;
  readonly #documents: CompiledDocuments;
  readonly #users = new Map<string, UserRecord>();
  readonly #roles = new Map<string, RoleRecord>();
  readonly #groups = new Map<string, GroupRecord>();
  readonly #policies = new Map<string, PolicyRecord>();
  /** The path of the user whose key it is. */
  readonly #keys = new Map<string, string>();
  readonly #gathered = new BoundedMap<string, PrincipalPolicies>(IAM_LIMITS.gatheredPrincipalsMax);

  constructor({ records, log, findSession }: IamDirectoryPorts) {
    this.#feed = new RecordFeed({ records, prefix: IAM_PREFIX, log, name: "directory of IAM" });
    this.#findSession = findSession;
    this.#documents = new CompiledDocuments(log);
  }

  start(): Promise<void> {
    return this.#feed.start({
      put: ({ key, value }) => this.#put(key, value),
      delete: (key) => this.#put(key, undefined),
      current: () => undefined,
    });
  }

  async secretOf(accessKeyId: string, partition = "aws"): Promise<KeySecret | undefined> {
    const path = this.#keys.get(accessKeyId);
    const user = path === undefined ? undefined : this.#users.get(path);
    if (path !== undefined && user !== undefined) return secretOfUser(partition, path, user, accessKeyId);
    const session = await this.#findSession?.(accessKeyId);
    return session && { ...session, active: true };
  }

  async policiesOf(principal: Principal): Promise<PrincipalPolicies | undefined> {
    const { accessKeyId, arn } = principal;
    // A user's key says no more than the user's ARN; a session's says how it was made.
    const temporary = accessKeyId !== undefined && !this.#keys.has(accessKeyId);
    const memo = temporary ? `${accessKeyId} ${arn}` : arn;
    const known = this.#gathered.get(memo);
    if (known !== undefined) return known;
    const session = temporary ? await this.#findSession?.(accessKeyId) : undefined;
    // What limited a session is gone with it: whatever of it outlives it (a token of a registry) allows nothing.
    if (session === undefined && accessKeyId?.startsWith(TEMPORARY_KEY_PREFIX)) return undefined;
    const gathered = gatherPolicies(this.#known(), this.#documents, principal, session);
    if (gathered !== undefined) this.#gathered.set(memo, gathered);
    return gathered;
  }

  trustPolicyOf(roleArn: string): Policy | undefined {
    const arn = parseArn(roleArn);
    const role = arn && this.#roles.get(entityPath(arn.accountId, arn.resource.split("/").at(-1) ?? ""));
    return role && this.#documents.compile(role.trustPolicy, "trust", "trust policy");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#feed[Symbol.asyncDispose]();
  }

  #known(): KnownEntities {
    return { users: this.#users, roles: this.#roles, groups: this.#groups, policies: this.#policies };
  }

  #put(key: string, value: JsonValue | undefined): void {
    const [room = "", kind = "", ...rest] = key.split("/");
    const path = rest.join("/");
    switch (`${room}/${kind}`) {
      case TABLES.users:
        this.#putUser(path, value === undefined ? undefined : userShape(value, key));
        break;
      case TABLES.roles:
        replace(this.#roles, path, value === undefined ? undefined : roleShape(value, key));
        break;
      case TABLES.groups:
        replace(this.#groups, path, value === undefined ? undefined : groupShape(value, key));
        break;
      case TABLES.policies:
        replace(this.#policies, path, value === undefined ? undefined : policyShape(value, key));
        break;
      default:
        return;
    }
    this.#gathered.clear();
  }

  #putUser(path: string, user: UserRecord | undefined): void {
    for (const { id } of this.#users.get(path)?.accessKeys ?? []) {
      if (this.#keys.get(id) === path) this.#keys.delete(id);
    }
    replace(this.#users, path, user);
    for (const { id } of user?.accessKeys ?? []) this.#keys.set(id, path);
  }
}

function replace<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function secretOfUser(partition: string, path: string, user: UserRecord, accessKeyId: string): KeySecret | undefined {
  const key = user.accessKeys.find(({ id }) => id === accessKeyId);
  const [accountId = ""] = path.split("/", 1);
  if (key === undefined) return undefined;
  const arn = `arn:${partition}:iam::${accountId}:user${user.path}${user.name}`;
  return {
    principal: { kind: "user", accountId, arn, accessKeyId },
    secretAccessKey: key.secret,
    sessionToken: undefined,
    expiresAt: undefined,
    active: key.active,
    userId: user.id,
  };
}
