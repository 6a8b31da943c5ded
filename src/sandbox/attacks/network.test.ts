import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { forwardPort, type Sandbox } from "../index.ts";
import { NODE, probe, startProgram, withDriver } from "./harness.ts";
import { listening, metadataTargets, withHostServer, withInternet } from "./internet.ts";

test("a sandbox reaches other machines but not the host, its loopback or metadata addresses", () =>
  withInternet((internet) =>
    withHostServer(internet, (hostTargets) =>
      withDriver(async (driver) => {
        const targets = [internet.target, ...hostTargets, ...metadataTargets];
        const { [internet.target]: outside, ...others } = await probe(driver, targets);
        assert.equal(outside, "connected");
        for (const [target, result] of Object.entries(others)) assert.notEqual(result, "connected", target);
      }),
    ),
  ));

test("no sandbox reaches another, and each has its own loopback", () =>
  withDriver(async (driver) => {
    const victim = await startProgram(driver, [
      ...[NODE, "-e"],
      `require("node:net").createServer().listen(7000, "0.0.0.0", () => console.log(require("node:os").networkInterfaces().eth0[0].address))`,
    ]);
    const address = String((await once(victim.stdout, "data"))[0]).trim();
    assert.match(address, /^169\.254\./);
    const results = await probe(driver, [`${address}:7000`, "127.0.0.1:7000"]);
    assert.deepEqual(results, { [`${address}:7000`]: "nowhere", "127.0.0.1:7000": "ECONNREFUSED" });
    await victim.destroy();
  }));

test("a server offered to one sandbox answers on its localhost and nowhere else", () =>
  withDriver(async (driver) => {
    const server = createServer((socket) => socket.end("lambent"));
    const script = `require("node:net").connect(4566, "localhost").on("data", (d) => console.log(String(d))).on("error", (e) => console.log(e.code))`;
    const answerIn = async (sandbox: Sandbox): Promise<string> =>
      String((await once(sandbox.stdout, "data"))[0]).trim();
    const limits = { memoryMb: 128, pids: 64, openFiles: 1024, tmpMb: 512 };
    const guest = await driver.create({
      id: "guest",
      args: ["/bin/sh", "-c", `read _ <&3; exec ${NODE} -e '${script}'`],
      env: {},
      cwd: "/",
      mounts: [{ source: process.execPath.replace(/\/bin\/node$/, ""), target: "/var/lang" }],
      limits,
    });
    await guest.attach({ mounts: [], limits });
    assert.deepEqual(await guest.listen(server, "127.0.0.1", 4566), { host: "127.0.0.1", port: 4566 });
    guest.channel.write("go\n");
    assert.equal(await answerIn(guest), "lambent");
    const other = await startProgram(driver, [NODE, "-e", script]);
    assert.equal(await answerIn(other), "ECONNREFUSED");
    await Promise.all([guest.destroy(), other.destroy()]);
    assert.equal(server.listening, false);
  }));

test("refused connections to localhost are known by port, and a forwarded port reaches the host's service", () =>
  withDriver(async (driver) => {
    const server = createServer((socket) => socket.on("data", (data) => socket.end(`host says ${data}`)));
    const port = await listening(server, "127.0.0.1");
    const script = `
      const net = require("node:net");
      const ask = () => new Promise((resolve) => net.connect(${port}, "localhost", function () { this.end("hello"); })
        .on("data", (d) => resolve(String(d))).on("error", (e) => resolve(e.code)));
      (async () => {
        for (const other of [4, 6]) await new Promise((r) => net.connect(7, other === 4 ? "127.0.0.1" : "::1").on("error", r));
        console.log(await ask());
        process.stdin.resume();
        require("node:fs").readSync(3, Buffer.alloc(8));
        console.log(await ask());
      })();`;
    const sandbox = await startProgram(driver, [NODE, "-e", script]);
    try {
      assert.equal(String((await once(sandbox.stdout, "data"))[0]), "ECONNREFUSED\n");
      assert.deepEqual([...sandbox.takeRefusedPorts()].sort(), [7, port].sort());
      assert.deepEqual(sandbox.takeRefusedPorts(), []);
      await forwardPort(sandbox, port);
      sandbox.channel.write("again\n");
      assert.equal(String((await once(sandbox.stdout, "data"))[0]), "host says hello\n");
    } finally {
      await sandbox.destroy();
      server.close();
    }
  }));
