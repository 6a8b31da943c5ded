/**
 * Where people keep interpreters: the folders of pyenv, uv, nvm, mise, asdf and fnm, and those on PATH. Lists files;
 * starts nothing and promises nothing about what it lists.
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode } from "../../base/index.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

interface Place {
  /** A folder whose entries are versions. */
  readonly folder: string;
  /** The program below an entry. */
  readonly program: string;
}

/** Paths of programs that may be interpreters of the language, most specific places first. May name missing files. */
export async function listInterpreters(language: "node" | "python", env: Environment): Promise<readonly string[]> {
  const places = language === "node" ? nodePlaces(env) : pythonPlaces(env);
  const managed = await Promise.all(
    places.map(async ({ folder, program }) => (await entries(folder)).map((entry) => join(folder, entry, program))),
  );
  const pattern = language === "node" ? /^node(js)?$/ : /^python3(\.\d+)?$/;
  const onPath = await Promise.all(
    searchFolders(env).map(async (folder) =>
      (await entries(folder)).filter((entry) => pattern.test(entry)).map((entry) => join(folder, entry)),
    ),
  );
  return [...new Set([...managed.flat(), ...onPath.flat()])];
}

/** Folders of PATH without the shims of version managers, which are scripts that choose by the current folder. */
function searchFolders(env: Environment): readonly string[] {
  const path = (env["PATH"] ?? "").split(":");
  const usual = ["/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"];
  return [...new Set([...path, ...usual])].filter((folder) => folder.startsWith("/") && !folder.includes("/shims"));
}

function nodePlaces(env: Environment): readonly Place[] {
  const home = env["HOME"] ?? "/";
  const data = env["XDG_DATA_HOME"] ?? join(home, ".local/share");
  return [
    { folder: join(env["NVM_DIR"] ?? join(home, ".nvm"), "versions/node"), program: "bin/node" },
    { folder: join(env["MISE_DATA_DIR"] ?? join(data, "mise"), "installs/node"), program: "bin/node" },
    { folder: join(env["ASDF_DATA_DIR"] ?? join(home, ".asdf"), "installs/nodejs"), program: "bin/node" },
    { folder: join(env["FNM_DIR"] ?? join(data, "fnm"), "node-versions"), program: "installation/bin/node" },
  ];
}

function pythonPlaces(env: Environment): readonly Place[] {
  const home = env["HOME"] ?? "/";
  const data = env["XDG_DATA_HOME"] ?? join(home, ".local/share");
  const program = "bin/python3";
  return [
    { folder: join(env["PYENV_ROOT"] ?? join(home, ".pyenv"), "versions"), program },
    { folder: env["UV_PYTHON_INSTALL_DIR"] ?? join(data, "uv/python"), program },
    { folder: join(env["MISE_DATA_DIR"] ?? join(data, "mise"), "installs/python"), program },
    { folder: join(env["ASDF_DATA_DIR"] ?? join(home, ".asdf"), "installs/python"), program },
  ];
}

async function entries(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "EACCES")) return [];
    throw error;
  }
}
