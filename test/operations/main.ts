/** `node test/operations/main.ts` says which generated pages are not current; `--write` writes them. */
import { writeFileSync } from "node:fs";
import { makePages } from "./page.ts";

const isWriting = process.argv.includes("--write");
for (const { path, current, made } of await makePages()) {
  if (current === made) continue;
  if (isWriting) writeFileSync(path, made);
  else process.exitCode = 1;
  process.stdout.write(`${path} ${isWriting ? "written" : "is not current: run with --write"}\n`);
}
