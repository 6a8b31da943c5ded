/** What all runtimes with an interpreter share when they are started late. */
import type { Interpreter, Launch } from "./runtime.ts";

/** Where AWS keeps things inside, as search paths that every process starts with. */
export const INSIDE_PATH = "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin";
export const INSIDE_LIBRARY_PATH =
  "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib";

/** Lambent's own bootstraps inside; AWS's /var/runtime belongs to the SDK. */
export const BOOTSTRAP_FOLDER = "/var/lambent";

/** The environment of a process made ahead: what the function's own variables will only repeat. */
export const AHEAD_ENV: Launch["env"] = {
  PATH: INSIDE_PATH,
  LD_LIBRARY_PATH: INSIDE_LIBRARY_PATH,
  LANG: "en_US.UTF-8",
};

/** What a runtime that AWS starts by a shell script finds in its environment besides. */
export const SHELL_VARIABLES: Readonly<Record<string, string>> = { PWD: "/var/task", SHLVL: "0" };

/**
 * `args` behind the wrapper that the function names. As AWS's start script does, a wrapper that is missing or may not
 * run is reported on standard error, with the shell's exit codes.
 */
export function wrapped(args: readonly string[], variables: Readonly<Record<string, string>>): readonly string[] {
  const wrapper = variables["AWS_LAMBDA_EXEC_WRAPPER"];
  if (wrapper === undefined || wrapper === "") return args;
  return ["/bin/sh", "-c", WRAPPER_CHECK, "sh", wrapper, ...args];
}

const WRAPPER_CHECK = [
  'if [ ! -f "$1" ]; then echo "$1: does not exist" >&2; exit 127; fi',
  'if [ ! -x "$1" ]; then echo "$1: is not an executable" >&2; exit 126; fi',
  'exec "$@"',
].join("; ");

/** True when a variable is one that the dynamic linker, the C library or the start itself reads before any code runs. */
export function countsFromTheStart(name: string): boolean {
  return (
    name === "AWS_LAMBDA_EXEC_WRAPPER" || /^(LD_|MALLOC_|GLIBC_|LC_|SSL_CERT_|OPENSSL_)/.test(name) || name === "LANG"
  );
}

/** True when `variables` contain one for which `counts` and whose value differs from what a process made ahead has. */
export function needsFresh(variables: Readonly<Record<string, string>>, counts: (name: string) => boolean): boolean {
  return Object.entries(variables).some(([name, value]) => counts(name) && value !== AHEAD_ENV[name]);
}

/** The version as numbers, for flags that only some versions know. */
export function versionOf(interpreter: Interpreter): readonly [number, number] {
  const [major = "0", minor = "0"] = interpreter.version.split(".");
  return [Number(major), Number(minor)];
}
