/** `lambent rm NAME`: deletes a function, after asking where a person is there to answer. */
import { createInterface } from "node:readline/promises";
import { UserError } from "../../base/index.ts";
import { lambdaAccess } from "../clients.ts";
import type { CommandContext } from "../command.ts";
import { clientConfig } from "../config.ts";

export async function run({ args, terminal, env, signal }: CommandContext): Promise<number> {
  const name = args.required("name");
  const access = await lambdaAccess(clientConfig(args, env));
  try {
    const { sdk, client } = access;
    await client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName: name }));
    if (!args.flag("yes") && !(await confirmed(name, terminal.interactive, signal))) {
      terminal.note("Nothing was deleted.");
      return 1;
    }
    await client.send(new sdk.DeleteFunctionCommand({ FunctionName: name }));
    if (terminal.json) terminal.data({ deleted: name });
    else terminal.print(`Deleted ${name}`);
    return 0;
  } finally {
    access.client.destroy();
  }
}

async function confirmed(name: string, interactive: boolean, signal: AbortSignal): Promise<boolean> {
  if (!interactive) {
    throw new UserError("not-confirmed", `Deleting ${name} needs a confirmation.`, { nextStep: "add --yes" });
  }
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test(
      (await questions.question(`Delete ${name} and all its versions? [y/N] `, { signal })).trim(),
    );
  } finally {
    questions.close();
  }
}
