/**
 * The control groups above those of sandboxes: made once per server, passing the controllers on. On v2 a group that has
 * processes of its own may not pass any (the root of the whole hierarchy excepted), so they are moved into a leaf first.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hasErrorCode, ignoring } from "../errors.ts";
import { type CgroupLayout, layoutFolders, SERVER_LEAF } from "./layout.ts";

const PASSED_ON = "+memory +pids +cpu";
/** Processes may fork while they are moved. */
const MOVES_MAX = 16;

/** Makes `path` (for example `/lambent/INSTANCE`) such that groups below it can have limits. */
export function makeCgroupParents(layout: CgroupLayout, path: string): void {
  for (const folder of layoutFolders(layout)) mkdirSync(folder + path, { recursive: true });
  if (layout.version === 1) return;
  passControllersOn(layout.root);
  let folder = layout.root;
  for (const name of path.split("/").filter(Boolean)) {
    folder = `${folder}/${name}`;
    writeFileSync(`${folder}/cgroup.subtree_control`, PASSED_ON);
  }
}

function passControllersOn(folder: string): void {
  for (let move = 1; ; move += 1) {
    try {
      writeFileSync(`${folder}/cgroup.subtree_control`, PASSED_ON);
      return;
    } catch (error) {
      if (!hasErrorCode(error, "EBUSY") || move === MOVES_MAX) throw error;
      moveIntoLeaf(folder);
    }
  }
}

function moveIntoLeaf(folder: string): void {
  const leaf = `${folder}/${SERVER_LEAF}`;
  ignoring(["EEXIST"], () => mkdirSync(leaf));
  const pids = readFileSync(`${folder}/cgroup.procs`, "utf8").split("\n").filter(Boolean);
  for (const pid of pids) ignoring(["ESRCH"], () => writeFileSync(`${leaf}/cgroup.procs`, pid));
}
