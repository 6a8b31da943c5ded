/** Packages from npm into a folder of the cache: their files alone, by the npm that the machine has. */
import { INSTALL_OUTPUT_BYTES, INSTALL_TIMEOUT_MS } from "../limits.ts";
import { runCommand } from "./command.ts";
import type { Environment } from "./version-managers.ts";

/** No scripts, no lock file, no talk, and an answer soon where there is no network. */
const QUIET = [
  "--no-save",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--no-package-lock",
  "--loglevel=error",
  "--fetch-retries=1",
  "--fetch-retry-mintimeout=1000",
];

/** Fills `folder/node_modules`. Throws CommandError. */
export async function npmInstall(folder: string, packages: readonly string[], env: Environment): Promise<void> {
  await runCommand("npm", ["install", "--prefix", folder, ...QUIET, ...packages], {
    timeoutMs: INSTALL_TIMEOUT_MS,
    outputBytesMax: INSTALL_OUTPUT_BYTES,
    env,
    cwd: folder,
  });
}
