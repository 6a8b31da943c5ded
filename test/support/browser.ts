/** Headless Chromium, Debian's own: opens a page and gives it when its scripts have led where they should. */
import { execFileSync } from "node:child_process";
import { launch } from "puppeteer-core";

const PROGRAMS: readonly string[] = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
const WAIT_MS = 60_000;

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
    await page.goto(url);
    await page.waitForFunction(`document.title === ${JSON.stringify(title)}`);
    return await page.content();
  } finally {
    await browser.close();
  }
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
