/** The one line that says where the server is and which isolation holds, and the same as data. */
import { relative } from "node:path";
import type { LocalServer } from "./run-server.ts";
import type { Terminal } from "./terminal.ts";

export function readyLine({ running, dataFolder }: LocalServer, style: Terminal["style"]): string {
  const { isolation, url, auth, readyMs } = running;
  const facts = [
    `Lambent is ready at ${style(["bold", "cyan"], url)}`,
    isolation.contains
      ? `isolation: ${isolation.summary}`
      : style("yellow", `isolation: ${isolation.summary} (run only code that you trust)`),
    `data: ${shortPath(dataFolder)}`,
    ...(auth === "off" ? [] : [`auth: ${auth}`]),
    `${Math.round(readyMs)} ms`,
  ];
  const gaps = isolation.gaps.map((gap) => style("yellow", `  gap: ${gap}`));
  if (gaps.length > 0) gaps.push("  lambent doctor says how to mend it");
  return [facts.join(" · "), ...gaps].join("\n");
}

export function describeServer({ running, dataFolder }: LocalServer): object {
  const { url, port, isolation, auth, readyMs } = running;
  return { url, port, isolation, auth, dataFolder, readyMs };
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}
