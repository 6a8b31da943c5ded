/** `lambent deploy SOURCE`: a folder becomes a function: packed, created or updated, ready; or live with --watch. */
import { readFile, stat } from "node:fs/promises";
import { UserError } from "../../base/index.ts";
import { lambdaAccess } from "../clients.ts";
import { defaultRole } from "../code/default-role.ts";
import { type Deployment, deployFunction } from "../code/deployment.ts";
import { publicUrl } from "../code/function-url.ts";
import { requireReadable } from "../code/readable.ts";
import { installPackages, nameOf, type Source, settingsOf, sourceAt } from "../code/source.ts";
import { isContained, noticesOf, whileWaiting } from "../code/waiting.ts";
import { zipFolder } from "../code/zip.ts";
import type { Arguments, CommandContext } from "../command.ts";
import { clientConfig } from "../config.ts";
import { ZIP_BYTES_MAX } from "../limits.ts";
import { followLog } from "../log-events.ts";
import { fileProgress } from "../progress.ts";
import { isTemplate } from "../template/template-file.ts";
import type { Terminal } from "../terminal.ts";

export async function run(context: CommandContext): Promise<number> {
  const { args, terminal, env, signal } = context;
  if (isTemplate(args.required("source"))) {
    const { deployTemplate } = await import("../template/stack.ts");
    return deployTemplate(context);
  }
  const startedAt = performance.now();
  const sinceMs = Date.now();
  const config = clientConfig(args, env);
  const watch = args.flag("watch");
  const source = await sourceAt(args.required("source"));
  if (watch && source.kind === "zip") {
    throw new UserError("watch-zip", "--watch needs a folder.", {
      nextStep: "give the folder that the zip was made from",
    });
  }
  if (args.flag("stream") && !args.flag("url")) {
    throw new UserError("stream-without-url", "--stream is about a URL, and --url is missing.", {
      nextStep: "add --url",
    });
  }
  const settings = await settingsOf(source, { runtime: args.text("runtime"), handler: args.text("handler") });
  await installPackages(source, terminal.note);
  if (watch && (await isContained(config))) await requireReadable(source.path);
  const deployment: Deployment = {
    name: args.text("name") ?? nameOf(source),
    code: watch ? { hotReloadFolder: source.path } : { zip: await pack(source, terminal) },
    ...settings,
    role: args.text("role") ?? (await defaultRole(config)),
    memoryMb: args.number("memory"),
    timeoutSeconds: args.number("timeout"),
    variables: variablesIn(args),
    layers: args.list("layer").length > 0 ? args.list("layer") : undefined,
  };
  const access = await lambdaAccess(config);
  try {
    const { created, configuration } = await whileWaiting(config, terminal, () =>
      deployFunction(access, deployment, signal),
    );
    const notices = await noticesOf(config, settings.runtime);
    const { url, wasSigned } = args.flag("url")
      ? await publicUrl(access, deployment.name, args.flag("stream"))
      : { url: undefined, wasSigned: false };
    const tookMs = Math.round(performance.now() - startedAt);
    if (terminal.json) terminal.data({ created, configuration, url, tookMs, notices });
    else {
      const size = watch ? `live from ${source.path}` : sizeText(configuration.CodeSize ?? 0);
      const facts = [configuration.Runtime, configuration.Handler, size].join(", ");
      terminal.print(
        `${created ? "Created" : "Updated"} ${terminal.style("bold", deployment.name)} (${facts}) in ${tookMs} ms`,
      );
      for (const notice of notices) terminal.note(terminal.noteStyle("yellow", notice));
      if (wasSigned) terminal.note(terminal.noteStyle("yellow", "Its URL was for signed requests (AWS_IAM) before."));
      if (url !== undefined) terminal.print(`URL: ${terminal.style("bold", url)}`);
      terminal.note(url === undefined ? `Next: lambent invoke ${deployment.name} '{}'` : `Next: curl ${url}`);
    }
  } finally {
    access.client.destroy();
  }
  if (watch) await followLog({ config, name: deployment.name, sinceMs, filter: undefined, terminal, signal });
  return 0;
}

async function pack(source: Source, terminal: Terminal): Promise<Buffer> {
  if (source.kind === "folder") {
    using progress = fileProgress("Packing", terminal);
    return (await zipFolder(source.path, progress.update)).zip;
  }
  const { size } = await stat(source.path);
  if (size > ZIP_BYTES_MAX) {
    throw new UserError(
      "too-large",
      `${source.path} has ${sizeText(size)}; AWS allows ${sizeText(ZIP_BYTES_MAX)} inline.`,
      { nextStep: "make it smaller" },
    );
  }
  return readFile(source.path);
}

function variablesIn(args: Arguments): Readonly<Record<string, string>> | undefined {
  const pairs = args.list("env");
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new UserError("bad-variable", `--env got "${pair}".`, { nextStep: "write it as KEY=VALUE" });
    }),
  );
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
