/** Installed npm packages with all that they need, as files for a deployment package. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const MODULES: string = join(import.meta.dirname, "../../node_modules");

/** Files by their path, `node_modules/…`. */
export async function packageFiles(...names: readonly string[]): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const wanted = [...names];
  const taken = new Set<string>();
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (taken.has(name)) continue;
    taken.add(name);
    const folder = join(MODULES, name);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\.(map|md|ts)$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      files[`node_modules${path.slice(MODULES.length)}`] = await readFile(path);
    }
    const manifest: { dependencies?: Record<string, string> } = JSON.parse(
      await readFile(join(folder, "package.json"), "utf8"),
    );
    wanted.push(...Object.keys(manifest.dependencies ?? {}));
  }
  return files;
}
