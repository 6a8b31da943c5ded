/** Compares the snippets of a recipe page with the tested files that it prints parts of. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Every ```` ```ts FILE ```` block of `docs/recipes/PAGE` must stand in `folder`/FILE, letter for letter. */
export async function assertRecipePrints(page: string, folder: string): Promise<void> {
  const recipe = await readFile(join(import.meta.dirname, "../../../docs/recipes", page), "utf8");
  const snippets = [...recipe.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)];
  assert.ok(snippets.length >= 2, `${page} prints ${snippets.length} snippets`);
  for (const [, file = "", snippet = ""] of snippets) {
    const source = await readFile(join(folder, file), "utf8");
    assert.ok(source.includes(snippet), `${file} does not contain what ${page} prints of it:\n${snippet}`);
  }
}
