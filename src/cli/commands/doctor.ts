/**
 * `lambent doctor`: what this machine has and lacks, and then the truth: a server is started for a moment and says which
 * isolation holds. Ends with 1 when something is missing.
 */
import type { RunningServer } from "../../server.ts";
import type { CommandContext } from "../command.ts";
import { serverConfig } from "../config.ts";
import { failureOf } from "../failure.ts";
import { type Check, checkMachine } from "../machine.ts";
import { runServer } from "../run-server.ts";
import type { Terminal } from "../terminal.ts";

export async function run({ args, terminal, env }: CommandContext): Promise<number> {
  const checks = await checkMachine(serverConfig(args, env));
  const verdict = await tryServer({ args, env });
  const all = [...checks, verdict.check];
  if (terminal.json) terminal.data({ checks: all, isolation: verdict.isolation });
  else show(all, terminal);
  return all.some((check) => check.verdict === "missing") ? 1 : 0;
}

async function tryServer({
  args,
  env,
}: Pick<CommandContext, "args" | "env">): Promise<{ check: Check; isolation: RunningServer["isolation"] | undefined }> {
  const name = "isolation";
  try {
    const config = { ...serverConfig(args, env), port: 0, host: "127.0.0.1" };
    await using server = await runServer(config, { temporary: true });
    const { isolation } = server.running;
    const detail = [isolation.summary, ...isolation.gaps].join("; ");
    if (isolation.contains) return { check: { name, verdict: "ok", detail, fix: undefined }, isolation };
    const fix = "mend what is missing above; until then run only code that you trust";
    return { check: { name, verdict: "missing", detail, fix }, isolation };
  } catch (error) {
    const failure = failureOf(error, "");
    return {
      check: {
        name,
        verdict: "missing",
        detail: `the server does not start: ${failure.message}`,
        fix: failure.nextStep,
      },
      isolation: undefined,
    };
  }
}

function show(checks: readonly Check[], terminal: Terminal): void {
  const marks = {
    ok: terminal.style("green", "ok      "),
    missing: terminal.style("red", "missing "),
    optional: terminal.style("yellow", "optional"),
  };
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, verdict, detail, fix } of checks) {
    terminal.print(`${marks[verdict]} ${name.padEnd(width)}  ${detail}`);
    if (fix !== undefined) terminal.print(`${" ".repeat(9 + width)}  fix: ${fix}`);
  }
}
