/**
 * Looks at this machine for `lambent doctor`: which programs and kernel features are there, and the one command that
 * gets each that is missing. Looks only; changes nothing.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { planUserNamespace } from "../isolation.ts";
import type { LanguageSurvey, ServerConfig } from "../server.ts";
import { PROBE_WAIT_MS } from "./limits.ts";

const OCI_RUNTIMES = ["crun", "runc", "runsc", "kata-runtime"];

export interface Check {
  readonly name: string;
  /** `missing` weakens what Lambent does; `optional` only leaves something out. */
  readonly verdict: "ok" | "missing" | "optional";
  readonly detail: string;
  /** The one command or sentence that mends it. */
  readonly fix: string | undefined;
}

export async function checkMachine(config: ServerConfig): Promise<readonly Check[]> {
  const linuxOnly =
    process.platform === "linux"
      ? [checkOciRuntime(), ...(isRoot() ? [checkCgroups(), checkMkfs()] : [checkUserNetwork()]), checkIp(), checkNft()]
      : [];
  const [system, interpreters] = await Promise.all([Promise.all(linuxOnly), checkInterpreters(config)]);
  return [...(process.platform === "linux" ? checkPrivileges() : []), ...system, ...interpreters];
}

async function checkOciRuntime(): Promise<Check> {
  const found = (await Promise.all(OCI_RUNTIMES.map(versionOf))).filter((line) => line !== undefined);
  if (found.length > 0) return { name: "OCI runtime", verdict: "ok", detail: found.join(", "), fix: undefined };
  return {
    name: "OCI runtime",
    verdict: "missing",
    detail: "none found: functions are not isolated",
    fix: apt("crun"),
  };
}

async function checkCgroups(): Promise<Check> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" "));
  const unified = mounts.find(([, , type]) => type === "cgroup2")?.[1];
  const legacy = mounts.some(([, , type, options]) => type === "cgroup" && options?.split(",").includes("memory"));
  const layout = legacy
    ? unified === undefined
      ? "v1"
      : "v1 and v2 (hybrid)"
    : unified === undefined
      ? undefined
      : "v2";
  if (layout === undefined) {
    return {
      name: "cgroups",
      verdict: "missing",
      detail: "not mounted: memory, CPU and process limits do not hold",
      fix: "mount -t cgroup2 none /sys/fs/cgroup",
    };
  }
  return { name: "cgroups", verdict: "ok", detail: layout, fix: undefined };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** What an ordinary user needs is judged by the same plan that starts his server. */
function checkPrivileges(): readonly Check[] {
  const name = "privileges";
  if (isRoot()) return [{ name, verdict: "ok", detail: "root", fix: undefined }];
  const plan = planUserNamespace(OCI_RUNTIMES);
  if (plan.possible) return [{ name, verdict: "ok", detail: "ordinary user, in a user namespace", fix: undefined }];
  return plan.obstacles.map(({ reason, fix }) => ({ name, verdict: "missing", detail: reason, fix }));
}

async function checkUserNetwork(): Promise<Check> {
  const version = await versionOf("slirp4netns");
  if (version !== undefined) return { name: "slirp4netns", verdict: "ok", detail: version, fix: undefined };
  return {
    name: "slirp4netns",
    verdict: "missing",
    detail: "functions of an ordinary user cannot reach the network",
    fix: apt("slirp4netns"),
  };
}

async function checkIp(): Promise<Check> {
  if (await succeeds("ip", ["-V"])) return { name: "ip", verdict: "ok", detail: "iproute2", fix: undefined };
  return { name: "ip", verdict: "missing", detail: "no network of their own for environments", fix: apt("iproute2") };
}

async function checkNft(): Promise<Check> {
  const version = await versionOf("nft");
  if (version !== undefined) return { name: "nft", verdict: "ok", detail: version, fix: undefined };
  return { name: "nft", verdict: "missing", detail: "no firewall around environments", fix: apt("nftables") };
}

async function checkMkfs(): Promise<Check> {
  if (await succeeds("mkfs.ext4", ["-V"]))
    return { name: "mkfs.ext4", verdict: "ok", detail: "e2fsprogs", fix: undefined };
  return { name: "mkfs.ext4", verdict: "missing", detail: "no size limit of /tmp on disk", fix: apt("e2fsprogs") };
}

/** The same search as the server's: PATH, the version managers' folders, and what was fetched before. */
async function checkInterpreters(config: ServerConfig): Promise<readonly Check[]> {
  const { surveyRuntimes } = await import("../server.ts");
  const found = await surveyRuntimes(config);
  return [nodeCheck(found.node), ...pythonChecks(found.python)];
}

function nodeCheck({ versions, absent }: LanguageSurvey): Check {
  const others = absent.length === 0 ? "" : `; npm brings ${absent.join(", ")} when a function first needs it`;
  return { name: "Node.js", verdict: "ok", detail: `${versions.join(", ")}${others}`, fix: undefined };
}

function pythonChecks({ versions, absent }: LanguageSurvey): readonly Check[] {
  const name = "Python";
  if (versions.length === 0) {
    const fix = process.platform === "darwin" ? "brew install python" : apt("python3");
    return [{ name, verdict: "optional", detail: "none found: Python functions cannot run", fix }];
  }
  const found: Check = { name, verdict: "ok", detail: versions.join(", "), fix: undefined };
  if (absent.length === 0) return [found];
  const minors = absent.map((runtime) => runtime.replace("python", ""));
  const detail = `${minors.join(", ")} not here: such functions run on the nearest version`;
  const fix = `uv python install ${minors[0]} (or pyenv install ${minors[0]}), for each that you need`;
  return [found, { name, verdict: "optional", detail, fix }];
}

/** The first line that `PROGRAM --version` prints. */
async function versionOf(program: string): Promise<string | undefined> {
  const output = await outputOf(program, ["--version"]);
  return output?.split("\n", 1)[0]?.trim();
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return (await outputOf(program, args)) !== undefined;
}

/** Undefined when the program is not there or fails. */
async function outputOf(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    // Ordinary users' PATH lacks the folders of system programs.
    const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
    return (await promisify(execFile)(program, args, { timeout: PROBE_WAIT_MS, env })).stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

function apt(name: string): string {
  return `sudo apt-get install -y ${name}`;
}
