/**
 * `npm start`: brings up Lambent, deploys the example function, invokes it on real input and shows result, log and
 * timing. On a terminal the server then stays until Ctrl-C; without one, or with `-- --once`, it ends.
 */
import { ensure, node26, root, run } from "./ensure.js";

await ensure();
process.exitCode = await run(node26(), [
  "--disable-warning=ExperimentalWarning",
  `${root}/src/cli/main.ts`,
  "demo",
  ...process.argv.slice(2),
]);
