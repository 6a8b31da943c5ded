/**
 * Guesses runtime and handler of a folder from its files, the way people lay functions out. Looks at names and exports
 * only; never runs anything. What cannot run as it lies there (Go, TypeScript) gets the command that makes it runnable.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../../base/index.ts";
import { PROBE_WAIT_MS } from "../limits.ts";

export interface Guess {
  readonly runtime: string;
  readonly handler: string;
}

const NODE_DEFAULT = 24;
const NODE_VERSIONS: readonly number[] = [20, 22, 24, 26];
const PYTHON_DEFAULT = 13;
const PYTHON_MINORS: readonly number[] = [9, 10, 11, 12, 13, 14, 15];
const NODE_FILES = ["index", "app", "handler", "main", "lambda"].flatMap((name) => [
  `${name}.mjs`,
  `${name}.js`,
  `${name}.cjs`,
]);
const PYTHON_FILES = ["lambda_function.py", "app.py", "main.py", "handler.py", "index.py"];
const HANDLER_NAMES = ["handler", "lambda_handler", "lambdaHandler", "main"];

/** Throws a UserError when nothing in the folder looks like a function. `files` are its top-level names. */
export async function guess(folder: string, files: ReadonlySet<string>): Promise<Guess> {
  if (files.has("bootstrap")) return { runtime: "provided.al2023", handler: "bootstrap" };
  const node = await nodeFile(folder, files);
  if (node !== undefined) {
    return {
      runtime: `nodejs${await nodeVersion(folder, files)}.x`,
      handler: await handlerIn(folder, node, jsExports),
    };
  }
  const python = PYTHON_FILES.find((name) => files.has(name));
  if (python !== undefined) {
    return {
      runtime: `python3.${await pythonMinor(folder, files)}`,
      handler: await handlerIn(folder, python, pyFunctions),
    };
  }
  throw nothingToRun(folder, files);
}

async function nodeFile(folder: string, files: ReadonlySet<string>): Promise<string | undefined> {
  const main = (await manifest(folder, files))["main"];
  if (typeof main === "string" && /\.[cm]?js$/.test(main)) return main.replace(/^\.\//, "");
  return NODE_FILES.find((name) => files.has(name));
}

async function nodeVersion(folder: string, files: ReadonlySet<string>): Promise<number> {
  const engines = (await manifest(folder, files))["engines"];
  const range = typeof engines === "object" && engines !== null && "node" in engines ? String(engines.node) : "";
  const pinned = files.has(".nvmrc") ? await readFile(join(folder, ".nvmrc"), "utf8") : range;
  const major = Number(/(\d+)/.exec(pinned)?.[1]);
  if (NODE_VERSIONS.includes(major) && !/>/.test(pinned)) return major;
  return Math.max(NODE_DEFAULT, NODE_VERSIONS.find((version) => version >= major) ?? NODE_DEFAULT);
}

/** The pinned version, else this machine's own, so that no other interpreter is needed. */
async function pythonMinor(folder: string, files: ReadonlySet<string>): Promise<number> {
  const text = files.has(".python-version")
    ? await readFile(join(folder, ".python-version"), "utf8")
    : await ownPython();
  const minor = Number(/3\.(\d+)/.exec(text)?.[1]);
  return PYTHON_MINORS.includes(minor) ? minor : PYTHON_DEFAULT;
}

async function ownPython(): Promise<string> {
  try {
    return (await promisify(execFile)("python3", ["--version"], { timeout: PROBE_WAIT_MS })).stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}

async function handlerIn(folder: string, file: string, namesIn: (text: string) => readonly string[]): Promise<string> {
  const names = namesIn(await readFile(join(folder, file), "utf8"));
  const name = HANDLER_NAMES.find((candidate) => names.includes(candidate)) ?? names[0] ?? "handler";
  return `${file.replace(/\.[^./]+$/, "")}.${name}`;
}

function jsExports(text: string): readonly string[] {
  const declared = text.matchAll(/\bexport\s+(?:const|let|var|async\s+function|function)\s*\*?\s*([\w$]+)/g);
  const assigned = text.matchAll(/\bexports\.([\w$]+)\s*=/g);
  const listed = [...text.matchAll(/\bexport\s*\{([^}]*)\}/g)].flatMap(([, names = ""]) =>
    names.split(",").map(
      (name) =>
        name
          .trim()
          .split(/\s+as\s+/)
          .at(-1) ?? "",
    ),
  );
  return [...[...declared, ...assigned].map(([, name = ""]) => name), ...listed].filter((name) => name !== "");
}

function pyFunctions(text: string): readonly string[] {
  return [...text.matchAll(/^(?:async\s+)?def\s+(\w+)\s*\(\s*\w+\s*(?::[^,]*)?,/gm)].map(([, name = ""]) => name);
}

async function manifest(folder: string, files: ReadonlySet<string>): Promise<Record<string, unknown>> {
  if (!files.has("package.json")) return {};
  const text = await readFile(join(folder, "package.json"), "utf8");
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (error) {
    throw new UserError("bad-package-json", `${join(folder, "package.json")} is not JSON.`, {
      nextStep: "mend it and deploy again",
      cause: error,
    });
  }
}

function nothingToRun(folder: string, files: ReadonlySet<string>): UserError {
  const named = (pattern: RegExp): string | undefined => [...files].find((name) => pattern.test(name));
  if (files.has("go.mod") || named(/\.go$/) !== undefined) {
    const goArch = process.arch === "arm64" ? "arm64" : "amd64";
    return new UserError("not-built", `${folder} holds Go source; Lambda runs the program built from it.`, {
      nextStep: `(cd ${folder} && GOOS=linux GOARCH=${goArch} CGO_ENABLED=0 go build -tags lambda.norpc -o bootstrap .) and deploy again`,
    });
  }
  const typescript = named(/^(index|app|handler|main|lambda)\.ts$/);
  if (typescript !== undefined) {
    return new UserError("not-built", `${folder} holds TypeScript; Lambda runs the JavaScript built from it.`, {
      nextStep: `npx esbuild ${join(folder, typescript)} --bundle --platform=node --outfile=${join(folder, "dist/index.js")} and lambent deploy ${join(folder, "dist")} --name NAME`,
    });
  }
  return new UserError("no-function", `Nothing in ${folder} looks like a function.`, {
    nextStep: "name both: --runtime nodejs24.x --handler file.function",
  });
}
