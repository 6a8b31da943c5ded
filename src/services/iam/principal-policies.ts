/**
 * Which policies apply to a principal, gathered from records in memory: its own, its groups', its boundary, and what its
 * session was limited to. Decides nothing, reads no store.
 */
import type { Policy, RequestPrincipal } from "../../policy/index.ts";
import { type Principal, parseArn } from "../../wire/index.ts";
import type { SessionFacts } from "../kit/index.ts";
import type { CompiledDocuments } from "./compiled-documents.ts";
import { entityPath, type GroupRecord, type PolicyRecord, type RoleRecord, type UserRecord } from "./records.ts";

/** Each map is by `account/name`, the name in lower case. */
export interface KnownEntities {
  readonly users: ReadonlyMap<string, UserRecord>;
  readonly roles: ReadonlyMap<string, RoleRecord>;
  readonly groups: ReadonlyMap<string, GroupRecord>;
  readonly policies: ReadonlyMap<string, PolicyRecord>;
}

export interface PrincipalPolicies {
  /** The principal as the decision engine names it. */
  readonly principal: RequestPrincipal;
  /** `AIDA…`, `AROA…:session`, `ACCOUNT:name` of a federated user: `aws:userid`. */
  readonly userId: string;
  /** Inline and managed, of the user and its groups, or of the role. */
  readonly identity: readonly Policy[];
  readonly boundary: Policy | undefined;
  /** One limit together; undefined where the session has none. Of a federated user without any: empty. */
  readonly session: readonly Policy[] | undefined;
  /** `aws:PrincipalTag/…`: of the user or role, and over them those of the session, by key as given. */
  readonly tags: ReadonlyMap<string, string>;
  /** Of the session, where there is one: `aws:SourceIdentity`, `aws:TokenIssueTime`, `aws:FederatedProvider`. */
  readonly facts: SessionFacts | undefined;
}

type Entity = UserRecord | RoleRecord;

/** Undefined where no record stands for the principal. `session` is that of its access key. */
export function gatherPolicies(
  known: KnownEntities,
  documents: CompiledDocuments,
  principal: Principal,
  session: SessionFacts | undefined,
): PrincipalPolicies | undefined {
  const requester = requesterOf(known, principal, session);
  if (requester === undefined) return undefined;
  const { entity, request } = requester;
  const { accountId } = principal;
  const managed = (arn: string): Policy | undefined => managedPolicy(known, documents, arn);
  const groups = "groupIds" in entity ? groupsOf(known, accountId, entity) : [];
  return {
    principal: request,
    userId: session?.userId ?? userIdOf(entity, principal),
    identity: [entity, ...groups].flatMap((holder) => policiesOfHolder(known, documents, holder)),
    boundary: boundaryOf(documents, entity, managed),
    session: sessionPolicies(documents, request, session, managed),
    tags: new Map([
      ...entity.tags.map(({ key, value }) => [key, value] as const),
      ...Object.entries(session?.tags ?? {}),
    ]),
    facts: session,
  };
}

/** Inline policies, then managed ones. */
export function policiesOfHolder(
  known: KnownEntities,
  documents: CompiledDocuments,
  { inlinePolicies, attachedPolicyArns }: Pick<Entity, "inlinePolicies" | "attachedPolicyArns">,
): readonly Policy[] {
  return [
    ...Object.entries(inlinePolicies).map(([name, document]) => documents.compile(document, "identity", name)),
    ...attachedPolicyArns.map((arn) => managedPolicy(known, documents, arn)).filter((policy) => policy !== undefined),
  ];
}

/** Groups of the account whose members include the user. */
function groupsOf(known: Pick<KnownEntities, "groups">, accountId: string, user: UserRecord): GroupRecord[] {
  if (user.groupIds.length === 0) return [];
  const start = entityPath(accountId, "");
  return [...known.groups]
    .filter(([path, group]) => path.startsWith(start) && user.groupIds.includes(group.id))
    .map(([, group]) => group);
}

function requesterOf(
  { users, roles }: KnownEntities,
  { arn, accountId }: Principal,
  session: SessionFacts | undefined,
): { readonly entity: Entity; readonly request: RequestPrincipal } | undefined {
  const { partition = "aws", resource = "" } = parseArn(arn) ?? {};
  const [kind, ...names] = resource.split("/");
  if (kind === "assumed-role") {
    const role = roles.get(entityPath(accountId, names[0] ?? ""));
    if (role === undefined) return undefined;
    const roleArn = `arn:${partition}:iam::${accountId}:role${role.path}${role.name}`;
    return { entity: role, request: { kind: "assumed-role", accountId, arn, roleArn } };
  }
  if (kind === "role") {
    const role = roles.get(entityPath(accountId, names.at(-1) ?? ""));
    return role && { entity: role, request: { kind: "assumed-role", accountId, arn, roleArn: arn } };
  }
  if (kind === "federated-user") {
    const { userArn } = session ?? {};
    const user = userArn === undefined ? undefined : users.get(entityPath(accountId, userArn.split("/").at(-1) ?? ""));
    if (user === undefined || userArn === undefined) return undefined;
    return { entity: user, request: { kind: "federated-user", accountId, arn, userArn } };
  }
  if (kind !== "user") return undefined;
  const user = users.get(entityPath(accountId, names.at(-1) ?? ""));
  return user && { entity: user, request: { kind: "user", accountId, arn } };
}

function managedPolicy(known: KnownEntities, documents: CompiledDocuments, arn: string): Policy | undefined {
  const { accountId = "", resource = "" } = parseArn(arn) ?? {};
  if (accountId === "aws") return documents.awsManaged(arn);
  const policy = known.policies.get(entityPath(accountId, resource.split("/").at(-1) ?? ""));
  const version = policy?.versions.find(({ number }) => number === policy.defaultVersion);
  return version && documents.compile(version.document, "identity", arn);
}

/** A boundary whose policy is gone allows nothing. */
function boundaryOf(
  documents: CompiledDocuments,
  { permissionsBoundary: arn }: Entity,
  managed: (arn: string) => Policy | undefined,
): Policy | undefined {
  return arn === undefined ? undefined : (managed(arn) ?? documents.compile("", "identity", arn));
}

function sessionPolicies(
  documents: CompiledDocuments,
  request: RequestPrincipal,
  session: SessionFacts | undefined,
  managed: (arn: string) => Policy | undefined,
): readonly Policy[] | undefined {
  const { policies, policyArns } = session ?? {};
  if (policies === undefined && policyArns === undefined) return request.kind === "federated-user" ? [] : undefined;
  return [
    ...(policies ?? []).map((document) => documents.compile(document, "identity", "session policy")),
    ...(policyArns ?? []).map(managed).filter((policy) => policy !== undefined),
  ];
}

function userIdOf(entity: Entity, { arn }: Principal): string {
  const session = arn.includes(":assumed-role/") ? `:${arn.split("/").at(-1) ?? ""}` : "";
  return entity.id + session;
}
