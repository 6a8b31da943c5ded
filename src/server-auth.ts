/**
 * Authentication and authorisation as a server is configured to have them: the gate over IAM's users and roles, STS's
 * sessions and the accounts' root keys. Absent while nobody is authenticated, and then nothing of it is loaded.
 */
import type { Authorization, KeySecret } from "./authorization/index.ts";
import type { Clock, Log, Random } from "./base/index.ts";
import { type GivenKey, openRootCredentials, type RootKey } from "./root-credentials.ts";
import type { Store } from "./store/index.ts";

/** `off`: everybody may everything. `audit`: so too, and what AWS would refuse is told. `enforce`: it is refused. */
export type AuthMode = "off" | "audit" | "enforce";

export interface ServerAuthOptions {
  readonly mode: AuthMode;
  readonly rootKey: GivenKey | undefined;
  readonly dataFolder: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface ServerAuth extends AsyncDisposable {
  readonly gate: Authorization;
}

/** @throws UserError for root credentials that cannot be read */
export async function openServerAuth(options: ServerAuthOptions): Promise<ServerAuth | undefined> {
  const { mode, rootKey: given, dataFolder, store, clock, random, log } = options;
  if (mode === "off") return undefined;
  const [{ createAuthorization }, { openIamDirectory, openLastUses }, { createSessionFinder }, roots] =
    await Promise.all([
      import("./authorization/index.ts"),
      import("./services/iam/index.ts"),
      import("./services/sts/index.ts"),
      openRootCredentials(dataFolder, { given, random }),
    ]);
  const directory = await openIamDirectory({
    records: store.records,
    log,
    findSession: createSessionFinder({ store, clock, random }),
  });
  const secretOf = async (accessKeyId: string, partition = "aws"): Promise<KeySecret | undefined> => {
    const root = roots.find(accessKeyId);
    return root === undefined ? directory.secretOf(accessKeyId, partition) : secretOfRoot(root, partition);
  };
  const lastUses = await openLastUses({ records: store.records, clock, log });
  const identities = { secretOf, policiesOf: directory.policiesOf.bind(directory) };
  return {
    gate: createAuthorization({ mode, identities, clock, log, used: lastUses.note }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function secretOfRoot({ accountId, accessKeyId, secretAccessKey }: RootKey, partition: string): KeySecret {
  const arn = `arn:${partition}:iam::${accountId}:root`;
  return {
    principal: { kind: "user", accountId, arn, accessKeyId },
    secretAccessKey,
    sessionToken: undefined,
    expiresAt: undefined,
    active: true,
    userId: accountId,
  };
}
