/**
 * The keys of accounts' root users: what a server that authenticates is first reached with. They are made once, in a file
 * of the data folder that its owner alone reads, in the form of AWS's shared credentials file, so that
 * `AWS_SHARED_CREDENTIALS_FILE` may name it. The default account's are written out; those of every other account follow
 * from one more secret, since any twelve digits are an account.
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode, type Random, UserError } from "./base/index.ts";
import { accountOfAccessKey, LONG_TERM_KEY_PREFIX, makeAccessKeyId } from "./services/kit/index.ts";

export interface RootKey {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RootCredentials {
  /** Of this account. */
  of(accountId: string): RootKey;
  /** The root key of this id; undefined for every other key. */
  find(accessKeyId: string): RootKey | undefined;
}

const FILE = "root-credentials";
const DEFAULT_ACCOUNT = "000000000000";
const OWNER_ONLY = 0o600;
const SECRET_BYTES = 30;

/** As it is written in the file. */
interface Written {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What other accounts' keys are made from. */
  readonly accountSecret: string;
}

/** A key that the configuration names for the default account. */
export type GivenKey = Pick<RootKey, "accessKeyId" | "secretAccessKey">;

/** Made where they are missing. @throws UserError for a file that cannot be read */
export async function openRootCredentials(
  dataFolder: string,
  { given, random }: { readonly given: GivenKey | undefined; readonly random: Random },
): Promise<RootCredentials> {
  const path = rootCredentialsFile(dataFolder);
  const written = readWritten(path) ?? (await make(path, random));
  await chmod(path, OWNER_ONLY);
  return credentialsOf(written, given);
}

/** Undefined where no server has made any. @throws UserError as `openRootCredentials` */
export function readRootCredentials(dataFolder: string, given: GivenKey | undefined): RootCredentials | undefined {
  const written = readWritten(rootCredentialsFile(dataFolder));
  return written && credentialsOf(written, given);
}

export function rootCredentialsFile(dataFolder: string): string {
  return join(dataFolder, FILE);
}

function credentialsOf(written: Written, given: GivenKey | undefined): RootCredentials {
  const own: RootKey = { ...written, accountId: DEFAULT_ACCOUNT, ...given };
  const of = (accountId: string): RootKey => (accountId === own.accountId ? own : derived(written, accountId));
  return {
    of,
    find(accessKeyId) {
      if (accessKeyId === own.accessKeyId) return own;
      if (/^\d{12}$/.test(accessKeyId)) return undefined;
      const accountId = accountOfAccessKey(accessKeyId);
      if (accountId === undefined || accountId === own.accountId) return undefined;
      const key = derived(written, accountId);
      return key.accessKeyId === accessKeyId ? key : undefined;
    },
  };
}

function derived({ accountSecret }: Written, accountId: string): RootKey {
  const noise = (what: string): string =>
    createHmac("sha512", accountSecret).update(`${what} ${accountId}`).digest("hex");
  const id = noise("access key");
  return {
    accountId,
    accessKeyId: makeAccessKeyId({ hex: (bytes) => id.slice(0, bytes * 2) }, LONG_TERM_KEY_PREFIX, accountId),
    secretAccessKey: Buffer.from(noise("secret").slice(0, SECRET_BYTES * 2), "hex").toString("base64"),
  };
}

async function make(path: string, random: Random): Promise<Written> {
  const written: Written = {
    accessKeyId: makeAccessKeyId(random, LONG_TERM_KEY_PREFIX, DEFAULT_ACCOUNT),
    secretAccessKey: Buffer.from(random.hex(SECRET_BYTES), "hex").toString("base64"),
    accountSecret: random.hex(SECRET_BYTES),
  };
  const lines = [
    "# The root keys of this server's accounts. Whoever reads this file may do everything.",
    "[default]",
    `aws_access_key_id = ${written.accessKeyId}`,
    `aws_secret_access_key = ${written.secretAccessKey}`,
    "",
    "# Makes the keys of all other accounts: lambent credentials --account 111122223333",
    "[lambent]",
    `account_secret = ${written.accountSecret}`,
    "",
  ];
  await writeFile(path, lines.join("\n"), { mode: OWNER_ONLY, flag: "wx" });
  return written;
}

function readWritten(path: string): Written | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const value = (name: string): string => new RegExp(`^${name} *= *(\\S+)$`, "m").exec(text)?.[1] ?? "";
  const written: Written = {
    accessKeyId: value("aws_access_key_id"),
    secretAccessKey: value("aws_secret_access_key"),
    accountSecret: value("account_secret"),
  };
  if (Object.values(written).every((part) => part !== "")) return written;
  throw new UserError("root-credentials-unusable", `The root credentials in ${path} are not complete.`, {
    nextStep: "remove the file; new ones are made at the next start",
  });
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw new UserError("root-credentials-unusable", `The root credentials in ${path} cannot be read.`, {
      nextStep: "use the server's user, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      cause: error,
    });
  }
}
