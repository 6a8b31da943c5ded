/** `lambent up`: the server in the foreground. One line when it is ready, a clean end at Ctrl-C or SIGTERM. */
import type { CommandContext } from "../command.ts";
import { serverConfig } from "../config.ts";
import { describeServer, readyLine } from "../ready-line.ts";
import { runServer, untilInterrupted } from "../run-server.ts";
import { StepLine } from "../step-line.ts";
import { enterUserNamespace } from "../user-namespace.ts";

export async function run({ args, terminal, env, signal }: CommandContext): Promise<number> {
  const config = serverConfig(args, env);
  await enterUserNamespace(config);
  using line = new StepLine(terminal);
  const progress = terminal.json ? undefined : line.hear.bind(line);
  await using server = await runServer(config, { temporary: args.flag("ephemeral"), progress });
  if (terminal.json) terminal.data(describeServer(server));
  else terminal.print(readyLine(server, terminal.style));
  await untilInterrupted(signal);
  return 0;
}
