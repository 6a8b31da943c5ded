/**
 * What a sandbox is given so that it becomes an environment of one function version: code and layers as folders, limits,
 * credentials and variables. Gathered while the process starts. Knows no process.
 */
import { readdir } from "node:fs/promises";
import { UserError } from "../base/index.ts";
import type { Assignment, FileSystemMount } from "../sandbox/index.ts";
import type { FunctionImage } from "./function-image.ts";
import { EXTENSIONS_MAX, OPEN_FILES_MAX, PIDS_MAX } from "./limits.ts";
import type { InsideAddresses, LaunchPlan } from "./runtime-process.ts";
import type {
  CodeFolders,
  CodeSource,
  CredentialsProvider,
  FileSystems,
  FunctionVersion,
  InitializationType,
} from "./types.ts";
import { functionVariables } from "./variables.ts";

export interface Provisions {
  readonly assignment: Assignment;
  variables(inside: {
    readonly initializationType: InitializationType;
    readonly plan: LaunchPlan;
    readonly logStream: string;
    readonly addresses: InsideAddresses;
    readonly pathInside: (path: string) => string;
  }): Readonly<Record<string, string>>;
}

export class Provision {
  readonly #folders: CodeFolders;
  readonly #credentials: CredentialsProvider;

  readonly #fileSystems: FileSystems | undefined;

  constructor(folders: CodeFolders, credentials: CredentialsProvider, fileSystems?: FileSystems) {
    this.#folders = folders;
    this.#credentials = credentials;
    this.#fileSystems = fileSystems;
  }

  /** Host folders of the code and of each layer, unpacked when they were not. */
  async folders(
    version: FunctionVersion,
  ): Promise<{ readonly code: string | undefined; readonly layers: readonly string[] }> {
    const { code, layers } = version;
    const [codeFolder, ...layerFolders] = await Promise.all([
      this.#codeFolder(code),
      ...layers.map((layer) => this.#folders.unpacked(layer.sha256)),
    ]);
    return { code: codeFolder, layers: layerFolders };
  }

  /** The image that the version is made of, if it is. */
  async image(version: FunctionVersion): Promise<FunctionImage | undefined> {
    const { code } = version;
    if (code.kind !== "image") return undefined;
    if (this.#folders.image === undefined) throw new UserError("no-images", "Container images cannot be run here.");
    return { digest: code.digest, overrides: code.overrides, unpacked: await this.#folders.image(code, version) };
  }

  /**
   * Names of the files that layers, or the image, bring to /opt/extensions, in the order in which they are started; of too many,
   * one too many.
   */
  async extensions({ layers }: FunctionVersion, image: FunctionImage | undefined): Promise<readonly string[]> {
    if (image !== undefined) return [...image.unpacked.extensions].sort().slice(0, EXTENSIONS_MAX + 1);
    if (layers.length === 0) return [];
    const names = await Promise.all(layers.map(async ({ sha256 }) => filesIn(await this.#folders.unpacked(sha256))));
    return [...new Set(names.flat())].sort().slice(0, EXTENSIONS_MAX + 1);
  }

  async of(version: FunctionVersion): Promise<Provisions> {
    const [folders, credentials, fileSystems] = await Promise.all([
      this.folders(version),
      this.#credentials(version),
      this.#mounts(version),
    ]);
    return {
      assignment: {
        mounts: [
          ...(folders.code === undefined ? [] : [{ target: "/var/task" as const, sources: [folders.code] }]),
          ...(folders.layers.length === 0 ? [] : [{ target: "/opt" as const, sources: folders.layers }]),
        ],
        fileSystems,
        limits: {
          memoryMb: version.memoryMb,
          pids: PIDS_MAX,
          openFiles: OPEN_FILES_MAX,
          tmpMb: version.ephemeralStorageMb,
        },
      },
      variables: ({ initializationType, plan, logStream, addresses, pathInside }) =>
        functionVariables({
          version,
          initializationType,
          credentials,
          logStream,
          executionEnv: plan.runtime.executionEnv,
          runtimeVariables: plan.image?.variables ?? plan.runtime.variables(plan.interpreter),
          runtimeApi: addresses.runtimeApi,
          endpointUrl: addresses.endpointUrl,
          pathInside,
        }),
    };
  }

  /** An image has its code in it. */
  #codeFolder(code: CodeSource): string | Promise<string> | undefined {
    if (code.kind === "image") return undefined;
    return code.kind === "folder" ? code.path : this.#folders.unpacked(code.sha256);
  }

  #mounts({ fileSystems = [], functionArn }: FunctionVersion): Promise<readonly FileSystemMount[]> {
    return Promise.all(
      fileSystems.map(async ({ arn, path }) => {
        if (this.#fileSystems === undefined) throw new Error(`there is no folder for ${arn} of ${functionArn}`);
        return { source: await this.#fileSystems.folder(arn), target: path };
      }),
    );
  }
}

/** Everything directly in a layer's folder of extensions but folders: what cannot be started fails at the start, as on AWS. */
async function filesIn(layer: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(`${layer}/extensions`, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return [];
    throw error;
  }
}
