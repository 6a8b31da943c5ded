/**
 * Finds Python for a runtime among the interpreters of this machine; Lambent fetches none. An interpreter outside the
 * system's folders is mounted at AWS's place, and at its own path too where its shared library is found by that path.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode, UserError } from "../../base/index.ts";
import type { Mount } from "../../sandbox/index.ts";
import { PROBE_OUTPUT_BYTES, PROBE_TIMEOUT_MS } from "../limits.ts";
import type { Interpreter } from "../runtime.ts";
import { choose, type Version, type VersionScheme } from "./choice.ts";
import { CommandError, runCommand } from "./command.ts";
import type { Finding } from "./finder.ts";
import { listInterpreters } from "./version-managers.ts";

const SCHEME: VersionScheme = { line: ([, minor]) => minor, lowest: 9 };
const OTHERS_MAY_READ_AND_ENTER = 0o5;
const OTHERS_MAY_READ = 0o4;
/** One line of JSON: version, base prefix, and the name of the program in it. */
const QUESTION =
  "import json,os,sys;print(json.dumps([list(sys.version_info[:3]),sys.base_prefix,'python%d.%d'%sys.version_info[:2]]))";

export interface FoundPython {
  readonly version: Version;
  readonly prefix: string;
  readonly program: string;
}

export async function findPython(finding: Finding, minor: number, strict: boolean): Promise<Interpreter> {
  const best = choose(await findPythons(finding), minor, SCHEME);
  if (best?.version[1] === minor) return interpreter(best);
  if (strict || best === undefined) {
    throw new UserError(
      "runtime-not-available",
      `python3.${minor} needs Python 3.${minor}, which is not on this machine.`,
      {
        nextStep: `Install it: pyenv install 3.${minor}, or uv python install 3.${minor}, or mise install python@3.${minor}.`,
      },
    );
  }
  return {
    ...(await interpreter(best)),
    notice: `python3.${minor} runs on Python ${best.version.join(".")}: Python 3.${minor} is not on this machine (pyenv install 3.${minor}, or uv python install 3.${minor}).`,
  };
}

/** Every Python 3 of this machine that a function may use. */
export async function findPythons(finding: Finding): Promise<readonly FoundPython[]> {
  const found: FoundPython[] = [];
  for (const program of await listInterpreters("python", finding.env)) {
    const python = await probe(finding, program);
    if (python !== undefined && python.version[0] === 3 && (await isReadableInside(python))) found.push(python);
  }
  return found;
}

async function interpreter({ version, prefix, program }: FoundPython): Promise<Interpreter> {
  return { version: version.join("."), program, mounts: await mountsOf(prefix) };
}

/** Everything below /usr is inside already. */
async function mountsOf(prefix: string): Promise<readonly Mount[]> {
  if (prefix === "/usr" || prefix === "/usr/local") return [];
  const atLang = { source: prefix, target: "/var/lang" };
  const libraries = await readdir(join(prefix, "lib"));
  const hasSharedLibrary = libraries.some((name) => /^libpython3.*\.so/.test(name));
  return hasSharedLibrary ? [atLang, { source: prefix, target: prefix }] : [atLang];
}

async function probe({ probes, log }: Finding, program: string): Promise<FoundPython | undefined> {
  try {
    const said = await probes.get(program, () =>
      runCommand(program, ["-I", "-S", "-c", QUESTION], {
        timeoutMs: PROBE_TIMEOUT_MS,
        outputBytesMax: PROBE_OUTPUT_BYTES,
        env: {},
      }),
    );
    return said === undefined ? undefined : parseAnswer(said);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    log.debug("skipped a Python that does not run", { program, error });
    return undefined;
  }
}

function parseAnswer(said: string): FoundPython | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(said);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!Array.isArray(answer)) return undefined;
  const [version, prefix, name]: unknown[] = answer;
  if (!isVersion(version) || typeof prefix !== "string" || typeof name !== "string") return undefined;
  return { version, prefix, program: join(prefix, "bin", name) };
}

function isVersion(value: unknown): value is Version {
  return Array.isArray(value) && value.length === 3 && value.every((part) => Number.isInteger(part));
}

/** Inside, another user runs it: the folders that become visible, the program and the library must be open to all. */
async function isReadableInside({ prefix, program, version }: FoundPython): Promise<boolean> {
  const library = join(prefix, "lib", `python${version[0]}.${version[1]}`);
  return (
    (await allows(prefix, OTHERS_MAY_READ_AND_ENTER)) &&
    (await allows(program, OTHERS_MAY_READ_AND_ENTER)) &&
    (await allows(library, OTHERS_MAY_READ_AND_ENTER)) &&
    (await allows(join(library, "os.py"), OTHERS_MAY_READ))
  );
}

async function allows(path: string, bits: number): Promise<boolean> {
  try {
    return ((await stat(path)).mode & bits) === bits;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "EACCES")) return false;
    throw error;
  }
}
