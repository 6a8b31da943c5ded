/**
 * The images of functions on this machine: a reference is resolved to a digest once, its layers are unpacked once, and what nobody
 * refers to goes. Invariant: an image that is given out is whole, and stays as long as somebody refers to it or has pinned it.
 */
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { BoundedMap, type Clock, type Log, type Random } from "../base/index.ts";
import type { UnpackedImage } from "../environments/index.ts";
import { KeptImages } from "./kept-images.ts";
import { extensionsOf } from "./layer-extensions.ts";
import type { LayerMarks } from "./layer-unpacker.ts";
import { IMAGE_GRACE_MS, OPENED_MAX, OPENED_MS, PULLS_MAX, SYNC_TIMEOUT_MS } from "./limits.ts";
import type { ImageArchitecture } from "./manifest.ts";
import { ImageProblem } from "./problems.ts";
import type { ChosenImage } from "./pull.ts";
import { Slots } from "./slots.ts";
import type { ImageBytes } from "./source.ts";
import type { ImagePlace, ImageSources } from "./sources.ts";

export interface ImagesOptions {
  /** `<data>/images`; made when absent. */
  readonly folder: string;
  readonly sources: ImageSources;
  /** Undefined where sandboxes have no roots of their own: then nothing is unpacked. */
  readonly marks: LayerMarks | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Whether a function version refers to the image of this hex digest. */
  readonly isReferenced: (digest: string) => boolean;
}

export interface ResolvedImage {
  /** Hex SHA-256 of its manifest. */
  readonly digest: string;
  /** The same image by its digest, whatever becomes of its tag. */
  readonly resolvedUri: string;
}

/** What is needed to have an image again. */
export interface WantedImage extends ResolvedImage {
  readonly place: ImagePlace;
  readonly architecture: ImageArchitecture;
}

interface OpenedImage extends AsyncDisposable {
  readonly bytes: ImageBytes;
  readonly image: ChosenImage;
}

export class Images {
  readonly #options: ImagesOptions;
  readonly #kept: KeptImages;
  readonly #slots = new Slots(PULLS_MAX);
  readonly #pulls = new Map<string, Promise<void>>();
  readonly #pins = new Map<string, number>();
  readonly #collections = new Map<string, Disposable>();
  /** Layers that pulls under way count on. */
  readonly #layersInUse = new Map<string, number>();
  /** What `resolve` has opened, for the pull that follows it. */
  readonly #opened = new BoundedMap<string, OpenedImage>(OPENED_MAX, (opened) => this.#close(opened));
  readonly #timers = new Set<Disposable>();

  constructor(options: ImagesOptions) {
    this.#options = options;
    this.#kept = new KeptImages(options.folder, options);
  }

  async start(): Promise<void> {
    await this.#kept.start();
  }

  /** Removes what nobody refers to and what a killed server left half made. May run beside requests. */
  async sweep(): Promise<void> {
    for (const digest of this.#kept.digests) await this.#removeUnused(digest);
    await this.#kept.removeLeftovers(() => new Set(this.#layersInUse.keys()));
  }

  /** Finds what `uri` names now, and pins it until `release`. Throws ImageProblem. */
  async resolve(uri: string, place: ImagePlace, architecture: ImageArchitecture): Promise<ResolvedImage> {
    const { chooseImage, readConfig } = await import("./pull.ts");
    const { bytes, name } = await this.#options.sources.open(uri, place);
    try {
      const image = await chooseImage(bytes, architecture);
      await readConfig(bytes, image.manifest, architecture);
      const digest = image.digest.slice("sha256:".length);
      this.pin(digest);
      this.#remember(digest, { bytes, image, [Symbol.asyncDispose]: async () => bytes[Symbol.asyncDispose]() });
      return { digest, resolvedUri: `${name}@${image.digest}` };
    } catch (error) {
      await bytes[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The image, fetched and unpacked when it is not here. Throws ImageProblem. */
  async unpacked(wanted: WantedImage): Promise<UnpackedImage> {
    for (let tries = 0; ; tries += 1) {
      const kept = this.#kept.get(wanted.digest);
      if (kept !== undefined) {
        const { layers, ...image } = kept;
        return { ...image, layers: layers.map((layer) => this.#kept.layerFolder(layer)) };
      }
      if (tries > 0) throw new Error(`the image ${wanted.digest} went as soon as it was there`);
      await this.#pullOnce(wanted);
    }
  }

  /** Keeps an image from being collected until the matching `release`. */
  pin(digest: string): void {
    this.#pins.set(digest, (this.#pins.get(digest) ?? 0) + 1);
  }

  release(digest: string): void {
    const left = (this.#pins.get(digest) ?? 0) - 1;
    if (left > 0) this.#pins.set(digest, left);
    else this.#pins.delete(digest);
    this.collectLater(digest);
  }

  /** Removes the image after the grace period if nothing refers to it then: an invocation may still run in it. */
  collectLater(digest: string): void {
    this.#collections.get(digest)?.[Symbol.dispose]();
    const timer = this.#options.clock.schedule(IMAGE_GRACE_MS, () => {
      this.#collections.delete(digest);
      this.#removeUnused(digest).catch((error: unknown) => {
        this.#options.log.warn("an unused image could not be removed", { digest, error });
      });
    });
    this.#collections.set(digest, timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of [...this.#collections.values(), ...this.#timers]) timer[Symbol.dispose]();
    this.#collections.clear();
    const opened = [...this.#opened.values()];
    await Promise.allSettled([...this.#pulls.values(), ...opened.map((image) => image[Symbol.asyncDispose]())]);
  }

  async #removeUnused(digest: string): Promise<void> {
    if (this.#options.isReferenced(digest) || this.#pins.has(digest) || this.#pulls.has(digest)) return;
    await this.#kept.remove(digest, new Set(this.#layersInUse.keys()));
  }

  #pullOnce(wanted: WantedImage): Promise<void> {
    const running = this.#pulls.get(wanted.digest);
    if (running !== undefined) return running;
    const pull = this.#slots.run(() => this.#pull(wanted)).finally(() => this.#pulls.delete(wanted.digest));
    this.#pulls.set(wanted.digest, pull);
    return pull;
  }

  async #pull(wanted: WantedImage): Promise<void> {
    const { marks } = this.#options;
    if (marks === undefined)
      throw new ImageProblem("not-supported", "there is no isolation with roots of their own here");
    const { layerNames, readConfig } = await import("./pull.ts");
    await using opened = this.#take(wanted.digest) ?? (await this.#open(wanted));
    const { bytes, image } = opened;
    const config = await readConfig(bytes, image.manifest, wanted.architecture);
    const names = layerNames(image.manifest, config);
    for (const name of names) this.#layersInUse.set(name, (this.#layersInUse.get(name) ?? 0) + 1);
    const folder = this.#kept.temporary();
    try {
      await mkdir(folder);
      await this.#unpackLayers(opened, names, folder, marks);
      const { entryPoint, command, workingDirectory, variables } = config;
      const facts = names.flatMap((name) => this.#kept.layer(name)?.extensions ?? []);
      const settings = { entryPoint, command, workingDirectory, variables };
      await this.#kept.addImage(wanted.digest, { ...settings, layers: names, extensions: extensionsOf(facts) });
    } finally {
      for (const name of names) this.#letGo(name);
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #unpackLayers(
    { bytes, image }: OpenedImage,
    names: readonly string[],
    folder: string,
    marks: LayerMarks,
  ): Promise<void> {
    const { newBudget, unpackLayer } = await import("./pull.ts");
    const budget = newBudget();
    const made = new Map<string, Parameters<KeptImages["addLayer"]>[2]>();
    for (const [at, layer] of image.manifest.layers.entries()) {
      const name = names[at] ?? "";
      const known = this.#kept.layer(name) ?? made.get(name);
      if (known !== undefined) {
        budget.bytes -= known.bytes;
        budget.entries -= known.entries;
        if (budget.bytes < 0 || budget.entries < 0)
          throw new ImageProblem("too-large", "the image is larger than 10 GB");
        continue;
      }
      const before = { ...budget };
      await mkdir(`${folder}/${name}`);
      const { extensions } = await unpackLayer(bytes, layer, {
        diffId: `sha256:${name}`,
        folder: `${folder}/${name}`,
        marks,
        budget,
      });
      made.set(name, { bytes: before.bytes - budget.bytes, entries: before.entries - budget.entries, extensions });
    }
    if (made.size > 0) await syncDisk(folder);
    for (const [name, layer] of made) await this.#kept.addLayer(name, `${folder}/${name}`, layer);
  }

  async #open({ resolvedUri, digest, place, architecture }: WantedImage): Promise<OpenedImage> {
    const { chooseImage } = await import("./pull.ts");
    const { bytes } = await this.#options.sources.open(resolvedUri, place);
    const dispose = async (): Promise<void> => bytes[Symbol.asyncDispose]();
    try {
      const image = await chooseImage(bytes, architecture);
      if (image.digest !== `sha256:${digest}`) {
        throw new ImageProblem("does-not-exist", `${resolvedUri} is another image by now`);
      }
      return { bytes, image, [Symbol.asyncDispose]: dispose };
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  /** For the pull that comes next; for a while only, since it may hold a folder. */
  #remember(digest: string, opened: OpenedImage): void {
    if (this.#kept.get(digest) !== undefined || this.#opened.peek(digest) !== undefined) {
      this.#close(opened);
      return;
    }
    this.#opened.set(digest, opened);
    const timer = this.#options.clock.schedule(OPENED_MS, () => {
      this.#timers.delete(timer);
      if (this.#opened.peek(digest) !== opened) return;
      this.#opened.delete(digest);
      this.#close(opened);
    });
    this.#timers.add(timer);
  }

  #take(digest: string): OpenedImage | undefined {
    const opened = this.#opened.peek(digest);
    if (opened !== undefined) this.#opened.delete(digest);
    return opened;
  }

  #close(opened: OpenedImage): void {
    Promise.resolve(opened[Symbol.asyncDispose]()).catch((error: unknown) => {
      this.#options.log.warn("what was opened of an image could not be let go of", { error });
    });
  }

  #letGo(layer: string): void {
    const left = (this.#layersInUse.get(layer) ?? 0) - 1;
    if (left > 0) this.#layersInUse.set(layer, left);
    else this.#layersInUse.delete(layer);
  }
}

/** All files of the folder's file system are on the disk when this resolves; one by one they would take far longer. */
async function syncDisk(folder: string): Promise<void> {
  await promisify(execFile)("sync", ["-f", folder], { timeout: SYNC_TIMEOUT_MS });
}
