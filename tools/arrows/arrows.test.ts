import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSource } from "../sources.ts";
import { checkArrows } from "./arrows.ts";

const packages = { dependencies: new Set(["yargs", "@aws-sdk/client-lambda"]) };

function rulesBroken(...files: readonly (readonly [path: string, text: string])[]): readonly string[] {
  return checkArrows(
    files.map(([path, text]) => parseSource(path, text)),
    packages,
  ).map(({ rule }) => rule);
}

test("a room may import along its arrows, through the door", () => {
  assert.deepEqual(rulesBroken(["src/lambda/a.ts", `import { x } from "../store/index.ts"; export { x };`]), []);
  assert.deepEqual(rulesBroken(["src/wire/a.ts", `import { x } from "../base/index.ts"; export { x };`]), []);
});

test("a room may not import against its arrows", () => {
  assert.deepEqual(rulesBroken(["src/store/a.ts", `import { x } from "../lambda/index.ts"; export { x };`]), [
    "arrows",
  ]);
  assert.deepEqual(rulesBroken(["src/store/a.ts", `export const x = () => import("../lambda/index.ts");`]), ["arrows"]);
  assert.deepEqual(rulesBroken(["src/store/a.ts", `export * from "../lambda/index.ts";`]), ["arrows"]);
});

test("an arrow for types does not admit code", () => {
  assert.deepEqual(
    rulesBroken(["src/lambda/a.ts", `import type { X } from "../environments/index.ts"; export const x: X = 1;`]),
    [],
  );
  assert.deepEqual(rulesBroken(["src/lambda/a.ts", `import { x } from "../environments/index.ts"; export { x };`]), [
    "arrows",
  ]);
});

test("another room's inside is reached through its door alone", () => {
  assert.deepEqual(rulesBroken(["src/lambda/a.ts", `import { x } from "../store/local/x.ts"; export { x };`]), [
    "one-door",
  ]);
});

test("a room does not use its own door, its tests may", () => {
  const text = `import type { X } from "./index.ts"; export const x: X = 1;`;
  assert.deepEqual(rulesBroken(["src/services/iam/a.ts", text]), ["own-door"]);
  assert.deepEqual(rulesBroken(["src/services/iam/a.test.ts", text]), []);
});

test("services do not import each other", () => {
  assert.deepEqual(rulesBroken(["src/services/logs/a.ts", `import { x } from "../sts/index.ts"; export { x };`]), [
    "arrows",
  ]);
  assert.deepEqual(
    rulesBroken(["src/services/logs/a.ts", `import { x } from "../../store/index.ts"; export { x };`]),
    [],
  );
});

test("only the command line knows the composition root", () => {
  assert.deepEqual(rulesBroken(["src/cli/a.ts", `export const x = () => import("../server.ts");`]), []);
  assert.deepEqual(rulesBroken(["src/lambda/a.ts", `import type { X } from "../server.ts"; export const x: X = 1;`]), [
    "arrows",
  ]);
});

test("a new folder under src needs its arrows", () => {
  assert.deepEqual(rulesBroken(["src/attic/a.ts", `import { x } from "../store/index.ts"; export { x };`]), ["arrows"]);
});

test("tests may import other rooms, through the door", () => {
  assert.deepEqual(rulesBroken(["src/store/a.test.ts", `import { x } from "../lambda/index.ts"; x();`]), []);
  assert.deepEqual(rulesBroken(["src/store/a.test.ts", `import { x } from "../lambda/y.ts"; x();`]), ["one-door"]);
});

test("production code imports declared packages alone", () => {
  assert.deepEqual(rulesBroken(["src/cli/a.ts", `import yargs from "yargs"; export { yargs };`]), []);
  assert.deepEqual(rulesBroken(["src/cli/a.ts", `import x from "left-pad/x"; export { x };`]), ["declared-packages"]);
  assert.deepEqual(rulesBroken(["src/cli/a.test.ts", `import x from "left-pad"; x();`]), []);
});

test("a cycle of running imports is found once, one of types is not", () => {
  const a = ["src/wire/a.ts", `import { b } from "./b.ts"; export const a = b;`] as const;
  assert.deepEqual(rulesBroken(a, ["src/wire/b.ts", `import { a } from "./a.ts"; export const b = a;`]), ["no-cycles"]);
  assert.deepEqual(rulesBroken(a, ["src/wire/b.ts", `import type { a } from "./a.ts"; export const b: a = 1;`]), []);
});
