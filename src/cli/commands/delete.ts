/** `lambent delete STACK`: removes what `lambent deploy TEMPLATE` has made. */
import type { CommandContext } from "../command.ts";
import { deleteStack } from "../template/stack.ts";

export function run(context: CommandContext): Promise<number> {
  return deleteStack(context);
}
