/**
 * `lambent demo`, what `npm start` runs: a server, the example function on its real input, result, log and timing, cold
 * and warm. On a terminal the server then stays until Ctrl-C; without one, or with --once, it ends.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { UserError } from "../../base/index.ts";
import { type LambdaAccess, lambdaAccess } from "../clients.ts";
import { defaultRole } from "../code/default-role.ts";
import { deployFunction } from "../code/deployment.ts";
import { installPackages, settingsOf, sourceAt } from "../code/source.ts";
import { noticesOf, whileWaiting } from "../code/waiting.ts";
import { zipFolder } from "../code/zip.ts";
import { Arguments, type CommandContext } from "../command.ts";
import { type ClientConfig, clientConfig, serverConfig } from "../config.ts";
import { type Invocation, invokeFunction, timingLine } from "../invocation.ts";
import { readyLine } from "../ready-line.ts";
import { runServer, untilInterrupted } from "../run-server.ts";
import type { Terminal } from "../terminal.ts";

const NAME = "sales-report";
/** Enough of the result to see what it is. */
const RESULT_LINES_SHOWN = 24;

export async function run({ args, terminal, env, signal }: CommandContext): Promise<number> {
  const stays = !args.flag("once") && terminal.interactive;
  const wanted = serverConfig(args, env);
  const config = { ...wanted, port: (await isFree(wanted.port, wanted.host)) ? wanted.port : 0 };
  await using server = await runServer(config, { temporary: !stays });
  const { url } = server.running;
  const client = clientConfig(new Arguments({ endpoint: url, region: "us-east-1" }, []), {
    ...env,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_PROFILE: undefined,
    LAMBENT_HOME: server.dataFolder,
  });
  terminal.note(readyLine(server, terminal.noteStyle));
  const access = await lambdaAccess(client);
  try {
    const ok = await showExample(access, client, terminal, signal);
    if (!ok) return 1;
  } finally {
    access.client.destroy();
  }
  if (!stays) return 0;
  terminal.note(`\nThe server stays at ${url} until Ctrl-C. In another terminal:`);
  terminal.note(`  npx lambent invoke ${NAME} --endpoint ${url}\n  npx lambent deploy FOLDER --endpoint ${url}`);
  await untilInterrupted(signal);
  return 0;
}

async function showExample(
  access: LambdaAccess,
  client: ClientConfig,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  const folder = exampleFolder();
  const csv = await readFile(join(folder, "orders.csv"), "utf8");
  const source = await sourceAt(folder);
  await installPackages(source, terminal.note);
  const settings = await settingsOf(source, { runtime: "nodejs26.x", handler: undefined });
  const startedAt = performance.now();
  const { zip, files } = await zipFolder(folder, () => undefined);
  const role = await defaultRole(client);
  const rest = { memoryMb: 512, timeoutSeconds: 30, variables: undefined, layers: undefined };
  await whileWaiting(client, terminal, () =>
    deployFunction(access, { name: NAME, code: { zip }, ...settings, role, ...rest }, signal),
  );
  for (const notice of await noticesOf(client, settings.runtime)) terminal.note(notice);
  terminal.note(`Deployed ${NAME} from ${folder} (${files} files) in ${Math.round(performance.now() - startedAt)} ms`);
  terminal.note(`Invoking it with ${csv.split("\n").length - 2} orders from orders.csv …`);

  const payload = Buffer.from(JSON.stringify({ csv }));
  const cold = await invokeFunction(access, { name: NAME, payload, qualifier: undefined }, signal);
  const warm = await invokeFunction(access, { name: NAME, payload, qualifier: undefined }, signal);
  if (terminal.json) terminal.data({ cold, warm });
  else show(cold, warm, terminal);
  return cold.functionError === undefined && warm.functionError === undefined;
}

function show(cold: Invocation, warm: Invocation, terminal: Terminal): void {
  const lines = JSON.stringify(JSON.parse(cold.payload), undefined, 2).split("\n");
  const more = lines.length > RESULT_LINES_SHOWN ? [`  … ${lines.length - RESULT_LINES_SHOWN} more lines`] : [];
  terminal.print(
    `\n${terminal.style("bold", "Result")}\n${[...lines.slice(0, RESULT_LINES_SHOWN), ...more].join("\n")}`,
  );
  terminal.print(`\n${terminal.style("bold", "Log")}\n${cold.log.trimEnd()}`);
  terminal.print(`\n${terminal.style("bold", "Timing")}\nfirst   ${timingLine(cold)}\nsecond  ${timingLine(warm)}`);
}

/** The example beside the program: in the repository and in the published package alike. */
function exampleFolder(): string {
  const folder = join(import.meta.dirname, "../../../examples", NAME);
  if (existsSync(folder)) return folder;
  throw new UserError("no-example", `The example is not at ${folder}.`, {
    nextStep: "install lambent again, or deploy a folder of your own",
  });
}

/** The demo talks to its own server, whatever the environment says about another. */
function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
