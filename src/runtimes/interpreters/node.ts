/**
 * Finds Node.js for a runtime: the server's own when it fits, the cache, one that the person has, npm, and at last the
 * nearest other version. The binary alone is mounted, at AWS's place.
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../base/index.ts";
import { PROBE_OUTPUT_BYTES, PROBE_TIMEOUT_MS } from "../limits.ts";
import type { Interpreter } from "../runtime.ts";
import { createFolderAtomically, folderExists } from "./atomic-folder.ts";
import { choose, parseVersion, type Version, type VersionScheme } from "./choice.ts";
import { CommandError, runCommand } from "./command.ts";
import type { Finding } from "./finder.ts";
import { type NodePackage, nodePackage } from "./node-packages.ts";
import { npmInstall } from "./npm-install.ts";
import { withProgress } from "./progress.ts";
import { listInterpreters } from "./version-managers.ts";

const SCHEME: VersionScheme = { line: ([major]) => major, lowest: 16 };
const OTHERS_MAY_READ_AND_RUN = 0o5;

export interface FoundNode {
  readonly program: string;
  readonly version: Version;
}

export async function findNode(finding: Finding, major: number, strict: boolean): Promise<Interpreter> {
  const host = await probe(finding, finding.hostNode);
  if (host?.version[0] === major) return interpreter(host);
  const wanted = nodePackage(`${process.platform}-${process.arch}`, major);
  const cached = wanted === undefined ? undefined : await probe(finding, cachedProgram(finding, wanted.version));
  if (cached !== undefined) return interpreter(cached);
  const local = await findInstalled(finding);
  const best = choose(local, major, SCHEME);
  if (best !== undefined && best.version[0] === major) return interpreter(best);

  const failure = wanted === undefined ? "no npm package holds it for this platform" : await fetchNode(finding, wanted);
  if (failure === undefined && wanted !== undefined) {
    const fetched = await probe(finding, cachedProgram(finding, wanted.version));
    if (fetched !== undefined) return interpreter(fetched);
  }
  const standIn = choose(host === undefined ? local : [host, ...local], major, SCHEME);
  const reason = failure ?? "what npm brought does not run here";
  if (strict || standIn === undefined) {
    throw new UserError("runtime-not-available", `nodejs${major}.x needs Node.js ${major}: ${reason}.`, {
      nextStep: `Go online and try again, or install Node.js ${major} (nvm install ${major}, or mise use node@${major}).`,
    });
  }
  const version = standIn.version.join(".");
  return {
    ...interpreter(standIn),
    notice: `nodejs${major}.x runs on Node.js ${version}: Node.js ${major} is not on this machine, and ${reason}.`,
  };
}

function interpreter({ program, version }: FoundNode): Interpreter {
  return { version: version.join("."), program, mounts: [{ source: program, target: "/var/lang/bin/node" }] };
}

function cachedProgram({ cacheFolder }: Finding, version: string): string {
  return join(cacheFolder, "node", version, "bin/node");
}

/** Every Node.js that needs no download: the server's own, those fetched before, and the person's. */
export async function findLocalNodes(finding: Finding, majors: readonly number[]): Promise<readonly FoundNode[]> {
  const packaged = majors.map((major) => nodePackage(`${process.platform}-${process.arch}`, major));
  const cached = packaged.flatMap((found) => (found === undefined ? [] : [cachedProgram(finding, found.version)]));
  const known = await Promise.all([finding.hostNode, ...cached].map((program) => probe(finding, program)));
  return [...known.filter((node) => node !== undefined), ...(await findInstalled(finding))];
}

async function findInstalled(finding: Finding): Promise<readonly FoundNode[]> {
  const found: FoundNode[] = [];
  for (const program of await listInterpreters("node", finding.env)) {
    const node = await probe(finding, program);
    if (node !== undefined) found.push(node);
  }
  return found;
}

/** Asks a binary for its version. Undefined when it is missing, broken, or not readable for the sandbox's user. */
async function probe({ probes, env, log }: Finding, program: string): Promise<FoundNode | undefined> {
  try {
    const said = await probes.get(program, async () => {
      const { mode } = await stat(program);
      if ((mode & OTHERS_MAY_READ_AND_RUN) !== OTHERS_MAY_READ_AND_RUN) return "";
      return runCommand(program, ["--version"], {
        timeoutMs: PROBE_TIMEOUT_MS,
        outputBytesMax: PROBE_OUTPUT_BYTES,
        env: { PATH: env["PATH"] },
      });
    });
    const version = said === undefined ? undefined : parseVersion(said);
    return version === undefined ? undefined : { program, version };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    log.debug("skipped a Node.js that does not run", { program, error });
    return undefined;
  }
}

/** Installs the package into the cache. Undefined on success, else why not. */
async function fetchNode(finding: Finding, { name, version }: NodePackage): Promise<string | undefined> {
  const target = join(finding.cacheFolder, "node", version);
  if (await folderExists(target)) return undefined;
  try {
    await withProgress(finding.progress, `Fetching Node.js ${version}`, () =>
      createFolderAtomically(target, async (scratch) => {
        await npmInstall(scratch, [`${name}@${version}`], finding.env);
        const filled = join(scratch, "node_modules", name);
        // Headers and manuals are two thirds of the package, and no function reads them.
        for (const folder of ["include", "share"]) await rm(join(filled, folder), { recursive: true, force: true });
        return filled;
      }),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    finding.log.debug("npm could not bring Node.js", { error, said: error.said });
    return "npm could not bring it (offline?)";
  }
}
