/** `lambent credentials`: the keys of an account's root user, from the data folder of a server that authenticates. */
import { resolve } from "node:path";
import { UserError } from "../../base/index.ts";
import { readRootCredentials, rootCredentialsFile } from "../../root-credentials.ts";
import type { CommandContext } from "../command.ts";
import { DEFAULT_ACCOUNT, homeFolder, rootKeyOf } from "../config.ts";

export async function run({ args, terminal, env }: CommandContext): Promise<number> {
  const accountId = args.text("account") ?? DEFAULT_ACCOUNT;
  if (!/^\d{12}$/.test(accountId)) {
    throw new UserError("bad-account", `--account got "${accountId}".`, { nextStep: "give 12 digits" });
  }
  const home = resolve(args.text("data") ?? homeFolder(env));
  const roots = readRootCredentials(home, rootKeyOf(env));
  if (roots === undefined) {
    throw new UserError("no-root-credentials", `There are no root credentials in ${rootCredentialsFile(home)}.`, {
      nextStep: "name the server's folder with --data; a server makes them with --auth=audit or --auth=enforce",
    });
  }
  const { accessKeyId, secretAccessKey } = roots.of(accountId);
  if (terminal.json) {
    terminal.data({ accountId, accessKeyId, secretAccessKey });
    return 0;
  }
  const profile = accountId === DEFAULT_ACCOUNT ? "lambent" : `lambent-${accountId}`;
  terminal.print(`[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}`);
  return 0;
}
