/** The one line that says where the server is and which isolation holds, and the same as data. */
import { relative } from "node:path";
import type { LocalServer } from "./run-server.ts";
import type { Terminal } from "./terminal.ts";

export function readyLine({ running, dataFolder }: LocalServer, terminal: Terminal): string {
  const { isolation, url, readyMs } = running;
  const facts = [
    `Lambent is ready at ${terminal.style(["bold", "cyan"], url)}`,
    isolation.contains
      ? `isolation: ${isolation.summary}`
      : terminal.style("yellow", `isolation does not contain hostile code: ${isolation.summary}`),
    `data: ${shortPath(dataFolder)}`,
    `${Math.round(readyMs)} ms`,
  ];
  return facts.join(" · ");
}

export function describeServer({ running, dataFolder }: LocalServer): object {
  const { url, port, isolation, readyMs } = running;
  return { url, port, isolation, dataFolder, readyMs };
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}
