/** Users: their names, paths, tags and boundaries. The user that callers without a record are is shown to itself. */
import type { User } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { derivedUniqueId, randomUniqueId } from "../kit/index.ts";
import { printBoundary, withBoundary, withoutBoundary } from "./boundaries.ts";
import { mustFirst, userExists, userNameNeeded, userNotFound } from "./errors.ts";
import type { UserRecord } from "./records.ts";
import { entityArn, type IamClient, type IamState } from "./state.ts";
import { pageOfTags, parseTags, printTagsMember, tagging, untagging } from "./tags.ts";

/** Before any client's clock, so that the caller's user is older than what it makes. */
const CALLER_CREATED = Date.UTC(2014, 10, 13);

export function userHandlers(state: IamState): Handlers<IamClient> {
  const { users, clock, random } = state;
  return {
    async CreateUser(input, call) {
      const { PermissionsBoundary: boundary } = input;
      const user: UserRecord = {
        name: input.UserName,
        id: randomUniqueId(random, "AIDA"),
        path: input.Path ?? "/",
        createdAt: clock.now(),
        tags: parseTags(input.Tags),
        inlinePolicies: {},
        attachedPolicyArns: [],
        groupIds: [],
        accessKeys: [],
        ...(boundary === undefined ? {} : { permissionsBoundary: boundary }),
      };
      return withBoundary(state, call, boundary, async () => {
        if (!(await users.create(call, user))) throw userExists(user.name);
        return { User: { ...printUser(call, user), ...printTagsMember(user.tags) } };
      });
    },

    async GetUser(input, call) {
      const name = input.UserName ?? callerName(call);
      if (name === undefined) return { User: rootUser(call) };
      const user = await users.find(call, name);
      if (user !== undefined) return { User: { ...printUser(call, user), ...printTagsMember(user.tags) } };
      return { User: callerUser(call, name) };
    },

    async ListUsers(input, call) {
      const { items, ...rest } = await users.page(call, input);
      return { Users: items.map((user) => printUser(call, user)), ...rest };
    },

    async UpdateUser(input, call) {
      const { UserName: name, NewUserName: newName, NewPath: path } = input;
      const change = (user: UserRecord): UserRecord => ({
        ...user,
        name: newName ?? user.name,
        path: path ?? user.path,
      });
      if (!(await users.rename(call, name, change))) throw userExists(newName ?? name);
      return {};
    },

    async DeleteUser(input, call) {
      await users.delete(call, input.UserName, (user) => {
        if (user.groupIds.length > 0) throw mustFirst("remove users from group");
        if (user.attachedPolicyArns.length > 0) throw mustFirst("detach all policies");
        if (user.accessKeys.length > 0) throw mustFirst("delete access keys");
        if (user.login !== undefined) throw mustFirst("delete login profile");
        if (Object.keys(user.inlinePolicies).length > 0) throw mustFirst("delete policies");
      });
      return {};
    },

    async PutUserPermissionsBoundary(input, call) {
      const permissionsBoundary = input.PermissionsBoundary;
      await withBoundary(state, call, permissionsBoundary, () =>
        users.update(call, input.UserName, (user) => ({ ...user, permissionsBoundary })),
      );
      return {};
    },

    async DeleteUserPermissionsBoundary(input, call) {
      await users.update(call, input.UserName, withoutBoundary);
      return {};
    },

    async TagUser(input, call) {
      await users.update(call, input.UserName, tagging(input.Tags));
      return {};
    },

    async UntagUser(input, call) {
      await users.update(call, input.UserName, untagging(input.TagKeys));
      return {};
    },

    async ListUserTags(input, call) {
      return pageOfTags(input, (await users.get(call, input.UserName)).tags);
    },
  };
}

export function printUser(call: Call, user: UserRecord): User {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: entityArn(call, "user", user),
    CreateDate: new Date(user.createdAt),
    ...printBoundary(user),
  };
}

/** The user that is calling; undefined for an account's root. Throws ValidationError for sessions and services. */
export function callerName({ principal: { arn, kind } }: Call): string | undefined {
  if (arn.endsWith(":root")) return undefined;
  const name = /:user\/(?:[^/]+\/)*([^/]+)$/.exec(arn)?.[1];
  if (name === undefined || kind === "assumed-role") throw userNameNeeded();
  return name;
}

/** Whoever calls with a key that was not made here is a user without a record. */
function callerUser({ principal: { arn } }: Call, name: string): User {
  const [, path, own] = /:user(\/(?:[^/]+\/)*)([^/]+)$/.exec(arn) ?? [];
  if (path === undefined || own !== name) throw userNotFound(name);
  return {
    Path: path,
    UserName: name,
    UserId: derivedUniqueId("AIDA", arn),
    Arn: arn,
    CreateDate: new Date(CALLER_CREATED),
  };
}

function rootUser({ principal: { arn, accountId } }: Call): User {
  return { Path: "/", UserName: "root", UserId: accountId, Arn: arn, CreateDate: new Date(CALLER_CREATED) };
}
