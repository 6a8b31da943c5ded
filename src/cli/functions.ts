/** All functions of the account, and their table. */
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import Table from "cli-table3";
import type { LambdaAccess } from "./clients.ts";
import type { Terminal } from "./terminal.ts";

export async function listFunctions({ sdk, client }: LambdaAccess): Promise<readonly FunctionConfiguration[]> {
  const all: FunctionConfiguration[] = [];
  for await (const page of sdk.paginateListFunctions({ client }, {})) all.push(...(page.Functions ?? []));
  return all.sort((a, b) => (a.FunctionName ?? "").localeCompare(b.FunctionName ?? ""));
}

export function functionTable(functions: readonly FunctionConfiguration[], terminal: Terminal): string {
  const rows = functions.map((entry) => [
    terminal.style("bold", entry.FunctionName ?? ""),
    entry.Runtime ?? entry.PackageType ?? "",
    entry.Handler ?? "",
    `${entry.MemorySize ?? 0} MB`,
    `${entry.Timeout ?? 0} s`,
    (entry.LastModified ?? "").slice(0, 16).replace("T", " "),
  ]);
  return table(["NAME", "RUNTIME", "HANDLER", "MEMORY", "TIMEOUT", "MODIFIED"], rows);
}

/** Columns without lines: easy to read, and to cut in a pipe. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const none = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"];
  const lines = ["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"];
  const chars = Object.fromEntries([...none, ...lines].map((name) => [name, name === "middle" ? "  " : ""]));
  const result = new Table({
    head: [...head],
    chars,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) result.push([...row]);
  return result.toString().replace(/ +$/gm, "");
}
