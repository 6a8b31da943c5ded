/**
 * A template's code as it is deployed: folders are zipped (each once), zips read, S3 objects and images named. Each gets an id that
 * changes exactly when the code does, so that code that did not change is not deployed again.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { JsonValue } from "../../base/index.ts";
import { hasErrorCode } from "../../base/index.ts";
import { installPackages, sourceAt } from "../code/source.ts";
import { textZip, zipFolder } from "../code/zip.ts";
import { isObject, type JsonObject, textOf } from "./json.ts";
import { badTemplate } from "./problems.ts";

export type Code =
  | { readonly kind: "zip"; readonly zip: Buffer }
  | { readonly kind: "s3"; readonly bucket: string; readonly key: string; readonly version: string | undefined }
  | { readonly kind: "image"; readonly uri: string };

/** By id. */
export type Codes = ReadonlyMap<string, Code>;

export interface Packaging {
  readonly templateFolder: string;
  /** Folders run as they lie there, and every saved change is live. */
  readonly live: boolean;
  note(text: string): void;
}

/** Whose code it is: a layer's is never live. */
export interface CodeUse {
  readonly isLayer: boolean;
  readonly runtime: string | undefined;
}

/** Replaces every Code and Content of `resources` by its id; `codes` gets what stands behind the ids. */
export class Packages {
  readonly codes = new Map<string, Code>();
  readonly #folders = new Map<string, Promise<string>>();
  readonly #options: Packaging;

  constructor(options: Packaging) {
    this.#options = options;
  }

  /** The id of what a resource's Code or Content says. */
  async idOf(code: JsonValue, resourceId: string, use: CodeUse): Promise<string> {
    const live = this.#options.live && !use.isLayer;
    if (typeof code === "string") return this.#local(code, live);
    if (!isObject(code)) throw badTemplate(`The code of ${resourceId} is no path and no map.`);
    const local = textOf(code["Local"]);
    if (local !== undefined) return this.#local(local, live);
    const inline = textOf(code["ZipFile"]);
    if (inline !== undefined) return this.#add(zipId, { kind: "zip", zip: await textZip(fileOf(use.runtime), inline) });
    const uri = textOf(code["ImageUri"]);
    if (uri !== undefined) return this.#add(() => `image:${uri}`, { kind: "image", uri });
    return this.#s3(code, resourceId);
  }

  /** Folders whose changes are live. */
  get liveFolders(): readonly string[] {
    return [...this.codes.values()].flatMap((code) =>
      code.kind === "s3" && code.bucket === HOT_RELOAD ? code.key : [],
    );
  }

  #s3(code: JsonObject, resourceId: string): string {
    const [bucket, key, version] = [code["S3Bucket"], code["S3Key"], code["S3ObjectVersion"]].map(textOf);
    if (bucket === undefined || key === undefined) {
      throw badTemplate(`The code of ${resourceId} names neither a path, nor S3, nor an image.`);
    }
    return this.#add(() => `s3:${bucket}/${key}${version === undefined ? "" : `:${version}`}`, {
      kind: "s3",
      bucket,
      key,
      version,
    });
  }

  #local(path: string, live: boolean): Promise<string> {
    const absolute = resolve(this.#options.templateFolder, path);
    const key = `${live}:${absolute}`;
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const id = this.#pack(absolute, live);
    this.#folders.set(key, id);
    return id;
  }

  async #pack(path: string, live: boolean): Promise<string> {
    const source = await sourceAt(path).catch((error: unknown) => {
      if (hasErrorCode(error, "EACCES")) throw badTemplate(`The code ${path} cannot be read.`, "check its permissions");
      throw error;
    });
    if (source.kind === "zip") return this.#add(zipId, { kind: "zip", zip: await readFile(path) });
    await installPackages(source, (text) => this.#options.note(text));
    if (live) {
      return this.#add(() => `live:${path}`, { kind: "s3", bucket: HOT_RELOAD, key: path, version: undefined });
    }
    return this.#add(zipId, { kind: "zip", zip: (await zipFolder(path, () => undefined)).zip });
  }

  #add<C extends Code>(idOf: (code: C) => string, code: C): string {
    const id = idOf(code);
    this.codes.set(id, code);
    return id;
  }
}

const HOT_RELOAD = "hot-reload";

/** As AWS's CodeSha256 has it. */
export function sha256(zip: Buffer): string {
  return createHash("sha256").update(zip).digest("base64");
}

function zipId({ zip }: { readonly zip: Buffer }): string {
  return `sha256:${sha256(zip)}`;
}

/** CloudFormation's rule: inline code is the file `index` of its language. */
function fileOf(runtime: string | undefined): string {
  return runtime?.startsWith("python") === true ? "index.py" : "index.js";
}
