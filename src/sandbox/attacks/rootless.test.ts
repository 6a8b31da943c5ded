/** The attacks again, against the sandboxes of a server that an ordinary user runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type OrdinaryUser, withOrdinaryUser } from "../testing/ordinary-user.ts";
import { metadataTargets, withHostServer, withInternet } from "./internet.ts";

/** What `lambent up` puts in front of a server; see rootless/decision.ts. */
const NAMESPACE = ["--user", "--map-root-user", "--map-auto", "--mount", "--propagation=slave", "--"];

function runInside(user: OrdinaryUser, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  return user.run("unshare", [...NAMESPACE, `${user.node}/bin/node`, ...args], env);
}

function attack(user: OrdinaryUser, file: string, leftOut: string): Promise<string> {
  const options = ["--test", "--test-reporter=tap", ...(leftOut === "" ? [] : [`--test-skip-pattern=${leftOut}`])];
  return runInside(user, [...options, `${user.repository}/src/sandbox/attacks/${file}`]);
}

test("escapes fail in an ordinary user's sandboxes as in root's", () =>
  withOrdinaryUser(async (user) => {
    assert.match(await attack(user, "escape.test.ts", ""), /^# fail 0$/m);
  }));

test("images' roots are contained in an ordinary user's sandboxes", () =>
  withOrdinaryUser(async (user) => {
    // Such a user can make no device files, also none to leave in an image.
    assert.match(await attack(user, "image-roots.test.ts", "device files"), /^# fail 0$/m);
  }));

test("limits of memory, processes and descriptors hold in an ordinary user's sandboxes", () =>
  withOrdinaryUser(async (user) => {
    assert.match(await attack(user, "exhaustion.test.ts", "full /tmp"), /^# fail 0$/m);
  }));

test("an ordinary user's sandboxes do not reach each other, and are offered servers on their own loopback", () =>
  withOrdinaryUser(async (user) => {
    assert.match(await attack(user, "network.test.ts", "other machines"), /^# fail 0$/m);
  }));

test("an ordinary user's sandbox reaches other machines but not the host at any address", () =>
  withInternet((internet) =>
    withHostServer(internet, (hostTargets) =>
      withOrdinaryUser(async (user) => {
        const TARGETS = [internet.target, ...hostTargets, ...metadataTargets].join(" ");
        const output = await runInside(user, [`${user.repository}/src/sandbox/fixtures/probe.ts`], { TARGETS });
        const { results, gaps } = JSON.parse(output);
        const { [internet.target]: outside, ...others } = results;
        assert.deepEqual(
          gaps.filter((gap: string) => !/^(\/tmp is kept in memory|Python functions start more slowly)/.test(gap)),
          [],
        );
        assert.equal(outside, "connected");
        for (const [target, result] of Object.entries(others)) assert.notEqual(result, "connected", target);
      }),
    ),
  ));
