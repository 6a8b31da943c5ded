/**
 * What `npm pack` makes is what people get: it must work with npx in an empty folder, with no source, no compiler and no
 * development package near. The tarball is installed as npm installs any, from its cache where it can.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const execute = promisify(execFile);
const repository: string = join(import.meta.dirname, "..");
let folder = "";
let tarball = "";

before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), "lambent-package-"));
    const { stdout } = await execute("npm", ["pack", "--json", "--pack-destination", folder], { cwd: repository });
    tarball = join(folder, packedName(stdout));
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true }));
    await execute("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], { cwd: folder });
  },
  { timeout: 170_000 },
);

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("npx lambent prints the version in an empty folder", async () => {
  const manifest: { version: string } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  const { stdout } = await execute("npx", ["--no-install", "lambent", "--version"], { cwd: folder });
  assert.equal(stdout.trim(), manifest.version);
});

test("npx lambent exec runs a command against a server of the installed package", async () => {
  const program = `fetch(process.env.AWS_ENDPOINT_URL + "/2015-03-31/functions/").then(async (answer) => console.log(await answer.text()))`;
  const words = ["--no-install", "lambent", "exec", "--driver", "process", "--", process.execPath, "-e", program];
  const { stdout } = await execute("npx", words, { cwd: folder });
  assert.deepEqual(JSON.parse(stdout), { Functions: [] });
});

test("publint finds nothing to mend in the package", async () => {
  const bytes = await readFile(tarball);
  const packed = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: packed }, strict: true });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg ?? {})),
    [],
  );
});

/** npm prints an array or, in newer versions, an object by package name. */
function packedName(stdout: string): string {
  const found = /"filename":\s*"([^"]+\.tgz)"/.exec(stdout)?.[1];
  assert.ok(found, stdout);
  return found;
}
