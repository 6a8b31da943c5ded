/** Layers, uploaded in parts and found again: BatchCheckLayerAvailability, Initiate-, Upload- and Complete-, GetDownloadUrlForLayer. */

import { RegistryProblem, type RepositoryName } from "../../registry/index.ts";
import type { Handlers } from "../../wire/index.ts";
import {
  asEcrError,
  invalidLayerPart,
  invalidParameter,
  layerAlreadyExists,
  layersNotFound,
  uploadNotFound,
} from "./errors.ts";
import { LAYER_LINK_MS, PART_BYTES } from "./limits.ts";
import { type EcrClient, type EcrPorts, getRepository } from "./state.ts";

type Operations =
  | "BatchCheckLayerAvailability"
  | "InitiateLayerUpload"
  | "UploadLayerPart"
  | "CompleteLayerUpload"
  | "GetDownloadUrlForLayer";

export function layerHandlers(ports: EcrPorts): Pick<Handlers<EcrClient>, Operations> {
  const { registry, uploads } = ports;
  return {
    async BatchCheckLayerAvailability(input, call) {
      const repository = await getRepository(ports, input, call);
      const layers = [];
      const failures = [];
      for (const layerDigest of input.layerDigests) {
        if (!isDigest(layerDigest)) {
          const failureReason =
            "Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'";
          failures.push({ layerDigest, failureCode: "InvalidLayerDigest" as const, failureReason });
          continue;
        }
        const layerSize = await registry.layerBytes(repository, layerDigest);
        layers.push(
          layerSize === undefined
            ? { layerDigest, layerAvailability: "UNAVAILABLE" as const }
            : { layerDigest, layerAvailability: "AVAILABLE" as const, layerSize },
        );
      }
      return { layers, failures };
    },

    async InitiateLayerUpload(input, call) {
      const repository = await getRepository(ports, input, call);
      const uploadId = await inWords(repository, "", () => uploads.begin(repository));
      return { uploadId, partSize: PART_BYTES };
    },

    async UploadLayerPart(input, call) {
      const repository = await getRepository(ports, input, call);
      const { uploadId, partFirstByte, partLastByte, layerPartBlob } = input;
      if (partLastByte - partFirstByte + 1 !== layerPartBlob.length) {
        throw invalidParameter(
          "Invalid parameter at 'layerPartBlob': it is not as long as its first and last byte say",
        );
      }
      const size = await inWords(repository, uploadId, () => uploads.size(repository, uploadId));
      if (size !== partFirstByte) throw invalidLayerPart(repository, uploadId, size - 1);
      const received = await inWords(repository, uploadId, () =>
        uploads.append(repository, uploadId, once(layerPartBlob), partFirstByte),
      );
      return { ...shown(repository), uploadId, lastByteReceived: received - 1 };
    },

    async CompleteLayerUpload(input, call) {
      const repository = await getRepository(ports, input, call);
      const { uploadId, layerDigests } = input;
      const [layerDigest = ""] = layerDigests;
      if (!isDigest(layerDigest)) throw invalidParameter("Invalid parameter at 'layerDigests': no digest of a layer");
      const size = await inWords(repository, uploadId, () => uploads.size(repository, uploadId));
      if ((await registry.layerBytes(repository, layerDigest)) !== undefined) {
        await uploads.cancel(repository, uploadId);
        throw layerAlreadyExists(repository, layerDigest);
      }
      await inWords(repository, uploadId, () =>
        uploads.finish(repository, uploadId, (content) => registry.addLayer(repository, layerDigest, content, size)),
      );
      return { ...shown(repository), uploadId, layerDigest };
    },

    async GetDownloadUrlForLayer(input, call) {
      const repository = await getRepository(ports, input, call);
      const { layerDigest } = input;
      if ((await registry.layerBytes(repository, layerDigest)) === undefined) {
        throw layersNotFound(repository, `The layer with digest '${layerDigest}' does not exist`);
      }
      const link = await ports.tokens.layerLink(repository, layerDigest, LAYER_LINK_MS);
      return { downloadUrl: `${call.endpoint}/v2/_layers/${link}`, layerDigest };
    },
  };
}

async function inWords<T>(name: RepositoryName, uploadId: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof RegistryProblem)) throw error;
    throw error.code === "BLOB_UPLOAD_UNKNOWN" ? uploadNotFound(name, uploadId) : asEcrError(name, error);
  }
}

function shown({ accountId, name }: RepositoryName): { readonly registryId: string; readonly repositoryName: string } {
  return { registryId: accountId, repositoryName: name };
}

function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
