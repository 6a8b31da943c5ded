/**
 * Builds the Lambda control plane: the in-memory directory of what is deployed, the unpacked code, and the operations.
 * Does not know how code runs: invocations' handlers come from outside and are joined to the service in `lambdaService`.
 */
import { join } from "node:path";
import { type Clock, type Log, type MetricSink, noMetrics, type Random, type Timer } from "../base/index.ts";
import type { Allocation, CodeFolders, FileSystems, VariablesOpener } from "../environments/index.ts";
import type { Images } from "../images/index.ts";
import { RecordTable, type Store } from "../store/index.ts";
import type { Authorization, Handlers, Service, ServiceModule } from "../wire/index.ts";
import type { Activation } from "./activation.ts";
import { CAPACITY_PROVIDERS_TABLE, capacityProviderShape } from "./capacity-providers/records.ts";
import { codeDownload, type HttpHook } from "./code-links.ts";
import type { SignerClients } from "./code-signing/admission.ts";
import type { SigningRoots } from "./code-signing/package-signature.ts";
import { CODE_SIGNING_TABLE, codeSigningShape } from "./code-signing/records.ts";
import { CodeStore } from "./code-store.ts";
import type { ControlPlane, LambdaModule, S3Finder } from "./control-plane.ts";
import { Directory, type FunctionDirectory } from "./directory.ts";
import { FileSystemFolders } from "./file-system-folders.ts";
import type { KmsClients } from "./function-keys.ts";
import { HotReload } from "./hot-reload.ts";
import { LayerDirectory } from "./layer-directory.ts";
import { BOUNDS } from "./limits.ts";
import { type EventSourceMappings, eventSourceMappings } from "./mappings/event-source-mappings.ts";
import { isPassing, MAPPINGS_TABLE, mappingShape } from "./mappings/records.ts";
import { removeOrphansLater } from "./orphans.ts";
import { type Quotas, quotasWith } from "./quotas.ts";
import { type FunctionRecord, functionShape, HEADS_TABLE, isUnsettled } from "./records.ts";
import type { RoleTrustOptions } from "./role-trust.ts";
import { ServerKey } from "./server-key.ts";
import type { ServicePermissions } from "./service-permission.ts";
import { Settling } from "./settling.ts";
import { ShownTable } from "./shown-table.ts";
import { codeUnavailable, sourceFailure } from "./source-failures.ts";
import { type FunctionUrls, UrlDirectory } from "./url-directory.ts";
import { snapshot } from "./version-snapshot.ts";

export interface LambdaRoomOptions {
  readonly store: Pick<Store, "records" | "blobs">;
  /** The server's data folder; code is unpacked into `code/` below it. */
  readonly dataFolder: string;
  /** Folders for access points of file systems, by ARN; the others are below the data folder. */
  readonly fileSystems?: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Throws a UserError when this runtime cannot be provided here: the function then becomes Failed with that reason. */
  readonly checkRuntime?: (runtime: string) => Promise<void>;
  /** Names of runtimes that may be used, and of those that no longer may; AWS's as a default. */
  readonly runtimes?: { readonly supported: readonly string[]; readonly retired: readonly string[] };
  /** Makes the store of unpacked images, told which are referred to by hex digest; without it functions cannot be images. */
  readonly images?: (isReferenced: (digest: string) => boolean) => Images;
  /** Whether something other than code has the content of this hash: it stays in the store then. */
  readonly isContentUsedElsewhere?: (sha256: string) => boolean;
  /** Whom roles trust; without it every role is taken to trust Lambda. */
  readonly roles?: RoleTrustOptions;
  /** Whether a gate asks all policies about each call; without it the resource's own is asked for other accounts' callers. */
  readonly isGated?: boolean;
  /** A client of S3 on behalf of a caller; without it, code from S3 is answered as a missing bucket. */
  readonly s3?: S3Finder;
  /** Clients of Signer on behalf of a caller; without them no signature is in order. */
  readonly signer?: SignerClients;
  /** Certificates of who vouches for signing profiles, DER. */
  readonly signingRoots?: SigningRoots;
  readonly metrics?: MetricSink;
  /** Clients of KMS on behalf of a caller; without them no key of a customer is found. */
  readonly kms?: KmsClients;
  /** Quotas other than AWS's. */
  readonly quotas?: Partial<Quotas>;
  /** How far the provisioned concurrency of a function's alias or version is. */
  readonly allocation?: (functionArn: string, qualifier: string) => Allocation | undefined;
  /** Scheme, domain and port that function URLs are shown with: `https://fn.example.com`. Default: the server's own. */
  readonly functionUrlBase?: string;
}

export interface LambdaRoom extends AsyncDisposable {
  /** What is deployed, for the invoke path. */
  readonly directory: FunctionDirectory;
  /** Function URLs by their ids, for the data plane. */
  readonly urls: FunctionUrls;
  /** Whether services may invoke functions, for whoever delivers their events. */
  readonly servicePermissions: ServicePermissions;
  /** Event source mappings, for whoever polls their sources. */
  readonly mappings: EventSourceMappings;
  /** Unpacked code, for environments. */
  readonly codeFolders: CodeFolders;
  /** Opens variables under a customer's key, for environments. */
  readonly openVariables: VariablesOpener;
  /** Folders of file systems, for environments. */
  readonly fileSystems: FileSystems;
  /** Whether the content of this hash is code, or is about to be. */
  usesContent(sha256: string): boolean;
  /** Downloads of code by the links that GetFunction gives. */
  readonly httpHook: HttpHook;
  /** Loads the operations and the client package. */
  loadHandlers(): Promise<Handlers<LambdaModule>>;
  /** Loads what operations need of their callers, those of the data plane included. */
  loadAuthorization(): Promise<Authorization<LambdaModule>>;
  /** Loads what lets calls cross accounts. */
  loadLocation(): Promise<NonNullable<ServiceModule<LambdaModule>["locate"]>>;
  /** Brings the directory up to the store's state, cleans up after a crash and settles what was left unsettled. */
  start(): Promise<void>;
}

export function createLambdaRoom(options: LambdaRoomOptions): LambdaRoom {
  const { clock, random, log } = options;
  const { records, blobs } = options.store;
  const directory = new Directory({ records, random, log });
  const urls = new UrlDirectory(directory);
  const mappings = new ShownTable({ records, name: MAPPINGS_TABLE, shape: mappingShape, clock, log });
  const capacityProviders = new ShownTable({
    records,
    name: CAPACITY_PROVIDERS_TABLE,
    shape: capacityProviderShape,
    clock,
    log,
  });
  const codeSigning = new ShownTable({ records, name: CODE_SIGNING_TABLE, shape: codeSigningShape, clock, log });
  const hotReload = new HotReload({ directory, clock, log });
  const layers = new LayerDirectory(records, log);
  /** What a record that cannot be read refers to is not known, so no code may be taken for unused. */
  const allRead = (): boolean => directory.complete && layers.complete;
  const keys = once(async () => new (await import("./function-keys.ts")).FunctionKeys(options.kms));
  const isReferenced = (sha256: string): boolean => !allRead() || directory.refersTo(sha256) || layers.refersTo(sha256);
  const sources = once(async () => {
    const { CodeSources } = await import("./code-sources.ts");
    return new CodeSources(options.s3, function* () {
      yield* directory.sources();
      yield* layers.sources();
    });
  });
  const needsCopy = (sha256: string): boolean => !allRead() || directory.copies(sha256) || layers.copies(sha256);
  const code = new CodeStore({
    blobs,
    clock,
    random,
    log,
    folder: join(options.dataFolder, "code"),
    isReferenced,
    needsCopy,
    readSource: async (sha256) => (await sources()).read(sha256),
    isKeptElsewhere: options.isContentUsedElsewhere ?? (() => false),
    openKey: async (header) => (await keys()).codeKey(header),
  });
  const images = options.images?.((digest) => !directory.complete || directory.refersToImage(digest));
  const key = once(() => ServerKey.of(records, random));
  const openVariables: VariablesOpener = async (version) => (await keys()).variablesOf(version);
  const loadPlane = once(makePlane);
  let removal: Timer | undefined;
  let activation: Activation | undefined;
  const settling = new Settling(log);
  const quotas = quotasWith(options.quotas ?? {});

  async function makePlane(): Promise<ControlPlane> {
    const { AWS_RUNTIMES } = await import("./runtime-policy.ts");
    const { changeFunction } = await import("./control-plane.ts");
    const { Activation } = await import("./activation.ts");
    const { imageFailure, unpackedImage } = await import("./image-access.ts");
    const runtimes = {
      ...(options.runtimes ?? AWS_RUNTIMES),
      check: options.checkRuntime ?? (async () => undefined),
    };
    activation = new Activation({
      code,
      runtimes,
      clock,
      log,
      openVariables: (record) => openVariables(snapshot(record, record.latest, undefined)),
      unpackImage: async ({ latest, ...owner }) => {
        if (latest.code.kind !== "image" || images === undefined) return;
        await unpackedImage(images, latest.code, { ...owner, architecture: latest.settings.architecture });
      },
      refusalOf: async (error) => {
        return imageFailure(error) ?? sourceFailure(error) ?? (await import("./kms-errors.ts")).stateReasonOf(error);
      },
      newRevisionId: () => random.uuid(),
      change: (at, change) => changeFunction(plane, at, change),
    });
    const plane: ControlPlane = {
      records,
      heads: new RecordTable(records, HEADS_TABLE, functionShape),
      blobs,
      code,
      images,
      directory,
      layers,
      clock,
      random,
      log,
      runtimes,
      key: await key(),
      keys: await keys(),
      codeSigning,
      signer: options.signer,
      signingRoots: options.signingRoots ?? (async () => []),
      metrics: options.metrics ?? noMetrics,
      allocation: options.allocation,
      functionUrlBase: options.functionUrlBase,
      s3: options.s3,
      sources: await sources(),
      roles: options.roles,
      activation,
      mappings,
      capacityProviders,
      settling,
      quotas,
    };
    return plane;
  }

  const sourceChecks = once(async () => {
    const { SourceChecks } = await import("./source-checks.ts");
    const { changeFunction } = await import("./control-plane.ts");
    const plane = await loadPlane();
    const change = (at: FunctionRecord, next: (current: FunctionRecord) => FunctionRecord | undefined) =>
      changeFunction(plane, at, next);
    return new SourceChecks({ sources: await sources(), directory, log, change });
  });
  let looking: Promise<void> = Promise.resolve();
  let nextLook: Timer | undefined;

  function lookAtSources(): void {
    const any = [...directory.sources()].length > 0;
    if (any) looking = sourceChecks().then((checks) => checks.check());
  }

  function lookLater(): void {
    nextLook = clock.schedule(BOUNDS.sourceCheckMs, () => {
      lookAtSources();
      lookLater();
    });
  }

  return {
    directory,
    urls,
    servicePermissions: {
      async decide(place, target, call) {
        const { decideServiceCall } = await import("./service-permission.ts");
        return decideServiceCall(directory, place, target, call);
      },
    },
    mappings: eventSourceMappings(mappings),
    usesContent: (sha256) => isReferenced(sha256) || code.isPinned(sha256),
    codeFolders: {
      unpacked: (sha256) => code.unpacked(sha256).catch((error: unknown) => codeUnavailable(error, lookAtSources)),
      ...(images !== undefined && {
        image: async (...wanted) => (await import("./image-access.ts")).imageForEnvironment(images, ...wanted),
      }),
    },
    openVariables,
    fileSystems: new FileSystemFolders(join(options.dataFolder, "file-systems"), options.fileSystems ?? new Map()),
    httpHook: codeDownload({ code, clock, key }),
    async loadHandlers() {
      const [plane, { controlPlaneHandlers }] = await Promise.all([loadPlane(), import("./handlers.ts")]);
      return controlPlaneHandlers(plane);
    },
    async loadAuthorization() {
      const [plane, { lambdaAuthorization }] = await Promise.all([loadPlane(), import("./authorization/needs.ts")]);
      return lambdaAuthorization(plane);
    },
    async loadLocation() {
      const [plane, { lambdaAuthorization }, { acrossAccounts }] = await Promise.all([
        loadPlane(),
        import("./authorization/needs.ts"),
        import("./cross-account.ts"),
      ]);
      return acrossAccounts({ authorization: lambdaAuthorization(plane), clock, isGated: options.isGated ?? false });
    },
    async start() {
      await Promise.all([
        images?.start(),
        code.start(),
        directory.start(),
        layers.start(),
        codeSigning.start(),
        mappings.start(),
        capacityProviders.start(),
      ]);
      if (allRead()) {
        code
          .sweep(new Set([...directory.references(), ...layers.references()]))
          .catch((error: unknown) => log.warn("unused code could not be removed", { error }));
        images?.sweep().catch((error: unknown) => log.warn("unused images could not be removed", { error }));
      }
      hotReload.start();
      lookLater();
      removal = removeOrphansLater({ records, directory, clock, log });
      const unsettled = [...directory.functions()].filter(({ latest }) => isUnsettled(latest));
      const passing = {
        mappings: mappings.list().filter(isPassing),
        providers: capacityProviders.list().filter(({ state }) => state !== "Active"),
      };
      if (unsettled.length + passing.mappings.length + passing.providers.length === 0) return;
      const [plane, { resumeSettling }] = await Promise.all([loadPlane(), import("./resume-settling.ts")]);
      resumeSettling(plane, passing);
      for (const record of unsettled) void plane.activation.start(record);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([activation?.idle(), settling.idle()]);
      removal?.cancel();
      nextLook?.cancel();
      await looking;
      code[Symbol.dispose]();
      await images?.[Symbol.asyncDispose]();
      urls[Symbol.dispose]();
      await hotReload[Symbol.asyncDispose]();
      await Promise.all([
        directory[Symbol.asyncDispose](),
        layers[Symbol.asyncDispose](),
        codeSigning[Symbol.asyncDispose](),
        mappings[Symbol.asyncDispose](),
      ]);
    },
  };
}

/** Makes a thing at its first use; a failure is told to whoever waits and tried again by the next. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * The Lambda service as the wire takes it: one API of two halves. The control plane is this room's; Invoke and its kin
 * come from the router.
 */
export function lambdaService(halves: {
  readonly controlPlane: Pick<LambdaRoom, "loadHandlers" | "loadAuthorization" | "loadLocation">;
  readonly dataPlane: { loadHandlers(): Promise<Handlers<LambdaModule>> };
}): Service {
  return {
    name: "lambda",
    paths: [
      /^\/20\d\d-\d\d-\d\d\/(functions|event-source-mappings|event-source-mapping|layers|layers-by-arn|tags|account-settings|code-signing-configs|capacity-providers|durable-executions|durable-execution-callbacks)(\/|\?|$)/,
    ],
    async load() {
      const [client, control, data, authorization, locate] = await Promise.all([
        import("@aws-sdk/client-lambda"),
        halves.controlPlane.loadHandlers(),
        halves.dataPlane.loadHandlers(),
        halves.controlPlane.loadAuthorization(),
        halves.controlPlane.loadLocation(),
      ]);
      return { client, handlers: { ...control, ...data }, authorization, locate };
    },
  };
}
