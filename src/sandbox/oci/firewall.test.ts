import assert from "node:assert/strict";
import { test } from "node:test";
import { firewallRules } from "./firewall.ts";

const rules = firewallRules("1_2_3_abc", "lb12345");

test("the table is replaced as a whole, so applying it twice is the same as once", () => {
  const [add, remove, define] = rules.split("\n");
  assert.deepEqual([add, remove], ["table inet lambent_1_2_3_abc {}", "delete table inet lambent_1_2_3_abc"]);
  assert.equal(define, "table inet lambent_1_2_3_abc {");
});

test("nothing a sandbox sends ends at the host, at another server's sandbox, or at a metadata address", () => {
  assert.match(rules, /chain input \{[^}]*iifname "lb12345\*" drop/);
  assert.match(rules, /iifname "lb12345\*" oifname "lb\*" drop/);
  for (const address of ["169.254.0.0/16", "127.0.0.0/8", "100.100.100.200"])
    assert.ok(rules.includes(address), address);
  assert.match(rules, /meta nfproto ipv6 drop/);
});

test("only answers come in", () => {
  const lines = rules.split("\n").map((line) => line.trim());
  const answers = lines.indexOf('oifname "lb12345*" ct state established,related accept');
  assert.equal(lines[answers + 1], 'oifname "lb12345*" drop');
});
