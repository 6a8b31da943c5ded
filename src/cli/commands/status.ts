/** `lambent status`: the server, the isolation that holds, execution environments and functions. */
import { lambdaAccess } from "../clients.ts";
import type { CommandContext } from "../command.ts";
import { clientConfig } from "../config.ts";
import { functionTable, listFunctions, table } from "../functions.ts";
import { fetchStatus, type ServerStatus } from "../server-status.ts";
import type { Terminal } from "../terminal.ts";

export async function run({ args, terminal, env }: CommandContext): Promise<number> {
  const config = clientConfig(args, env);
  const { raw, status } = await fetchStatus(config);
  const access = await lambdaAccess(config);
  try {
    const functions = await listFunctions(access);
    if (terminal.json) {
      terminal.data({ endpoint: config.endpoint, server: raw, functions });
      return 0;
    }
    terminal.print(serverLines(config.endpoint, status, terminal));
    if (status.environments.length > 0) terminal.print(`\n${environmentTable(status)}`);
    if (status.events.length > 0) terminal.print(`\n${eventsTable(status)}`);
    terminal.print(functions.length === 0 ? "\nNo functions yet." : `\n${functionTable(functions, terminal)}`);
    if (status.functionUrls.length > 0) terminal.print(`\n${urlTable(status)}`);
    if (status.quotas.length > 0) terminal.print(`\n${table(["QUOTA", "VALUE", "OF"], status.quotas)}`);
    if (status.withoutEffect.length > 0)
      terminal.print(`\n${table(["SETTINGS WITHOUT EFFECT", "YET"], status.withoutEffect)}`);
    return 0;
  } finally {
    access.client.destroy();
  }
}

const AUTH: Readonly<Record<string, string>> = {
  off: "off: whoever reaches the port may do everything",
  audit: "audit: everything is allowed; `lambent audit` lists what AWS would refuse",
  enforce: "enforce",
};

function serverLines(endpoint: string, status: ServerStatus, terminal: Terminal): string {
  const { isolation, dataFolder, auth, startedAt, steps, runtimeNotices } = status;
  const lines = [
    `Server     ${terminal.style("bold", endpoint)}${startedAt === undefined ? "" : `, up for ${age(startedAt)}`}`,
  ];
  if (isolation !== undefined) {
    lines.push(`Isolation  ${isolation.contains ? isolation.summary : terminal.style("yellow", isolation.summary)}`);
    for (const gap of isolation.gaps) lines.push(`           ${terminal.style("yellow", gap)}`);
  }
  if (dataFolder !== undefined) lines.push(`Data       ${dataFolder}`);
  if (auth !== undefined) lines.push(`Auth       ${AUTH[auth] ?? auth}`);
  for (const [service, url] of status.serviceEndpoints) lines.push(`Service    ${service} at ${url}`);
  for (const step of steps) lines.push(`Now        ${step} …`);
  for (const notice of Object.values(runtimeNotices).flat())
    lines.push(`Runtime    ${terminal.style("yellow", notice)}`);
  return lines.join("\n");
}

/** One row for all environments of a version that are in the same state: a burst makes a thousand. */
function environmentTable({ environments }: ServerStatus): string {
  const groups = Map.groupBy(environments, ({ functionName, version, runtime, state }) =>
    [functionName === "" ? `spare ${runtime}` : functionName, version, state].join("\t"),
  );
  const rows = [...groups].map(([group, members]) => {
    const invocations = members.reduce((sum, member) => sum + member.invocations, 0);
    const latest = Math.max(...members.map(({ since }) => since));
    return [...group.split("\t"), String(members.length), String(invocations), `${age(latest)} ago`];
  });
  return table(["FUNCTION", "VERSION", "STATE", "ENVIRONMENTS", "INVOCATIONS", "LATEST CHANGE"], rows);
}

function eventsTable({ events }: ServerStatus): string {
  const rows = events.map((row) => [row.functionName, ...[row.ready, row.inFlight, row.delayed].map(String)]);
  return table(["FUNCTION", "EVENTS DUE", "RUNNING", "LATER"], rows);
}

function urlTable({ functionUrls }: ServerStatus): string {
  const rows = functionUrls.map((row) => [
    row.alias === undefined ? row.functionName : `${row.functionName}:${row.alias}`,
    row.url,
    row.authType,
    row.invokeMode,
  ]);
  return table(["FUNCTION", "URL", "AUTH TYPE", "INVOKE MODE"], rows);
}

function age(sinceMs: number): string {
  const seconds = Math.max(0, Math.round((Date.now() - sinceMs) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
