/** Runs a helper program of the host (nft, an OCI runtime) to its end, with bounded output and time. */
import { spawn } from "node:child_process";
import { HELPER_OUTPUT_MAX_BYTES, HELPER_TIMEOUT_MS } from "./limits.ts";

export interface HelperResult {
  /** Exit code; undefined when it was killed or could not be started. */
  readonly code: number | undefined;
  /** Standard output and error together, trimmed and bounded; or why it could not be started. */
  readonly output: string;
}

export function runHelper(program: string, args: readonly string[], input?: string): Promise<HelperResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "pipe", timeout: HELPER_TIMEOUT_MS });
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
