/**
 * Terraform (or OpenTofu) with the AWS provider, where this machine has both or the registry gives the provider. The
 * provider is looked for in the folders in which Terraform itself looks, and in mirrors below /opt.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const PROVIDER = "registry.terraform.io/hashicorp/aws";
/** A registry that cannot be reached is given up after this long. */
const INIT_MS = 60_000;
const RUN_MS = 240_000;

export interface Terraform extends AsyncDisposable {
  /** Runs a command in the stack's folder; resolves with its exit code and output, rejects only when it cannot be run. */
  run(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }>;
}

/** An initialised folder of the stack `configuration` with the given files; undefined where there is no Terraform or provider. */
export async function openTerraform(
  configuration: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<Terraform | undefined> {
  const program = await firstProgram(["terraform", "tofu"]);
  if (program === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "lambent-terraform-"));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  await writeFile(join(folder, "main.tf"), configuration);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  const env = { ...process.env, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1", ...(await mirrorEnvironment(folder)) };
  const run = async (args: readonly string[], timeout: number): Promise<{ code: number; output: string }> => {
    try {
      const { stdout, stderr } = await execute(program, [...args, "-no-color"], {
        cwd: folder,
        env,
        timeout,
        maxBuffer: 2 ** 26,
      });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = parseFailure(error);
      return { code, output: stdout + stderr };
    }
  };
  const { code } = await run(["init", "-input=false"], INIT_MS);
  if (code !== 0) {
    await dispose();
    return undefined;
  }
  return { run: (...args) => run(args, RUN_MS), [Symbol.asyncDispose]: dispose };
}

async function firstProgram(names: readonly string[]): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(":");
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** Names a file mirror to Terraform where one is found; otherwise it asks the registry, as it does by itself. */
async function mirrorEnvironment(folder: string): Promise<Record<string, string>> {
  if (existsSync(process.env["TF_CLI_CONFIG_FILE"] ?? "")) return {};
  const below = await readdir("/opt").catch(() => []);
  const mirrors = [
    join(homedir(), ".terraform.d/plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    ...below.map((name) => join("/opt", name)),
  ];
  const mirror = mirrors.find((path) => existsSync(join(path, PROVIDER)));
  if (mirror === undefined) return {};
  const file = join(folder, "cli.tfrc");
  await writeFile(file, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  return { TF_CLI_CONFIG_FILE: file };
}

function parseFailure(error: unknown): { readonly code: number; readonly stdout: string; readonly stderr: string } {
  if (!(error instanceof Error)) throw error;
  const text = (name: string): string => String(Reflect.get(error, name) ?? "");
  const code: unknown = Reflect.get(error, "code");
  return {
    code: typeof code === "number" ? code : 1,
    stdout: text("stdout"),
    stderr: `${text("stderr")}${error.message}`,
  };
}
