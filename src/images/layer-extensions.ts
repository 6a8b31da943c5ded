/**
 * Which external extensions an image has in /opt/extensions, without looking into its folders again: each layer notes what it
 * adds and removes there, and the layers together say what is left. Pure.
 */
import { IMAGE_EXTENSIONS_MAX } from "./limits.ts";
import { ImageProblem } from "./problems.ts";

/** What one layer does to /opt/extensions. */
export interface ExtensionFacts {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Nothing of the layers below is left. */
  readonly hidesAll: boolean;
}

const REMOVED = ".wh.";
const OPAQUE = ".wh..wh..opq";
const ALL_GONE: readonly string[] = [
  `${REMOVED}opt`,
  `opt/${OPAQUE}`,
  `opt/${REMOVED}extensions`,
  `opt/extensions/${OPAQUE}`,
];

/** Gathers the facts of one layer while it is unpacked. */
export class LayerExtensions {
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();
  #hidesAll = false;

  take(segments: readonly string[], type: string): void {
    const path = segments.join("/");
    if (ALL_GONE.includes(path)) this.#hidesAll = true;
    const [opt, extensions, name, ...more] = segments;
    if (opt !== "opt" || extensions !== "extensions" || name === undefined || more.length > 0) return;
    if (name.startsWith(REMOVED)) this.#removed.add(name.slice(REMOVED.length));
    else if (type !== "Directory") this.#added.add(name);
    // They are remembered, in memory and beside the layer.
    if (this.#added.size + this.#removed.size > IMAGE_EXTENSIONS_MAX) {
      throw new ImageProblem("too-large", `the image has more than ${IMAGE_EXTENSIONS_MAX} extensions`);
    }
  }

  get facts(): ExtensionFacts {
    return { added: [...this.#added], removed: [...this.#removed], hidesAll: this.#hidesAll };
  }
}

/** The names that are there in the end; the lowest layer first. */
export function extensionsOf(layers: readonly ExtensionFacts[]): readonly string[] {
  const names = new Set<string>();
  for (const { added, removed, hidesAll } of layers) {
    if (hidesAll) names.clear();
    for (const name of removed) names.delete(name);
    for (const name of added) names.add(name);
  }
  return [...names].sort();
}
