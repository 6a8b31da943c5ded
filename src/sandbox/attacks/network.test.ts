import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { forwardPort, type Sandbox, type SandboxDriver } from "../index.ts";
import { NODE, runNode, startProgram, withDriver } from "./harness.ts";

/** Says for each `host:port` whether a connection succeeds, is refused, or leads nowhere. */
const PROBE = `
  import net from "node:net";
  const probe = (target) => new Promise((resolve) => {
    const at = target.lastIndexOf(":");
    const socket = net.connect({ host: target.slice(0, at), port: Number(target.slice(at + 1)) });
    socket.setTimeout(400, () => { socket.destroy(); resolve("nowhere"); });
    socket.on("connect", () => { socket.destroy(); resolve("connected"); });
    socket.on("error", (error) => resolve(error.code));
  });
  console.log(JSON.stringify(Object.fromEntries(await Promise.all(process.env.TARGETS.split(" ").map(async (t) => [t, await probe(t)])))));`;

async function probe(driver: SandboxDriver, targets: readonly string[]): Promise<Record<string, string>> {
  const outcome = await runNode(driver, PROBE, { env: { TARGETS: targets.join(" ") } });
  assert.equal(outcome.code, 0, outcome.stderr);
  return JSON.parse(outcome.stdout);
}

/** A machine of "the internet": a network namespace behind a veth pair, with a TCP server on port 80. */
async function withInternet(use: (address: string) => Promise<void>): Promise<void> {
  const name = `lt${randomBytes(3).toString("hex")}`;
  const net = `198.18.${randomBytes(1)[0]}`;
  const ip = (...args: string[]): Buffer => execFileSync("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
  ip("netns", "add", name);
  try {
    ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("addr", "add", `${net}.1/24`, "dev", name);
    ip("link", "set", name, "up");
    ip("-n", name, "addr", "add", `${net}.2/24`, "dev", "eth0");
    ip("-n", name, "link", "set", "eth0", "up");
    const server = `require("node:net").createServer((s) => s.on("error", () => s.destroy()).end()).listen(80, () => console.log("up"))`;
    const machine = spawn("ip", ["netns", "exec", name, process.execPath, "-e", server], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(machine.stdout, "data");
      await use(`${net}.2`);
    } finally {
      const ended = machine.exitCode === null ? once(machine, "exit") : undefined;
      machine.kill("SIGKILL");
      await ended;
    }
  } finally {
    ip("netns", "del", name);
  }
}

function listening(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  return once(server, "listening").then(() => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
}

test("a sandbox reaches other machines but not the host, its loopback or metadata addresses", () =>
  withInternet((internet) =>
    withDriver(async (driver) => {
      const server = createServer((socket) => socket.on("error", () => socket.destroy()).end());
      const port = await listening(server, "0.0.0.0");
      const own = Object.values(networkInterfaces())
        .flat()
        .find((entry) => entry?.family === "IPv4" && !entry.internal)?.address;
      const hostAddresses = [
        `127.0.0.1:${port}`,
        `169.254.127.1:${port}`,
        `${internet.replace(/2$/, "1")}:${port}`,
        `${own ?? internet}:${port}`,
      ];
      const metadata = ["169.254.169.254:80", "169.254.170.2:80", "100.100.100.200:80"];
      try {
        const { [`${internet}:80`]: outside, ...others } = await probe(driver, [
          `${internet}:80`,
          ...hostAddresses,
          ...metadata,
        ]);
        assert.equal(outside, "connected");
        for (const [target, result] of Object.entries(others)) assert.notEqual(result, "connected", target);
      } finally {
        server.close();
      }
    }),
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
    const guest = await driver.create({
      id: "guest",
      args: ["/bin/sh", "-c", `read _ <&3; exec ${NODE} -e '${script}'`],
      env: {},
      cwd: "/",
      mounts: [{ source: process.execPath.replace(/\/bin\/node$/, ""), target: "/var/lang" }],
      limits: { memoryMb: 128, pids: 64, openFiles: 1024, tmpMb: 512 },
    });
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
