/** Helper programs of the host (nft, an OCI runtime): finding them, and running one to its end with bounded output and time. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { HELPER_OUTPUT_MAX_BYTES, HELPER_TIMEOUT_MS } from "./limits.ts";

/** The environment of helpers: nothing of the server's own but PATH, with the system folders that it often lacks. */
export function helperEnv(): { readonly PATH: string } {
  return { PATH: [process.env["PATH"] ?? "", "/usr/sbin", "/sbin"].join(delimiter) };
}

export interface HelperResult {
  /** Exit code; undefined when it was killed or could not be started. */
  readonly code: number | undefined;
  /** Standard output and error together, trimmed and bounded; or why it could not be started. */
  readonly output: string;
}

export function runHelper(program: string, args: readonly string[], input?: string): Promise<HelperResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "pipe", env: helperEnv(), timeout: HELPER_TIMEOUT_MS });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString("utf8")).slice(0, HELPER_OUTPUT_MAX_BYTES);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ code: undefined, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? undefined, output: output.trim() }));
    // A helper that ends before it has read its input is judged by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** The executable file that a shell would run for `name`, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = name.includes("/") ? [""] : helperEnv().PATH.split(delimiter);
  return folders
    .map((folder) => (folder === "" ? name : join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
