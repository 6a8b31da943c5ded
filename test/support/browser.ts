/** Headless Chromium, Debian's own: opens a page, lets its scripts run, and gives what came of it. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const PROGRAMS: readonly string[] = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
/** Simulated time that a page gets for its scripts and loads; it passes as fast as they take. */
const PAGE_MS = 10_000;
const WAIT_MS = 120_000;

/** The document's HTML after its scripts have run and have led wherever they lead. */
export async function pageAt(url: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), "lambent-browser-"));
  try {
    return await run([...flags(profile), "--dump-dom", url]);
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function flags(profile: string): string[] {
  return [
    ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
    ...["--disable-background-networking", "--disable-component-update", "--disable-extensions", "--no-proxy-server"],
    ...[`--user-data-dir=${profile}`, `--virtual-time-budget=${PAGE_MS}`],
  ];
}

async function run(args: readonly string[]): Promise<string> {
  for (const program of PROGRAMS) {
    try {
      const { stdout } = await promisify(execFile)(program, args, { timeout: WAIT_MS, maxBuffer: 16 * 1024 * 1024 });
      return stdout;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  throw new Error("there is no Chromium: apt-get install chromium-headless-shell");
}
