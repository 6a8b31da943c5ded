/** Headless Chromium, Debian's own: opens a page and gives it when its scripts have led where they should. */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, type Page } from "puppeteer-core";

const PROGRAMS: readonly string[] = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** Sandboxes come and go with networks of their own; Chromium gives up what it loads just then, as if it had moved. */
const NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED";

/** The document's HTML once its title is `title`, wherever scripts have gone by then. */
export async function pageAt(url: string, title: string): Promise<string> {
  const browser = await launch({
    executablePath: program(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"],
    timeout: WAIT_MS,
    protocolTimeout: WAIT_MS,
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const trouble = troubleOf(page);
    await page.goto(url);
    for (let waitedMs = 0; (await titleOf(page)) !== title; waitedMs += LOOK_EVERY_MS) {
      if (trouble.some((line) => line.includes(NETWORK_CHANGED))) {
        trouble.length = 0;
        await page.goto(url);
      }
      if (waitedMs > WAIT_MS) throw new Error(`${page.url()} does not come to "${title}": ${trouble.join("; ")}`);
      await sleep(LOOK_EVERY_MS);
    }
    return await page.content();
  } finally {
    await browser.close();
  }
}

/** Asked from outside: a page that is not drawn, as on a busy machine without a screen, has no frames to ask in. */
async function titleOf(page: Page): Promise<string | undefined> {
  try {
    return await page.title();
  } catch (error) {
    // Between two pages there is none to ask.
    if (error instanceof Error && /context|navigat|detached/i.test(error.message)) return undefined;
    throw error;
  }
}

/** What went wrong in the page, for whoever finds that it did not come where it should. */
function troubleOf(page: Page): string[] {
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("requestfailed", (request) => trouble.push(`${request.url()} failed: ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) trouble.push(`${response.url()} answered ${response.status()}`);
  });
  return trouble;
}

function program(): string {
  for (const name of PROGRAMS) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch (error) {
      if (!(error instanceof Error && "status" in error)) throw error;
    }
  }
  throw new Error("there is no Chromium: apt-get install chromium-headless-shell");
}
