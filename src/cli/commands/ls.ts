/** `lambent ls`: what is deployed. */
import { lambdaAccess } from "../clients.ts";
import type { CommandContext } from "../command.ts";
import { clientConfig } from "../config.ts";
import { functionTable, listFunctions } from "../functions.ts";

export async function run({ args, terminal, env }: CommandContext): Promise<number> {
  const access = await lambdaAccess(clientConfig(args, env));
  try {
    const functions = await listFunctions(access);
    if (terminal.json) terminal.data(functions);
    else if (functions.length === 0) terminal.note("No functions yet. Next: lambent deploy FOLDER");
    else terminal.print(functionTable(functions, terminal));
    return 0;
  } finally {
    access.client.destroy();
  }
}
