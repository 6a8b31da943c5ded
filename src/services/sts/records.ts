/** What STS keeps: one record per set of temporary credentials, gone when they expire. */
import {
  array,
  integer,
  mapOf,
  object,
  oneOf,
  optional,
  RecordTable,
  type ShapeType,
  type Store,
  text,
} from "../../store/index.ts";

const sessionShape = object({
  kind: oneOf("anonymous", "user", "assumed-role", "service"),
  accountId: text,
  /** ARN of the caller that these credentials make. */
  arn: text,
  /** The `UserId` of GetCallerIdentity. */
  userId: text,
  secretAccessKey: text,
  sessionToken: text,
  issuedAt: optional(integer),
  /** Epoch milliseconds. */
  expiresAt: integer,
  /** What the members of `SessionFacts` of the same names say. */
  roleArn: optional(text),
  userArn: optional(text),
  policies: optional(array(text)),
  policyArns: optional(array(text)),
  tags: optional(mapOf(text)),
  transitiveTagKeys: optional(array(text)),
  sourceIdentity: optional(text),
  federatedProvider: optional(text),
  sourceFunctionArn: optional(text),
});
export type SessionRecord = ShapeType<typeof sessionShape>;

/** By access key id. */
export const sessionTable = (store: Store): RecordTable<SessionRecord> =>
  new RecordTable(store.records, "sts/sessions", sessionShape);
