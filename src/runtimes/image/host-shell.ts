/**
 * This machine's shell with the files that it needs to run inside another root: its loader and libraries, as the system's own
 * `ldd` names them. Knows no images.
 */
import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../base/index.ts";
import { LDD_TIMEOUT_MS } from "../limits.ts";

export interface HostShell {
  readonly program: string;
  /** Undefined for a shell that is linked statically. */
  readonly loader: string | undefined;
  readonly libraries: readonly { readonly name: string; readonly path: string }[];
}

const run = promisify(execFile);

/** Throws a UserError when the shell's libraries cannot be found. */
export async function hostShell(path = "/bin/sh"): Promise<HostShell> {
  const program = await realpath(path);
  const listed = await run("ldd", [program], { timeout: LDD_TIMEOUT_MS, env: { LC_ALL: "C", PATH: "/usr/bin:/bin" } })
    .then(({ stdout }) => stdout)
    .catch((error: unknown) => {
      // How ldd says that there is nothing to list.
      if (/not a (valid )?dynamic/i.test(String(error))) return "";
      throw new UserError("image-shell-missing", `The libraries of ${program} cannot be found: ${String(error)}`, {
        nextStep: "install ldd (it comes with the C library), which container images need to be started",
      });
    });
  return readLdd(program, listed);
}

/** `libc.so.6 => /lib/libc.so.6 (0x…)` is a library, a path alone is the loader. */
export function readLdd(program: string, listed: string): HostShell {
  const libraries = [...listed.matchAll(/^\s*(\S+) => (\/\S+) \(0x/gm)].map(([, name = "", path = ""]) => ({
    name,
    path,
  }));
  const loader = /^\s*(\/\S+)(?: => \S+)? \(0x/m.exec(listed)?.[1];
  return { program, loader, libraries: libraries.filter(({ name }) => basename(name) === name) };
}
