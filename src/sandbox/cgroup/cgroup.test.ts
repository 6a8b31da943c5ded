import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Cgroup } from "./cgroup.ts";
import { canFreeze, Freezer, parkFreezer } from "./freezer.ts";

const MIB = 2 ** 20;
const limits = { memoryMb: 1769, pids: 1024, openFiles: 1024, tmpMb: 512 };

/** The files of a control group as plain ones: the meaning of each is what is tested, the v1 kernel is in the attack tests. */
function withFiles(files: Readonly<Record<string, string>>, use: (folder: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "lambent-cgroup-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(root, name, ".."), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const v2 = (root: string): Cgroup => new Cgroup({ version: 2, root }, "/one");
const v1 = (root: string): Cgroup => {
  const hierarchies = ["memory", "cpu,cpuacct", "pids"].map((name) => ({
    controllers: name.split(","),
    folder: join(root, name),
  }));
  return new Cgroup({ version: 1, hybrid: false, hierarchies, unified: undefined }, "/one");
};

test("v2: limits are written to the files of the unified hierarchy, with CPU by weight and no hard cap", () =>
  withFiles({ "one/memory.max": "max", "one/memory.swap.max": "max" }, (root) => {
    v2(root).setLimits(limits);
    const read = (file: string): string => readFileSync(join(root, "one", file), "utf8");
    assert.deepEqual(["memory.max", "pids.max", "cpu.weight", "cpu.max", "memory.swap.max"].map(read), [
      String(1769 * MIB),
      "1024",
      "100",
      "max 100000",
      "0",
    ]);
    v2(root).setLimits({ ...limits, cpuQuota: 0.25 });
    assert.equal(read("cpu.max"), "25000 100000");
  }));

test("v2: kills for memory and peak memory without file cache are read", () =>
  withFiles(
    {
      "one/memory.events": "low 0\nmax 9\noom 1\noom_kill 2\noom_group_kill 1\n",
      "one/memory.stat": `anon ${30 * MIB}\nfile ${50 * MIB}\nkernel ${2 * MIB}\nshmem ${10 * MIB}\n`,
      "one/memory.peak": `${100 * MIB}\n`,
    },
    (root) => {
      assert.equal(v2(root).oomKills(), 2);
      assert.equal(v2(root).peakMemory(), 60 * MIB);
    },
  ));

test("v1: the limit with swap goes up before and down after the one without", () =>
  withFiles(
    {
      "memory/one/memory.limit_in_bytes": String(128 * MIB),
      "memory/one/memory.memsw.limit_in_bytes": String(128 * MIB),
      "cpu,cpuacct/one/cpu.shares": "1024",
      "pids/one/pids.max": "max",
    },
    (root) => {
      v1(root).setLimits({ ...limits, memoryMb: 256 });
      for (const file of ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]) {
        assert.equal(readFileSync(join(root, "memory/one", file), "utf8"), String(256 * MIB));
      }
      assert.equal(readFileSync(join(root, "cpu,cpuacct/one/cpu.shares"), "utf8"), "148");
    },
  ));

test("groups are frozen by the file of their layout, and stay as they are where an ordinary user has no freezer", () =>
  withFiles({ "one/cgroup.freeze": "0", "freezer/one/freezer.state": "THAWED" }, (root) => {
    const freezer = { controllers: ["freezer"], folder: join(root, "freezer") };
    const layouts = [
      [{ version: 2, root } as const, "one/cgroup.freeze", "1", "0"],
      [
        { version: 1, hybrid: false, hierarchies: [freezer], unified: undefined } as const,
        "freezer/one/freezer.state",
        "FROZEN",
        "THAWED",
      ],
    ] as const;
    for (const [layout, file, frozen, thawed] of layouts) {
      assert.equal(canFreeze(layout), true);
      const freezer = new Freezer(layout, "/one");
      freezer.freeze();
      assert.ok(readFileSync(join(root, file), "utf8").startsWith(frozen));
      freezer.thaw();
      assert.ok(readFileSync(join(root, file), "utf8").startsWith(thawed));
      freezer.close();
      freezer.freeze();
      assert.ok(readFileSync(join(root, file), "utf8").startsWith(thawed));
      new Freezer(layout, "/gone").freeze();
      parkFreezer(layout, "/lambent/parked");
    }
    assert.equal(readFileSync(join(root, "freezer/lambent/parked/freezer.state"), "utf8"), "FROZEN");
    const without = { version: 1, hybrid: false, hierarchies: [], unified: undefined } as const;
    assert.equal(canFreeze(without), false);
    new Freezer(without, "/one").freeze();
    assert.equal(readFileSync(join(root, "freezer/one/freezer.state"), "utf8"), "THAWED");
  }));

test("a group that is gone has killed nothing and holds nobody", () =>
  withFiles({}, (root) => {
    assert.equal(v2(root).oomKills(), 0);
    assert.deepEqual(v2(root).processes(), []);
    assert.equal(v2(root).remove(), true);
  }));
