/**
 * `npm test`: every test, or the files and flags given (`npm test -- src/wire/router.test.ts --test-name-pattern=url`).
 * A Node warning, an unhandled rejection or a handle left open fails the run.
 */
import { availableParallelism } from "node:os";
import { ensure, node26, run } from "./ensure.js";

const everything = ["src/**/*.test.ts", "test/**/*.test.ts", "tools/**/*.test.ts"];
/** For a whole test file, on a busy machine too; a file that never ends (a handle left open) fails by it. */
const FILE_LIMIT_MS = 400_000;

await ensure({ tests: true });
const given = process.argv.slice(2);
const flags = given.filter((argument) => argument.startsWith("-"));
const files = given.filter((argument) => !argument.startsWith("-"));
process.exitCode = await run(node26(), [
  "--disable-warning=ExperimentalWarning",
  "--import=./scripts/fail-on-warning.js",
  "--test",
  "--test-reporter=spec",
  `--test-concurrency=${availableParallelism()}`,
  `--test-timeout=${FILE_LIMIT_MS}`,
  ...flags,
  ...(files.length > 0 ? files : everything),
]);
