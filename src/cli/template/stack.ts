/**
 * `lambent deploy TEMPLATE` from the first to the last line: read, plan, show, ask, apply, outputs. Everything through the public API;
 * a CloudFormation service would take the place of this folder, and nothing else would change.
 */
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { UserError } from "../../base/index.ts";
import { iamAccess, lambdaAccess, logsAccess } from "../clients.ts";
import { requireReadable } from "../code/readable.ts";
import { isContained, whileWaiting } from "../code/waiting.ts";
import type { CommandContext } from "../command.ts";
import { accountOf, type ClientConfig, clientConfig } from "../config.ts";
import { table } from "../functions.ts";
import { followLog } from "../log-events.ts";
import { apply } from "./apply.ts";
import { parseTemplate } from "./document.ts";
import { waitsFor } from "./intrinsics.ts";
import { Journal } from "./journal.ts";
import type { Tools } from "./kinds/kind.ts";
import { kinds } from "./kinds/kinds.ts";
import { managedPolicies } from "./managed-policies.ts";
import { type Model, modelOf } from "./model.ts";
import { Packages } from "./packages.ts";
import { readParameters } from "./parameters.ts";
import { type Planning, planOf, removals, type Step } from "./plan.ts";
import { previewData, previewRows, summaryOf } from "./preview.ts";
import { badParameter } from "./problems.ts";
import { References } from "./references.ts";

export async function deployTemplate(context: CommandContext): Promise<number> {
  const { args, terminal, env, signal } = context;
  const file = args.required("source");
  const sinceMs = Date.now();
  const config = clientConfig(args, env);
  const template = await parseTemplate(await readFile(file, "utf8"), file);
  const stack = stackName(args.text("stack") ?? basename(dirname(resolve(file))));
  const place = { region: config.region, account: accountOf(config), stack };
  const parameters = readParameters(template.parameters, args.list("parameter"));
  const notices = new Set<string>();
  const notice = (text: string): void => void notices.add(text);
  const packages = new Packages({
    templateFolder: dirname(resolve(file)),
    live: args.flag("watch"),
    note: (text) => terminal.note(text),
  });
  await using tools = await toolsFor(config, packages, signal);
  const model = modelOf(template, {
    parameters,
    place,
    isDeployed: (type) => kinds.has(type),
    managedPolicy: await managedPolicies(tools.iam, template),
    notice,
  });
  for (const { id, type } of model.absent.values()) notice(`${id} (${type}) is not deployed yet`);
  const journal = await Journal.open(tools.logs, stack);
  const references = new References(model, place, notice);
  const planning: Planning = { model, place, packages, references, journal, tools, notice };
  const steps = await planOf(planning);
  if (await isContained(config)) for (const folder of packages.liveFolders) await requireReadable(folder);
  const applied = await settle(context, { planning, steps, secrets: parameters.secrets, notices, config, stack });
  if (applied !== undefined) return applied;
  showOutputs(context, planning, { steps, secrets: parameters.secrets, notices });
  if (args.flag("watch")) await followFunctions(context, planning, config, sinceMs);
  return 0;
}

/** The logs of all functions, until Ctrl-C; their folders are live meanwhile. */
async function followFunctions(
  { terminal, signal }: CommandContext,
  { model, references }: Planning,
  config: ClientConfig,
  sinceMs: number,
): Promise<void> {
  const names = model.resources
    .filter(({ type }) => type === "AWS::Lambda::Function")
    .flatMap(({ id }) => references.known.get(id)?.Ref ?? []);
  await Promise.all(names.map((name) => followLog({ config, name, sinceMs, filter: undefined, terminal, signal })));
}

/** Removes all that a stack has made. */
export async function deleteStack(context: CommandContext): Promise<number> {
  const { args, terminal, env, signal } = context;
  const config = clientConfig(args, env);
  const stack = args.required("stack");
  const packages = new Packages({ templateFolder: ".", live: false, note: () => undefined });
  await using tools = await toolsFor(config, packages, signal);
  const journal = await Journal.open(tools.logs, stack);
  if (!journal.exists) {
    const known = await Journal.stacks(tools.logs);
    throw new UserError("no-stack", `There is no stack ${stack}.`, {
      nextStep: known.length === 0 ? "lambent deploy template.yaml makes one" : `there are ${known.join(", ")}`,
    });
  }
  const model: Model = { resources: [], absent: new Map(), names: new Map(), outputs: [] };
  const place = { region: config.region, account: accountOf(config), stack };
  const references = new References(model, place, () => undefined);
  const planning: Planning = { model, place, packages, references, journal, tools, notice: () => undefined };
  const steps = removals(journal.entries);
  const ended = await settle(context, { planning, steps, secrets: [], notices: new Set(), config, stack });
  if (ended !== undefined) return ended;
  await journal.end();
  if (terminal.json) terminal.data({ stack, steps: previewData(steps, []) });
  else terminal.print(`Deleted ${stack}`);
  return 0;
}

interface Settling {
  readonly planning: Planning;
  readonly steps: readonly Step[];
  readonly secrets: readonly string[];
  readonly notices: ReadonlySet<string>;
  readonly config: ClientConfig;
  readonly stack: string;
}

/** Shows, asks and applies. Resolves with an exit code where that is all. */
async function settle(context: CommandContext, settling: Settling): Promise<number | undefined> {
  const { args, terminal } = context;
  const { steps, notices, stack, secrets, config, planning } = settling;
  if (args.flag("strict") && notices.size > 0) {
    throw new UserError(
      "strict-template",
      `--strict, and not all of the template is deployed: ${[...notices].join("; ")}.`,
      {
        nextStep: "take it out of the template, or leave out --strict",
      },
    );
  }
  for (const text of notices) terminal.note(`${terminal.noteStyle("yellow", "Note")} ${text}.`);
  const rows = previewRows(steps, secrets);
  if (rows.length > 0) {
    const text = table(["", "RESOURCE", "TYPE", "WHAT"], rows);
    if (terminal.json || !args.flag("dry-run")) terminal.note(text);
    else terminal.print(text);
  }
  if (args.flag("dry-run")) {
    if (terminal.json) terminal.data({ stack, steps: previewData(steps, secrets), notices: [...notices] });
    else terminal.print(`${stack}: ${summaryOf(steps)}`);
    return 0;
  }
  if (rows.length === 0) return undefined;
  if (!args.flag("yes") && !(await isWanted(context, settling))) {
    terminal.note("Nothing was changed.");
    return 1;
  }
  await whileWaiting(config, terminal, () =>
    apply(steps, planning, {
      begun: () => undefined,
      done: (step, tookMs) => {
        const id = "resource" in step ? step.resource.id : step.entry.id;
        terminal.note(`${PAST[step.action]} ${id} in ${Math.round(tookMs)} ms`);
      },
    }),
  );
  return undefined;
}

const PAST: Readonly<Record<Step["action"], string>> = {
  add: "Added",
  change: "Changed",
  replace: "Replaced",
  remove: "Removed",
  forget: "Left",
  keep: "Kept",
};

/** Versions of SAM's layers and functions stay when others take their place. */
function isDestructive(step: Step): boolean {
  return step.action === "remove" || (step.action === "replace" && !step.resource.retain);
}

/** A person is asked. Without one, what only adds and changes goes on as deploying a folder does; what removes needs --yes. */
async function isWanted({ terminal, signal }: CommandContext, { steps, stack }: Settling): Promise<boolean> {
  if (!terminal.interactive) {
    if (!steps.some(isDestructive)) return true;
    throw new UserError("stack-not-confirmed", `${stack}: ${summaryOf(steps)}, which needs a confirmation.`, {
      nextStep: "look at it with --dry-run, then add --yes",
    });
  }
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await questions.question(`${stack}: ${summaryOf(steps)}. Go on? [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    questions.close();
  }
}

function showOutputs(
  { terminal }: CommandContext,
  planning: Planning,
  { steps, secrets, notices }: Pick<Settling, "steps" | "secrets" | "notices">,
): void {
  const { model, references, place } = planning;
  const outputs = model.outputs.flatMap(({ name, value }) => {
    const resolved = references.value(value, `Outputs.${name}`);
    if (resolved === undefined || waitsFor(resolved).length > 0) return [];
    return [[name, typeof resolved === "string" ? resolved : JSON.stringify(resolved)] as const];
  });
  if (terminal.json) {
    const data = { stack: place.stack, steps: previewData(steps, secrets), outputs: Object.fromEntries(outputs) };
    terminal.data({ ...data, notices: [...notices] });
    return;
  }
  terminal.print(`${place.stack}: ${summaryOf(steps, "done")}`);
  if (outputs.length > 0) terminal.print(table(["OUTPUT", "VALUE"], outputs));
}

function stackName(given: string): string {
  const name = given.replace(/[^A-Za-z0-9-]+/g, "-").replace(/^[^A-Za-z]+|-+$/g, "");
  if (name !== "" && name.length <= 128) return name;
  throw badParameter(`"${given}" cannot be the name of a stack.`, "give one with --stack: letters, digits and -");
}

async function toolsFor(
  config: ClientConfig,
  packages: Packages,
  signal: AbortSignal,
): Promise<Tools & AsyncDisposable> {
  const [lambda, iam, logs] = await Promise.all([lambdaAccess(config), iamAccess(config), logsAccess(config)]);
  return {
    lambda,
    iam,
    logs,
    codes: packages.codes,
    signal,
    [Symbol.asyncDispose]: async () => {
      for (const { client } of [lambda, iam, logs]) client.destroy();
    },
  };
}
