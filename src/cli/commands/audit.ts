/** `lambent audit`: what a server would refuse if it enforced, and the policies that would allow it. */
import { UserError } from "../../base/index.ts";
import type { CommandContext } from "../command.ts";
import { clientConfig } from "../config.ts";
import { table } from "../functions.ts";
import { list, member, number, text, texts } from "../json-members.ts";
import { ownPage } from "../own-pages.ts";

export async function run({ args, terminal, env }: CommandContext): Promise<number> {
  const config = clientConfig(args, env);
  const report = await ownPage(config, "/_lambent/audit");
  const mode = text(report, "mode");
  if (mode !== "audit") {
    throw new UserError("no-audit", `The server does not audit: its authentication is ${mode ?? "unknown"}.`, {
      nextStep: "start it with `lambent up --auth=audit`",
    });
  }
  if (terminal.json) {
    terminal.data(report);
    return 0;
  }
  const findings = list(member(report, "findings"));
  if (findings.length === 0) {
    terminal.print("AWS would have refused nothing since the server started.");
    return 0;
  }
  terminal.print(table(["PRINCIPAL", "ACTION", "RESOURCE", "MISSING", "TIMES"], findings.map(rowOf)));
  for (const policy of list(member(report, "policies"))) {
    terminal.print(`\n${terminal.style("bold", headingOf(text(policy, "kind"), text(policy, "principal") ?? ""))}`);
    terminal.print(JSON.stringify(member(policy, "document"), null, 2));
  }
  return 0;
}

function rowOf(finding: unknown): readonly string[] {
  const missing = texts(member(finding, "missing"));
  const action = text(finding, "action");
  return [
    text(finding, "principal") ?? "",
    action ?? "any",
    text(finding, "resource") ?? "",
    missing.length > 0 ? missing.map((kind) => `${kind} policy`).join(", ") : (text(finding, "code") ?? ""),
    String(number(finding, "count") ?? 0),
  ];
}

function headingOf(kind: string | undefined, principal: string): string {
  if (kind === "resource") return `To put on the resources, for ${principal}:`;
  if (kind === "boundary") return `To add to the permissions boundary of ${principal}:`;
  if (kind === "session") return `To add to the session policy of ${principal}:`;
  return `For ${principal}:`;
}
