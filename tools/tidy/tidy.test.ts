import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSource } from "../sources.ts";
import { checkSource, checkText } from "./tidy.ts";

const HEADER = "/** What this file is for. */\n";

function rulesBroken(text: string, path = "src/wire/a.ts"): readonly string[] {
  return checkSource(parseSource(path, HEADER + text)).map(({ rule }) => rule);
}

test("code that follows the house rules passes", () => {
  assert.deepEqual(rulesBroken(`export const now = (clock: { now(): number }): number => clock.now();`), []);
});

test("types are not bent", () => {
  assert.deepEqual(rulesBroken("export const x: any = 1;"), ["no-any"]);
  assert.deepEqual(rulesBroken("export const x = 1 as unknown as string;"), ["no-double-cast"]);
  assert.deepEqual(rulesBroken("// @ts-expect-error\nexport const x: string = 1;"), ["no-ts-ignore"]);
});

test("what is left to do is not left in comments, and words in strings do not count", () => {
  assert.deepEqual(rulesBroken("// TODO later\nexport const x = 1;"), ["no-todo"]);
  assert.deepEqual(rulesBroken(`export const x = "TODO";`), []);
});

test("errors are not swallowed", () => {
  assert.deepEqual(rulesBroken("try { f(); } catch {}"), ["no-swallowed-errors"]);
  assert.deepEqual(rulesBroken("try { f(); } catch { /* fine */ }"), ["no-swallowed-errors"]);
  assert.deepEqual(rulesBroken("void f();\nvoid p.catch(() => {});"), ["no-swallowed-errors"]);
  assert.deepEqual(rulesBroken("void f();\nvoid p.catch(() => undefined);"), ["no-swallowed-errors"]);
  assert.deepEqual(rulesBroken("void f();\n// Awaited by the caller.\np.catch(() => undefined);"), []);
  assert.deepEqual(rulesBroken("void p.catch((error) => log.warn(error));"), []);
});

test("tests are not hidden", () => {
  const path = "src/wire/a.test.ts";
  assert.deepEqual(rulesBroken(`test.skip("x", () => {});`, path), ["no-skipped-tests"]);
  assert.deepEqual(rulesBroken(`test("x", { todo: true }, () => {});`, path), ["no-skipped-tests"]);
  assert.deepEqual(rulesBroken(`test("x", { timeout: 1 }, () => {});`, path), []);
});

test("time, randomness and output come in from outside", () => {
  assert.deepEqual(rulesBroken("export const x = Date.now();"), ["reserved-calls"]);
  assert.deepEqual(rulesBroken("setTimeout(f, 1);"), ["reserved-calls"]);
  assert.deepEqual(rulesBroken("export const x = Math.random();"), ["reserved-calls"]);
  assert.deepEqual(rulesBroken(`console.log("x");`), ["reserved-calls"]);
  assert.deepEqual(rulesBroken("process.exit(1);"), ["no-exit"]);
  assert.deepEqual(rulesBroken("export const x = Date.now();", "src/base/clock.ts"), []);
  assert.deepEqual(rulesBroken("export const x = Date.now();", "src/wire/a.test.ts"), []);
});

test("a promise is not returned from under what it needs", () => {
  const inside = (statement: string): string => `export async function f() { await using s = await g(); ${statement} }`;
  assert.deepEqual(rulesBroken(inside("if (s) return h(s);")), ["await-before-disposal"]);
  assert.deepEqual(rulesBroken(inside("return await h(s);")), []);
  assert.deepEqual(rulesBroken(inside("k(() => { return h(s); }); return 1;")), []);
  assert.deepEqual(rulesBroken("export function f() { return h(); }"), []);
});

test("every production file says what it is for", () => {
  const broken = checkSource(parseSource("src/wire/a.ts", "export const x = 1;\n/** late */"));
  assert.deepEqual(
    broken.map(({ rule }) => rule),
    ["module-header"],
  );
});

test("a file has at most 400 lines", () => {
  const broken = checkText("src/wire/a.ts", "x\n".repeat(401));
  assert.deepEqual(
    broken.map(({ rule }) => rule),
    ["file-length"],
  );
  assert.deepEqual(checkText("src/wire/a.ts", "x\n".repeat(400)), []);
});

test("no path of one machine is written down", () => {
  const folder = ["", "work", "main"].join("/");
  assert.equal(checkText("README.md", `see ${folder}/x`).length, 1);
  assert.equal(checkText("README.md", `see .${folder}/x and https://example.com${folder}`).length, 0);
});

test("a benchmark keeps its numbers", () => {
  assert.deepEqual(rulesBroken("console.log(1);", "bench/a.bench.ts"), ["bench-results"]);
});
