/** What an ordinary user gets from `lambent exec`: isolated functions of every kind of runtime, the own program untouched. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withOrdinaryUser } from "../src/sandbox/testing/ordinary-user.ts";

test("an ordinary user's functions run isolated, and the command beside them as that user", () =>
  withOrdinaryUser(async ({ repository, node, run }) => {
    const exec = [`${repository}/bin/lambent.js`, "exec", "--", `${node}/bin/node`];
    const output = await run(`${node}/bin/node`, [...exec, `${repository}/test/fixtures/rootless-journey.ts`]);
    const { isolation, own, results, lost } = JSON.parse(output);
    assert.match(isolation.summary, /^crun, cgroup .*, rootless$/);
    assert.equal(isolation.contains, true);
    assert.notEqual(own.uid, 0);
    assert.deepEqual(
      isolation.gaps.filter((gap: string) => gap.includes("between their invocations")),
      [],
    );
    assert.match(lost[0], /Runtime\.ExitError/);
    assert.equal(lost[1], '"kept"');
    assert.deepEqual(Object.keys(results), ["nodejs26.x", "python3.13", "provided.al2023"]);
    for (const [runtime, result] of Object.entries<Record<string, unknown>>(results)) {
      assert.equal(result["error"], null, `${runtime}: ${JSON.stringify(result)}`);
      assert.match(String(result["payload"]), /"uid": ?"?[1-9]\d{3,}/, runtime);
    }
  }));

test("without a delegated control group the server runs plain processes and says which reason it has", () =>
  withOrdinaryUser(
    async ({ repository, node, run }) => {
      const program = `${node}/bin/node`;
      const ask = `fetch(process.env.AWS_ENDPOINT_URL + "/_lambent/status").then((r) => r.text()).then(console.log)`;
      const status = await run(program, [`${repository}/bin/lambent.js`, "exec", "--", program, "-e", ask]);
      const { isolation } = JSON.parse(status);
      assert.equal(isolation.driver, "process");
      assert.match(isolation.gaps[0], /^no control group.* is delegated/);
      const oci = run(program, [`${repository}/bin/lambent.js`, "exec", "--driver", "oci", "--", "true"]);
      await assert.rejects(oci, /isolation by oci is not available: no control group/);
    },
    { delegated: false },
  ));
