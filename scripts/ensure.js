/**
 * Makes a checkout ready to run: npm packages exactly as package-lock.json has them, and the few system programs that
 * isolation needs. Plain JavaScript for Node 20 and later, because it runs before anything is installed. It never fails
 * for a missing system package: it prints the exact command, and Lambent says at start which isolation holds.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const NODE_MAJOR_MIN = 20;

/** System packages (Debian's names), and how to see that each is there. */
const systemPackages = [
  {
    name: "crun",
    why: "isolation of functions",
    present: () => runs("crun", "--version") || runs("runc", "--version"),
  },
  { name: "iproute2", why: "a network of its own for each environment", present: () => runs("ip", "-V") },
  { name: "nftables", why: "the firewall around each environment", present: () => runs("nft", "--version") },
  { name: "e2fsprogs", why: "size limits of /tmp", present: () => runs("mkfs.ext4", "-V") },
  {
    name: "uidmap",
    why: "isolation for servers of ordinary users",
    present: () => runs("sh", "-c", "command -v newuidmap"),
  },
  {
    name: "slirp4netns",
    why: "the network of functions of ordinary users",
    present: () => runs("slirp4netns", "--version"),
  },
  { name: "python3", why: "Python functions", present: () => runs("python3", "--version") },
  {
    name: "python3-venv",
    why: "tests with boto3 and the AWS CLI",
    present: () => runs("python3", "-c", "import venv, ensurepip"),
  },
];

/** What only the tests use. */
const testPackages = [
  { name: "skopeo", why: "tests that push container images", present: () => runs("skopeo", "--version") },
  {
    name: "chromium-headless-shell",
    why: "tests that open pages of functions in a browser",
    present: () =>
      ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"].some((name) =>
        runs(name, "--version"),
      ),
  },
];

/**
 * Installs what is missing, with progress on standard error. `system: false` leaves system packages alone; `tests: true`
 * adds what only the tests use.
 * @param {{ system?: boolean, tests?: boolean }} [options]
 */
export async function ensure(options = {}) {
  if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR_MIN) {
    say(
      `Node.js ${NODE_MAJOR_MIN} or newer is needed; this is ${process.version}. Install it from https://nodejs.org.`,
    );
    process.exit(1);
  }
  await ensureNpmPackages();
  if (options.system !== false) ensureSystemPackages([...systemPackages, ...(options.tests ? testPackages : [])]);
}

/** The path of Node 26: this process when it is new enough, else the binary of the locked npm package. */
export function node26() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 26 || (major === 26 && minor >= 10)) return process.execPath;
  const found = packagedNode();
  if (found === undefined) {
    throw new Error(
      `There is no packaged Node 26 for ${process.platform} on ${process.arch}. Install Node 26.10 or later and run this again with it.`,
    );
  }
  return found;
}

/**
 * Runs a command in the repository with this terminal and resolves with its exit code.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<number>}
 */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
    const pass = (signal) => child.kill(signal);
    process.on("SIGINT", pass).on("SIGTERM", pass);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("SIGINT", pass).off("SIGTERM", pass);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

/**
 * The JavaScript file behind a package's command, to be run by `node26()`.
 * @param {string} file path inside node_modules
 */
export function tool(file) {
  return join(root, "node_modules", file);
}

async function ensureNpmPackages() {
  const reason = staleReason();
  if (reason === undefined) return;
  say(`Installing npm packages from package-lock.json: ${reason}. This takes about a minute the first time.`);
  const started = Date.now();
  const beat = setInterval(() => say(`  … ${Math.round((Date.now() - started) / 1000)} s`), 10_000);
  const code = await run("npm", ["ci", "--no-audit", "--no-fund"]);
  clearInterval(beat);
  if (code !== 0) {
    say(`npm ci failed with exit code ${code}. Check the network and the registry that npm uses, then run this again.`);
    process.exit(code);
  }
  say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/** Why node_modules does not match the lock file, or undefined when it does. npm leaves a record of what it installed. */
function staleReason() {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return "nothing is installed yet";
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(record, "utf8")).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "" || entry.link) continue;
    const have = installed[path];
    if (have === undefined ? !entry.optional && !entry.peer : have.version !== entry.version) {
      return `${path.replace(/^.*node_modules\//, "")} ${entry.version} is ${have === undefined ? "missing" : `installed as ${have.version}`}`;
    }
  }
  return undefined;
}

function packagedNode() {
  const require = createRequire(join(root, "package.json"));
  for (const name of [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`]) {
    try {
      return join(dirname(require.resolve(`${name}/package.json`)), "bin", "node");
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}

function ensureSystemPackages(wanted) {
  if (process.platform !== "linux") return;
  const missing = wanted.filter((entry) => !entry.present());
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.name);
  for (const entry of missing) say(`Missing: ${entry.name} (${entry.why}).`);
  if (process.getuid?.() !== 0 || !runs("apt-get", "--version")) {
    say(`Install with:  sudo apt-get update && sudo apt-get install -y ${names.join(" ")}`);
    say("Going on without: Lambent takes the best isolation that this machine allows and says which.");
    return;
  }
  const install = ["install", "-y", "--no-install-recommends", ...names];
  if (apt(install) || (apt(["update"]) && apt(install))) return;
  say(`apt-get could not install ${names.join(", ")}. Going on without.`);
}

function apt(args) {
  say(`apt-get ${args.join(" ")}`);
  const result = spawnSync("apt-get", ["-q", ...args], {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return result.status === 0;
}

function runs(command, ...args) {
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
  return spawnSync(command, args, { stdio: "ignore", env: { ...process.env, PATH: path } }).status === 0;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
