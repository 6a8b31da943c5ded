/** `lambent logs NAME`: a function's log, once or as it grows. */
import { UserError } from "../../base/index.ts";
import type { CommandContext } from "../command.ts";
import { clientConfig } from "../config.ts";
import { followLog, type LogQuery, showLog } from "../log-events.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export async function run({ args, terminal, env, signal }: CommandContext): Promise<number> {
  const since = args.text("since") ?? "10m";
  const query: LogQuery = {
    config: clientConfig(args, env),
    name: args.required("name"),
    sinceMs: startOf(since, Date.now()),
    filter: args.text("filter"),
    terminal,
    signal,
  };
  if (args.flag("follow")) {
    await followLog(query);
    return 0;
  }
  const shown = await showLog(query);
  if (shown === 0)
    terminal.note(`Nothing since ${since}. Next: lambent invoke ${query.name}, or look further back with --since`);
  return 0;
}

/** `10m` before now, or an ISO time, as epoch milliseconds. */
export function startOf(since: string, nowMs: number): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(since) ?? [];
  if (amount !== undefined && unit !== undefined) return nowMs - Number(amount) * (UNIT_MS[unit] ?? 0);
  const time = Date.parse(since);
  if (!Number.isNaN(time)) return time;
  throw new UserError("bad-since", `--since got "${since}".`, { nextStep: "write 30s, 10m, 2h, 1d or an ISO time" });
}
