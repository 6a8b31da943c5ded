/** What a server costs that nobody has called: counted in files and threads, which no other load on the machine changes. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { startServer } from "./support/server.ts";

/** Of ours: 328 at the time of writing, for which a start needs a tenth of a second. */
const FILES_MAX = 340;

/** Rooms that somebody has to ask for. */
const ASKED_FOR = /\/src\/(authorization|policy|sigv4|registry|signed-code|event-pattern|proxy-event)\//;

test("a server that nobody has called has loaded no package, no HTTP client, and starts no thread but the store's", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lambent-quiet-"));
  const list = join(folder, "loaded");
  const hook = pathToFileURL(join(import.meta.dirname, "fixtures/say-loaded.mjs")).href;
  try {
    await using server = await startServer({ env: { NODE_OPTIONS: `--import=${hook}`, LAMBENT_TEST_LOADED: list } });
    assert.equal(threads(server.pid).length, 1);
    await server.stop();
    const loaded = readFileSync(list, "utf8").split("\n");
    const foreign = loaded.filter((url) => url.includes("/node_modules/") || /^node:(http|https|http2)$/.test(url));
    assert.deepEqual(foreign, []);
    const ours = loaded.filter((url) => url.startsWith("file:"));
    assert.deepEqual(
      ours.filter((url) => ASKED_FOR.test(url)),
      [],
    );
    assert.ok(ours.length > 100 && ours.length <= FILES_MAX, `${ours.length} files`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Those that run JavaScript, beside the main one. */
function threads(pid: number): readonly string[] {
  const names = readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, "utf8"));
  return names.filter((name) => name.trim() === "WorkerThread");
}
