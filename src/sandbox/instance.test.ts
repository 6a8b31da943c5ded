import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { systemRandom } from "../base/index.ts";
import { isDeadInstance, ownInstance } from "./instance.ts";

test("the instance of a living process is not dead, and two of one process differ", () => {
  const instance = ownInstance(systemRandom);
  assert.equal(isDeadInstance(instance), false);
  assert.notEqual(instance, ownInstance(systemRandom));
});

test("an instance whose pid was given to another process is dead", () => {
  const [pid, , namespace, random] = ownInstance(systemRandom).split("_");
  assert.equal(isDeadInstance(`${pid}_1_${namespace}_${random}`), true);
});

test("an instance whose process has ended is dead", async () => {
  const child = spawn(process.execPath, ["-e", "0"]);
  const [, start, namespace, random] = ownInstance(systemRandom).split("_");
  await once(child, "exit");
  assert.equal(isDeadInstance(`${(child.pid ?? 0).toString(36)}_${start}_${namespace}_${random}`), true);
});

test("names of other pid namespaces, and names that are none of ours, are never dead", () => {
  const [pid, , , random] = ownInstance(systemRandom).split("_");
  assert.equal(isDeadInstance(`${pid}_1_zz_${random}`), false);
  for (const name of ["", "lost+found", "1_2_3", "a_b_c_XYZ", "../x_1_1_aa"])
    assert.equal(isDeadInstance(name), false, name);
});
