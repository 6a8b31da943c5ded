/** PublishLayerVersion, GetLayerVersion(ByArn), ListLayers, ListLayerVersions, DeleteLayerVersion. One record per layer. */
import type { GetLayerVersionResponse, LayerVersionsListItem } from "@aws-sdk/client-lambda";
import { encodePageToken } from "../base/index.ts";
import { RecordTable } from "../store/index.ts";
import type { Call, Handlers, Place } from "../wire/index.ts";
import { codeLink } from "./code-links.ts";
import { packageSignature } from "./code-signing/package-signature.ts";
import { uploadZip } from "./code-upload.ts";
import { signedBy } from "./configuration.ts";
import { awsTime, busyAs, type ControlPlane, type LambdaModule } from "./control-plane.ts";
import { invalidParameter, resourceDoesNotExist } from "./errors.ts";
import { BOUNDS } from "./limits.ts";
import { layerArn, parseLayer } from "./names.ts";
import { openMarker, page, pageSize } from "./pages.ts";
import {
  asLayer,
  LAYERS_TABLE,
  type LayerRecord,
  type LayerVersionRecord,
  layerKey,
  layerShape,
  layersPrefix,
  placePath,
} from "./records.ts";
import { shownSource } from "./shown-configuration.ts";
import { untilShown } from "./until-shown.ts";

type Operations =
  | "PublishLayerVersion"
  | "GetLayerVersion"
  | "GetLayerVersionByArn"
  | "ListLayers"
  | "ListLayerVersions"
  | "DeleteLayerVersion";

export function layerHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async PublishLayerVersion(input, call) {
      const name = layerName(input.LayerName, call);
      const { zip, signature } = await uploadZip(plane, input.Content, call, {
        inspect: (source) => packageSignature(source, plane.signingRoots),
        ownerArn: `${layerArn(call, name)}:${plane.layers.find(layerKey(call, name))?.nextVersion ?? 1}`,
      });
      try {
        let published: LayerVersionRecord | undefined;
        const record = await changeLayer(plane, call, name, (current) => {
          const layer = current ?? {
            name,
            accountId: call.accountId,
            region: call.region,
            nextVersion: 1,
            versions: [],
          };
          published = {
            version: layer.nextVersion,
            description: input.Description ?? "",
            createdDate: awsTime(plane.clock.now()),
            ...zip,
            ...(signature && { signature }),
            ...(input.CompatibleRuntimes && { compatibleRuntimes: input.CompatibleRuntimes }),
            ...(input.CompatibleArchitectures && { compatibleArchitectures: input.CompatibleArchitectures }),
            ...(input.LicenseInfo !== undefined && { licenseInfo: input.LicenseInfo }),
          };
          return { ...layer, nextVersion: layer.nextVersion + 1, versions: [...layer.versions, published] };
        });
        if (published === undefined) throw new Error("publishing ended without a layer version");
        return shownVersion(plane, record, published, call);
      } finally {
        plane.code.release(zip.sha256);
      }
    },

    async GetLayerVersion(input, call) {
      return getVersion(plane, layerName(input.LayerName, call), input.VersionNumber, call);
    },

    async GetLayerVersionByArn(input, call) {
      const reference = parseLayer(input.Arn, call);
      const here = reference?.accountId === call.accountId && reference.region === call.region;
      if (reference?.version === undefined || !here) throw resourceDoesNotExist();
      return getVersion(plane, reference.layerName, reference.version, call);
    },

    async ListLayers(input, call) {
      const scope = `ListLayers/${call.accountId}/${call.region}/${input.CompatibleRuntime ?? ""}/${input.CompatibleArchitecture ?? ""}`;
      const prefix = layersPrefix(call);
      const limit = pageSize(input.MaxItems);
      const shown: { readonly layer: LayerRecord; readonly latest: LayerVersionRecord }[] = [];
      let after = input.Marker === undefined ? undefined : prefix + openMarker(scope, input.Marker);
      for (let more = true; more && shown.length <= limit; ) {
        const entries = await plane.records.list(prefix, {
          limit: BOUNDS.recordsPage,
          ...(after !== undefined && { after }),
        });
        for (const layer of entries.map(asLayer)) {
          const latest = layer.versions.filter((version) => isCompatible(version, input)).at(-1);
          if (latest !== undefined) shown.push({ layer, latest });
        }
        after = entries.at(-1)?.key;
        more = entries.length === BOUNDS.recordsPage;
      }
      const last = shown[limit - 1];
      return {
        Layers: shown.slice(0, limit).map(({ layer, latest }) => ({
          LayerName: layer.name,
          LayerArn: layerArn(call, layer.name),
          LatestMatchingVersion: listedVersion(layer, latest),
        })),
        ...(shown.length > limit && last && { NextMarker: encodePageToken(scope, last.layer.name) }),
      };
    },

    async ListLayerVersions(input, call) {
      const name = layerName(input.LayerName, call);
      const layer = await findLayer(plane, call, name);
      const versions = (layer?.versions ?? []).filter((version) => isCompatible(version, input)).reverse();
      const { items, nextMarker } = page(versions, {
        scope: `ListLayerVersions/${call.accountId}/${call.region}/${name}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: ({ version }) => String(Number.MAX_SAFE_INTEGER - version).padStart(16, "0"),
      });
      return {
        LayerVersions: layer === undefined ? [] : items.map((version) => listedVersion(layer, version)),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },

    async DeleteLayerVersion(input, call) {
      const name = layerName(input.LayerName, call);
      requireVersionNumber(input.VersionNumber);
      const layer = await findLayer(plane, call, name);
      const gone = layer?.versions.find(({ version }) => version === input.VersionNumber);
      if (gone === undefined) return {};
      await changeLayer(plane, call, name, (current) =>
        current === undefined
          ? undefined
          : { ...current, versions: current.versions.filter(({ version }) => version !== gone.version) },
      );
      plane.code.collectLater(gone.sha256);
      return {};
    },
  };
}

export async function findLayer(plane: ControlPlane, place: Place, name: string): Promise<LayerRecord | undefined> {
  const entry = await plane.records.get(layerKey(place, name));
  return entry && asLayer(entry);
}

/** The record of a layer outlives its versions, as their numbers do. */
export async function changeLayer(
  plane: ControlPlane,
  place: Place,
  name: string,
  change: (record: LayerRecord | undefined) => LayerRecord | undefined,
): Promise<LayerRecord> {
  const table = new RecordTable(plane.records, LAYERS_TABLE, layerShape);
  const stored = await busyAs(layerArn(place, name), () => table.change(placePath(place, name), change));
  if (stored === undefined) throw resourceDoesNotExist();
  await untilShown(
    plane,
    plane.layers,
    () => (plane.layers.shownRevision(layerKey(place, name)) ?? -1) >= stored.revision,
    `a change of the layer ${name} is stored but not shown yet`,
  );
  return stored.value;
}

async function getVersion(
  plane: ControlPlane,
  name: string,
  number: number,
  call: Call,
): Promise<GetLayerVersionResponse> {
  requireVersionNumber(number);
  const layer = await findLayer(plane, call, name);
  const version = layer?.versions.find((candidate) => candidate.version === number);
  if (layer === undefined || version === undefined) throw resourceDoesNotExist();
  return shownVersion(plane, layer, version, call);
}

export function layerName(given: string, place: Place): string {
  const reference = parseLayer(given, place);
  if (reference === undefined || reference.accountId !== place.accountId || reference.region !== place.region) {
    throw resourceDoesNotExist();
  }
  return reference.layerName;
}

export function requireVersionNumber(version: number): void {
  if (version < 1) throw invalidParameter("Layer Version Cannot be less than 1");
}

function isCompatible(
  version: LayerVersionRecord,
  wanted: { readonly CompatibleRuntime?: string | undefined; readonly CompatibleArchitecture?: string | undefined },
): boolean {
  const { CompatibleRuntime: runtime, CompatibleArchitecture: architecture } = wanted;
  const { compatibleRuntimes: runtimes, compatibleArchitectures: architectures } = version;
  const runs = runtime === undefined || (runtimes?.some((name) => name === runtime) ?? false);
  return runs && (architecture === undefined || (architectures?.some((name) => name === architecture) ?? false));
}

function listedVersion(layer: LayerRecord, version: LayerVersionRecord): LayerVersionsListItem {
  return {
    LayerVersionArn: `${layerArn(layer, layer.name)}:${version.version}`,
    Version: version.version,
    Description: version.description,
    CreatedDate: version.createdDate,
    ...(version.compatibleArchitectures && { CompatibleArchitectures: [...version.compatibleArchitectures] }),
    ...(version.compatibleRuntimes && { CompatibleRuntimes: [...version.compatibleRuntimes] }),
    ...(version.licenseInfo !== undefined && { LicenseInfo: version.licenseInfo }),
  };
}

function shownVersion(
  plane: ControlPlane,
  layer: LayerRecord,
  version: LayerVersionRecord,
  { endpoint }: Call,
): GetLayerVersionResponse {
  const { key, clock } = plane;
  return {
    ...listedVersion(layer, version),
    LayerArn: layerArn(layer, layer.name),
    Content: {
      ...(version.source
        ? { ResolvedS3Object: shownSource(version.source) }
        : { Location: codeLink({ endpoint, sha256: version.sha256, key, clock }) }),
      CodeSha256: Buffer.from(version.sha256, "hex").toString("base64"),
      CodeSize: version.sizeBytes,
      ...signedBy(version.signature),
    },
  };
}
