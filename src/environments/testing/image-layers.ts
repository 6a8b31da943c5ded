/** Layers of images for tests, made of this machine's own files: Node.js with its libraries, so that nothing is fetched. */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Puts /usr/bin/node and what it needs to run below `folder`. */
export function nodeLayer(folder: string): string {
  copyInto(folder, process.execPath, "/usr/bin/node");
  const listed = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  for (const [, path = ""] of listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)) copyInto(folder, realpathSync(path), path);
  return folder;
}

/** Writes files below `folder`: text or bytes by path; `{ link }` is a symbolic link. Programs are executable. */
export function filesLayer(
  folder: string,
  files: Readonly<Record<string, string | { readonly link: string }>>,
): string {
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    if (typeof content === "string") writeFileSync(place, content, { mode: 0o755 });
    else symlinkSync(content.link, place);
  }
  return folder;
}

function copyInto(folder: string, source: string, path: string): void {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(source, place);
  chmodSync(place, 0o755);
}
