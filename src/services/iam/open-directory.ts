/** Ways to what is kept that cost nothing before they are used: nothing is loaded and nothing followed. */
import type { Records } from "../../store/index.ts";
import { LONG_TERM_KEY_PREFIX } from "../kit/index.ts";
import type { IamDirectory, IamDirectoryPorts, KeySecret } from "./directory.ts";
import type { createLastUses, LastUses } from "./last-uses.ts";

/** Resolves when everything that is stored is known. */
export async function openIamDirectory(ports: IamDirectoryPorts): Promise<IamDirectory> {
  const { createIamDirectory } = await import("./directory.ts");
  const directory = createIamDirectory(ports);
  await directory.start();
  return directory;
}

/** Whose a user's key is, where nobody is authenticated: the directory is opened by the first key that looks like one. */
export interface UserKeys extends AsyncDisposable {
  /** Undefined at once for what is no user's key; later for one that nobody has, or that is switched off. */
  find(accessKeyId: string): Promise<KeySecret | undefined> | undefined;
}

export function createUserKeys(ports: IamDirectoryPorts): UserKeys {
  let opening: Promise<IamDirectory> | undefined;
  const directory = async (): Promise<IamDirectory> => {
    opening ??= openIamDirectory(ports);
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return {
    find(accessKeyId) {
      if (!accessKeyId.startsWith(LONG_TERM_KEY_PREFIX)) return undefined;
      return directory()
        .then((opened) => opened.secretOf(accessKeyId))
        .then((key) => (key?.active ? key : undefined));
    },
    async [Symbol.asyncDispose]() {
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}

export async function openLastUses(ports: Parameters<typeof createLastUses>[0]): Promise<LastUses> {
  return (await import("./last-uses.ts")).createLastUses(ports);
}

/** The document by which a role says whom it trusts; undefined where no role has this ARN. */
export type RoleTrust = (roleArn: string) => Promise<string | undefined>;

export function createRoleTrust(records: Records): RoleTrust {
  return async (roleArn) => (await import("./role-trust.ts")).trustOf(records, roleArn);
}
