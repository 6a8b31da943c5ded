/** The last gate before a server that does not contain hostile code could be reached by others. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startServer } from "../src/server.ts";

test("a server without isolation does not listen beyond loopback, even when asked for by name", async () => {
  for (const host of ["0.0.0.0", "127.example.invalid"]) {
    const dataFolder = await mkdtemp(join(tmpdir(), "lambent-uncontained-"));
    try {
      const starting = startServer({
        port: 0,
        host,
        dataFolder,
        driver: "process",
        strictRuntimes: false,
        spares: true,
        exposePorts: [],
        allowUnauthenticated: true,
        auth: "off",
        rootKey: undefined,
        logLevel: "error",
        fileSystems: new Map(),
        imageFolders: [],
        imageRegistries: [],
        serviceEndpoints: {},
        accountConcurrency: 1000,
        quotas: {},
        functionUrlBase: undefined,
      });
      await assert.rejects(starting, { name: "UserError", code: "uncontained-beyond-loopback" }, host);
      assert.deepEqual(await readdir(dataFolder), []);
    } finally {
      await rm(dataFolder, { recursive: true, force: true });
    }
  }
});
