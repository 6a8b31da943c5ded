/** The user, group or role whose policies a simulation asks, and those policies. */
import type { Policy, RequestPrincipal } from "../../policy/index.ts";
import { type Call, parseArn } from "../../wire/index.ts";
import { allEntities } from "./attachments.ts";
import { CompiledDocuments } from "./compiled-documents.ts";
import { groupNotFound, invalidArn, roleNotFound, userNotFound } from "./errors.ts";
import { gatherPolicies, type KnownEntities, policiesOfHolder } from "./principal-policies.ts";
import { entityPath } from "./records.ts";
import type { IamState } from "./state.ts";

export interface SimulatedSource {
  readonly principal: RequestPrincipal;
  readonly identity: readonly Policy[];
  readonly boundary: Policy | undefined;
}

/** Throws NoSuchEntity; ValidationError for what is no user, group or role. */
export async function simulatedSource(state: IamState, call: Call, arn: string): Promise<SimulatedSource> {
  const { accountId = "", resource = "" } = parseArn(arn) ?? {};
  const [kind = "", ...rest] = resource.split("/");
  const name = rest.at(-1) ?? "";
  if (!["user", "group", "role"].includes(kind) || name === "") throw invalidArn(arn);
  const known = await knownEntities(state, call);
  const documents = new CompiledDocuments();
  if (kind === "group") {
    const group = known.groups.get(entityPath(accountId, name));
    if (group === undefined) throw groupNotFound(name);
    return {
      principal: { kind: "user", accountId, arn: arn.replace(":group/", ":user/") },
      identity: policiesOfHolder(known, documents, group),
      boundary: undefined,
    };
  }
  const gathered = gatherPolicies(known, documents, { kind: "user", accountId, arn }, undefined);
  if (gathered === undefined) throw kind === "user" ? userNotFound(name) : roleNotFound(name);
  return gathered;
}

async function knownEntities(state: IamState, call: Call): Promise<KnownEntities> {
  const [{ users, groups, roles }, policies] = await Promise.all([allEntities(state, call), state.policies.all(call)]);
  const byPath = <T extends { readonly name: string }>(records: readonly T[]): Map<string, T> =>
    new Map(records.map((record) => [entityPath(call.accountId, record.name), record]));
  return { users: byPath(users), groups: byPath(groups), roles: byPath(roles), policies: byPath(policies) };
}
