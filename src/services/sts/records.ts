/** What STS keeps: one record per set of temporary credentials, gone when they expire. */
import { integer, object, oneOf, RecordTable, type ShapeType, type Store, text } from "../../store/index.ts";

const sessionShape = object({
  kind: oneOf("anonymous", "user", "assumed-role", "service"),
  accountId: text,
  /** ARN of the caller that these credentials make. */
  arn: text,
  /** The `UserId` of GetCallerIdentity. */
  userId: text,
  secretAccessKey: text,
  sessionToken: text,
  /** Epoch milliseconds. */
  expiresAt: integer,
});
export type SessionRecord = ShapeType<typeof sessionShape>;

/** By access key id. */
export const sessionTable = (store: Store): RecordTable<SessionRecord> =>
  new RecordTable(store.records, "sts/sessions", sessionShape);
