/**
 * The folders in which unpacked images are kept: each layer once, by the digest of its tar, and a small file per image that names
 * its layers. A layer appears by rename after the disk has it, an image's file after its layers: so what is there is whole, also
 * after a crash. Knows no source and no function.
 */
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { JsonValue, Log, Random } from "../base/index.ts";
import {
  array,
  boolean,
  integer,
  mapOf,
  object,
  type Shape,
  type ShapeType,
  StoredShapeError,
  text,
} from "../store/index.ts";

const TEMPORARY = "tmp-";
const NAME = /^([0-9a-f]{64})\.json$/;

const keptImageShape = object({
  /** Hex digests, the lowest first. */
  layers: array(text),
  entryPoint: array(text),
  command: array(text),
  workingDirectory: text,
  variables: mapOf(text),
  extensions: array(text),
});
/** An image that is here, by the hex digest of its manifest. */
export type KeptImage = ShapeType<typeof keptImageShape>;

const keptLayerShape = object({
  bytes: integer,
  entries: integer,
  extensions: object({ added: array(text), removed: array(text), hidesAll: boolean }),
});
/** What a layer takes of its image's budget and does to its extensions. */
export type KeptLayer = ShapeType<typeof keptLayerShape>;

export class KeptImages {
  readonly #folder: string;
  readonly #random: Random;
  readonly #log: Log;
  readonly #images = new Map<string, KeptImage>();
  readonly #layers = new Map<string, KeptLayer>();
  #leftovers: readonly string[] = [];
  #adding: Promise<void> = Promise.resolve();

  constructor(folder: string, { random, log }: { readonly random: Random; readonly log: Log }) {
    this.#folder = folder;
    this.#random = random;
    this.#log = log;
  }

  /** Reads what is here; quick. `removeLeftovers` does the removing. */
  async start(): Promise<void> {
    for (const name of ["layers", "images"]) await mkdir(join(this.#folder, name), { recursive: true });
    this.#leftovers = (await readdir(this.#folder)).filter((name) => name.startsWith(TEMPORARY));
    const folders = new Set(await readdir(join(this.#folder, "layers")));
    await this.#readAll("layers", keptLayerShape, (name, layer) => folders.has(name) && this.#layers.set(name, layer));
    const isWhole = (image: KeptImage): boolean => image.layers.every((layer) => this.#layers.has(layer));
    await this.#readAll("images", keptImageShape, (name, image) => isWhole(image) && this.#images.set(name, image));
  }

  get(digest: string): KeptImage | undefined {
    return this.#images.get(digest);
  }

  layer(name: string): KeptLayer | undefined {
    return this.#layers.get(name);
  }

  get digests(): readonly string[] {
    return [...this.#images.keys()];
  }

  layerFolder(name: string): string {
    return join(this.#folder, "layers", name);
  }

  /** A path that is not there, for what is not whole yet. */
  temporary(): string {
    return join(this.#folder, `${TEMPORARY}${this.#random.uuid()}`);
  }

  /** Takes a whole layer over; the disk must have it. One that is here already is kept instead. */
  addLayer(name: string, folder: string, layer: KeptLayer): Promise<void> {
    // Two pulls may bring the same one.
    this.#adding = this.#adding.catch(() => undefined).then(() => this.#addLayer(name, folder, layer));
    return this.#adding;
  }

  async #addLayer(name: string, folder: string, layer: KeptLayer): Promise<void> {
    if (this.#layers.has(name)) {
      await rm(folder, { recursive: true, force: true });
      return;
    }
    await rm(this.layerFolder(name), { recursive: true, force: true });
    await rename(folder, this.layerFolder(name));
    await this.#write("layers", name, layer);
    this.#layers.set(name, layer);
  }

  /** Durable when it resolves. Its layers must be here. */
  async addImage(digest: string, image: KeptImage): Promise<void> {
    await this.#write("images", digest, image);
    this.#images.set(digest, image);
  }

  /** Removes an image, and the layers that no other image has and that are not in `used`. */
  async remove(digest: string, used: ReadonlySet<string>): Promise<void> {
    this.#images.delete(digest);
    await rm(this.#file("images", digest), { force: true });
    await this.#removeLayers(used);
  }

  /** Removes what a killed server left half made, and layers of no image. */
  async removeLeftovers(used: () => ReadonlySet<string>): Promise<void> {
    for (const name of this.#leftovers) await rm(join(this.#folder, name), { recursive: true, force: true });
    this.#leftovers = [];
    for (const name of await readdir(join(this.#folder, "layers"))) {
      const layer = NAME.exec(name)?.[1] ?? name;
      if (!this.#layers.has(layer) && !used().has(layer)) await this.#removeLayer(layer);
    }
    await this.#removeLayers(used());
  }

  async #removeLayers(used: ReadonlySet<string>): Promise<void> {
    const needed = new Set([...this.#images.values()].flatMap(({ layers }) => layers));
    const unused = [...this.#layers.keys()].filter((name) => !needed.has(name) && !used.has(name));
    for (const name of unused) this.#layers.delete(name);
    for (const name of unused) await this.#removeLayer(name);
  }

  async #removeLayer(name: string): Promise<void> {
    await rm(this.#file("layers", name), { force: true });
    await rm(this.layerFolder(name), { recursive: true, force: true });
  }

  async #readAll<T extends JsonValue>(
    kind: string,
    shape: Shape<T>,
    take: (name: string, value: T) => unknown,
  ): Promise<void> {
    for (const file of await readdir(join(this.#folder, kind))) {
      const name = NAME.exec(file)?.[1];
      if (name === undefined) continue;
      try {
        take(name, shape(JSON.parse(await readFile(join(this.#folder, kind, file), "utf8")), file));
      } catch (error) {
        if (!(error instanceof StoredShapeError || error instanceof SyntaxError)) throw error;
        this.#log.warn("what is kept of an image cannot be read; it will be fetched again", { file, error });
      }
    }
  }

  /** Written aside, synced and renamed, with the folder synced after it. */
  async #write(kind: string, name: string, value: object): Promise<void> {
    const aside = this.temporary();
    const file = await open(aside, "wx", 0o600);
    try {
      await file.writeFile(JSON.stringify(value));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, this.#file(kind, name));
    const folder = await open(join(this.#folder, kind), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #file(kind: string, name: string): string {
    return join(this.#folder, kind, `${name}.json`);
  }
}
