/** From the layer ARNs that a function names to the content it will run with, with AWS's rules on which may go together. */
import type { Place } from "../wire/index.ts";
import { requireSource } from "./code-upload.ts";
import type { ControlPlane } from "./control-plane.ts";
import { invalidParameter } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { type LayerReference, layerArn, parseLayer } from "./names.ts";
import { asLayer, type LayerUse, layerKey } from "./records.ts";

/** Undefined when the input does not speak of layers. The content is the same for the life of a layer version. */
export async function useLayers(
  plane: ControlPlane,
  arns: readonly string[] | undefined,
  place: Place,
): Promise<readonly LayerUse[] | undefined> {
  if (arns === undefined) return undefined;
  const { layers: limit } = plane.quotas;
  if (arns.length > limit) throw invalidParameter(`Cannot reference more than ${limit} layers.`);
  const seen = new Map<string, string>();
  const references: { readonly arn: string; readonly reference: LayerReference }[] = [];
  for (const arn of arns) {
    const reference = parseLayer(arn, place);
    if (reference === undefined) throw missingLayer(arn);
    if (reference.region !== place.region) {
      throw invalidParameter(
        `Layers are not in the same region as the function. Layers are expected to be in region ${place.region}.`,
      );
    }
    const layer = layerArn(reference, reference.layerName);
    const other = seen.get(layer);
    if (other !== undefined) {
      throw invalidParameter(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${other} and ${arn} are versions of the same layer.`,
      );
    }
    seen.set(layer, arn);
    references.push({ arn, reference });
  }
  return Promise.all(references.map(({ arn, reference }) => useLayer(plane, arn, reference)));
}

/** Throws AWS's text when code and layers are too large together. */
export function requireFit(unzippedBytes: number, layers: readonly LayerUse[]): void {
  const total = layers.reduce((sum, layer) => sum + layer.unzippedBytes, unzippedBytes);
  if (total <= LIMITS.unzippedBytes) return;
  throw invalidParameter(
    `Function code combined with layers exceeds the maximum allowed size of ${LIMITS.unzippedBytes} bytes. The actual size is ${total} bytes.`,
  );
}

async function useLayer(plane: ControlPlane, arn: string, reference: LayerReference): Promise<LayerUse> {
  const entry = await plane.records.get(layerKey(reference, reference.layerName));
  const version = entry && asLayer(entry).versions.find((candidate) => candidate.version === reference.version);
  if (version === undefined) throw missingLayer(arn);
  const { sha256, sizeBytes, unzippedBytes, signature, source } = version;
  if (source !== undefined) {
    const { accountId, region } = reference;
    await requireSource(plane, source, { accountId, region, arn });
  }
  return { arn, sha256, sizeBytes, unzippedBytes, ...(signature && { signature }), ...(source && { source }) };
}

function missingLayer(arn: string): Error {
  return invalidParameter(`Layer version ${arn} does not exist.`);
}
