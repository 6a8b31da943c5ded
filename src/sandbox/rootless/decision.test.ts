import assert from "node:assert/strict";
import { test } from "node:test";
import { usableIds } from "../linux/userns.ts";
import { decideRootless, type RootlessFacts, refusedTrial } from "./decision.ts";
import { longestRange } from "./facts.ts";

const ready: RootlessFacts = {
  user: "ann",
  uid: 1000,
  programs: new Set(["unshare", "newuidmap", "newgidmap", "systemd-run", "crun"]),
  runtimes: ["crun", "runc"],
  maxUserNamespaces: 60_000,
  cloneForbidden: false,
  subordinateUids: 65_536,
  subordinateGids: 65_536,
  idsMin: 256,
  cgroupsMissing: undefined,
  userManagerDelegates: false,
  cgroupVersion: 2,
};

function fixes(facts: Partial<RootlessFacts>): readonly string[] {
  const decision = decideRootless({ ...ready, ...facts });
  return decision.possible ? [] : decision.obstacles.map(({ fix }) => fix);
}

test("with a delegated control group the server is started in a user namespace of its own", () => {
  const decision = decideRootless(ready);
  assert.ok(decision.possible);
  assert.equal(decision.command.join(" "), "unshare --user --map-root-user --map-auto --mount --propagation=slave --");
});

test("without one, systemd's user manager is asked for it, where it has all controllers", () => {
  const decision = decideRootless({ ...ready, cgroupsMissing: "none", userManagerDelegates: true });
  assert.ok(decision.possible);
  assert.match(decision.command.join(" "), /^systemd-run --user --scope .*--property=Delegate=yes -- unshare .* --$/);
});

test("each thing that is missing is named with the command that mends it", () => {
  assert.deepEqual(fixes({ programs: new Set(["unshare", "newuidmap", "newgidmap"]) }), [
    "sudo apt-get install -y crun",
  ]);
  assert.deepEqual(fixes({ programs: new Set(["unshare", "crun"]) }), ["sudo apt-get install -y uidmap"]);
  assert.match(fixes({ maxUserNamespaces: 0 })[0] ?? "", /sysctl -w user.max_user_namespaces/);
  assert.match(fixes({ cloneForbidden: true })[0] ?? "", /sysctl -w kernel.unprivileged_userns_clone=1/);
  assert.match(fixes({ subordinateGids: 0 })[0] ?? "", /usermod --add-subuids .* ann$/);
  assert.match(fixes({ cgroupsMissing: "none" })[0] ?? "", /Delegate=memory pids cpu/);
  assert.match(fixes({ cgroupsMissing: "none", cgroupVersion: 1 })[0] ?? "", /unified_cgroup_hierarchy/);
});

test("several obstacles are told at once", () => {
  assert.equal(fixes({ programs: new Set(), subordinateUids: 10, cgroupsMissing: "none" }).length, 5);
});

test("a trial that failed is explained by AppArmor where that restricts user namespaces", () => {
  assert.match(refusedTrial("Operation not permitted", true).fix, /apparmor_restrict_unprivileged_userns=0/);
  assert.match(refusedTrial("Operation not permitted", false).reason, /Operation not permitted/);
});

test("subordinate ids count by name or number, the longest range of the user alone", () => {
  assert.equal(longestRange("ann:100000:65536\nbob:1:99999\n1000:300000:70000\n", "ann", 1000), 70_000);
  assert.equal(longestRange("", "ann", 1000), 0);
});

test("sandboxes get ids from the mapped range, without low ones and nobody's; the whole range is no namespace", () => {
  assert.equal(usableIds("         0          0 4294967295\n"), undefined);
  assert.deepEqual(usableIds("0 1001 1\n1 100000 65536\n"), { first: 1000, count: 64_534 });
  assert.deepEqual(usableIds("0 1001 1\n"), { first: 0, count: 0 });
});
