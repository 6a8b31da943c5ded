/** Users: the one that is calling. Users of one's own are not kept yet. */
import type { Handlers } from "../../wire/index.ts";
import { derivedUniqueId } from "../kit/index.ts";
import { userNotFound } from "./errors.ts";
import type { IamClient } from "./state.ts";

/** Before any client's clock, so that the caller's user is older than what it makes. */
const CALLER_CREATED = Date.UTC(2014, 10, 13);

export function userHandlers(): Handlers<IamClient> {
  return {
    async GetUser(input, { principal }) {
      const [, path, name] = /:user(\/(?:[^/]+\/)*)([^/]+)$/.exec(principal.arn) ?? [];
      const wanted = input.UserName ?? name;
      if (path === undefined || name === undefined || wanted !== name) throw userNotFound(wanted ?? principal.arn);
      return {
        User: {
          Path: path,
          UserName: name,
          UserId: derivedUniqueId("AIDA", principal.arn),
          Arn: principal.arn,
          CreateDate: new Date(CALLER_CREATED),
        },
      };
    },
  };
}
