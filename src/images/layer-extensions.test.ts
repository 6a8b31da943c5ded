/** Extensions of images, as their layers name them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LayerExtensions } from "./layer-extensions.ts";
import { IMAGE_EXTENSIONS_MAX } from "./limits.ts";

test("a layer with extensions without end is refused before they fill the memory", () => {
  const extensions = new LayerExtensions();
  const take = (prefix: string, at: number): void => extensions.take(["opt", "extensions", `${prefix}${at}`], "File");
  for (let at = 0; at < IMAGE_EXTENSIONS_MAX / 2; at += 1) take("", at);
  for (let at = 0; at < IMAGE_EXTENSIONS_MAX / 2; at += 1) take(".wh.", at);
  assert.throws(() => take("", IMAGE_EXTENSIONS_MAX), { name: "ImageProblem", kind: "too-large" });
});
