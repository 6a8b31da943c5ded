/**
 * When keys and roles were last used, as GetAccessKeyLastUsed and RoleLastUsed tell it. Whoever authenticates notes each
 * use; it is written behind the request, and at most once in a while for each key, so that no request waits for a disk.
 */
import { BoundedMap, type Clock, type Log } from "../../base/index.ts";
import { type Records, RecordTable } from "../../store/index.ts";
import type { KeySecret } from "./directory.ts";
import { IAM_LIMITS } from "./limits.ts";
import { lastUseShape, TABLES } from "./records.ts";

export interface LastUses {
  /** `region` and `service` are those that the request was signed for. */
  note(key: Pick<KeySecret, "principal" | "userId">, on: { readonly service: string; readonly region: string }): void;
}

export function createLastUses({
  records,
  clock,
  log,
}: {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Log;
}): LastUses {
  const table = new RecordTable(records, TABLES.lastUses, lastUseShape);
  const written = new BoundedMap<string, number>(IAM_LIMITS.lastUsesKnownMax);
  return {
    note(key, { service, region }) {
      const id = idOf(key);
      const at = clock.now();
      if (id === undefined || at - (written.get(id) ?? Number.NEGATIVE_INFINITY) < IAM_LIMITS.lastUseEveryMs) return;
      written.set(id, at);
      table
        .change(id, () => ({ at, region, service }))
        .catch((error: unknown) => log.debug("the last use of a key could not be written", { id, error }));
    },
  };
}

/** A user's key, or the unique id of a session's role. What an account's root user does, IAM does not tell. */
function idOf({ principal, userId }: Pick<KeySecret, "principal" | "userId">): string | undefined {
  if (principal.kind === "assumed-role") return userId.split(":", 1)[0];
  return principal.arn.includes(":user/") ? principal.accessKeyId : undefined;
}
