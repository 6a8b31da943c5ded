/** ECR's errors in its words. Handlers throw what these functions make. */
import {
  ImageAlreadyExistsException,
  ImageDigestDoesNotMatchException,
  ImageNotFoundException,
  ImageTagAlreadyExistsException,
  InvalidLayerException,
  InvalidLayerPartException,
  InvalidParameterException,
  InvalidTagParameterException,
  LayerAlreadyExistsException,
  LayersNotFoundException,
  LifecyclePolicyNotFoundException,
  LimitExceededException,
  ReferencedImagesNotFoundException,
  RepositoryAlreadyExistsException,
  RepositoryNotEmptyException,
  RepositoryNotFoundException,
  RepositoryPolicyNotFoundException,
  TooManyTagsException,
  UploadNotFoundException,
} from "@aws-sdk/client-ecr";
import { RegistryProblem, type RepositoryName } from "../../registry/index.ts";
import { TAGS_MAX } from "./limits.ts";

const META = { $metadata: {} } as const;

/** `The repository with name 'x' … the registry with id '…'` stands in most texts. */
const inRegistry = ({ name, accountId }: RepositoryName): string =>
  `the repository with name '${name}' in the registry with id '${accountId}'`;

export const repositoryNotFound = ({ name, accountId }: RepositoryName): RepositoryNotFoundException =>
  new RepositoryNotFoundException({
    ...META,
    message: `The repository with name '${name}' does not exist in the registry with id '${accountId}'`,
  });

export const repositoryAlreadyExists = ({ name, accountId }: RepositoryName): RepositoryAlreadyExistsException =>
  new RepositoryAlreadyExistsException({
    ...META,
    message: `The repository with name '${name}' already exists in the registry with id '${accountId}'`,
  });

export const repositoryNotEmpty = ({ name, accountId }: RepositoryName): RepositoryNotEmptyException =>
  new RepositoryNotEmptyException({
    ...META,
    message: `The repository with name '${name}' in registry with id '${accountId}' cannot be deleted because it still contains images`,
  });

export const imageNotFound = (
  name: RepositoryName,
  id: { readonly imageDigest?: string | undefined; readonly imageTag?: string | undefined },
): ImageNotFoundException =>
  new ImageNotFoundException({
    ...META,
    message: `The image with imageId {imageDigest:'${id.imageDigest ?? "null"}', imageTag:'${id.imageTag ?? "null"}'} does not exist within ${inRegistry(name)}`,
  });

export const imageAlreadyExists = (
  name: RepositoryName,
  digest: string,
  tag: string | undefined,
): ImageAlreadyExistsException =>
  new ImageAlreadyExistsException({
    ...META,
    message: `Image with digest '${digest}' and tag '${tag ?? "null"}' already exists in the repository with name '${name.name}' in registry with id '${name.accountId}'`,
  });

export const policyNotFound = (name: RepositoryName): RepositoryPolicyNotFoundException =>
  new RepositoryPolicyNotFoundException({
    ...META,
    message: `Repository policy does not exist for ${inRegistry(name)}`,
  });

export const lifecyclePolicyNotFound = (name: RepositoryName): LifecyclePolicyNotFoundException =>
  new LifecyclePolicyNotFoundException({
    ...META,
    message: `Lifecycle policy does not exist for ${inRegistry(name)}`,
  });

export const invalidParameter = (message: string): InvalidParameterException =>
  new InvalidParameterException({ ...META, message });

export const invalidTags = (message: string): InvalidTagParameterException =>
  new InvalidTagParameterException({ ...META, message });

export const tooManyTags = (): TooManyTagsException =>
  new TooManyTagsException({ ...META, message: `Too many tags: a resource may have ${TAGS_MAX}` });

export const uploadNotFound = (name: RepositoryName, uploadId: string): UploadNotFoundException =>
  new UploadNotFoundException({
    ...META,
    message: `The upload with id '${uploadId}' does not exist in ${inRegistry(name)}`,
  });

export const layerAlreadyExists = (name: RepositoryName, digest: string): LayerAlreadyExistsException =>
  new LayerAlreadyExistsException({
    ...META,
    message: `The layer with digest '${digest}' already exists in ${inRegistry(name)}`,
  });

export const layersNotFound = (name: RepositoryName, message: string): LayersNotFoundException =>
  new LayersNotFoundException({ ...META, message: `${message} in ${inRegistry(name)}` });

export const invalidLayerPart = (
  name: RepositoryName,
  uploadId: string,
  lastValidByteReceived: number,
): InvalidLayerPartException =>
  new InvalidLayerPartException({
    ...META,
    registryId: name.accountId,
    repositoryName: name.name,
    uploadId,
    lastValidByteReceived,
    message: `The layer part of the upload '${uploadId}' does not begin after the last byte that was received (${lastValidByteReceived})`,
  });

/** What the registry refuses, as the operation that met it says it. Texts that ECR's users see in `docker push` are its own. */
export function asEcrError(name: RepositoryName, problem: RegistryProblem): Error {
  const { code, message } = problem;
  switch (code) {
    case "NAME_UNKNOWN":
      return repositoryNotFound(name);
    case "TAG_INVALID":
      return new ImageTagAlreadyExistsException({ ...META, message });
    case "MANIFEST_BLOB_UNKNOWN":
      return message.startsWith("manifest")
        ? new ReferencedImagesNotFoundException({ ...META, message })
        : layersNotFound(name, message);
    case "DIGEST_INVALID":
      return new ImageDigestDoesNotMatchException({
        ...META,
        message: "The image digest provided does not match the manifest",
      });
    case "SIZE_INVALID":
      return new InvalidLayerException({ ...META, message });
    case "TOOMANYREQUESTS":
      return new LimitExceededException({ ...META, message });
    default:
      return invalidParameter(`Invalid parameter at 'ImageManifest' failed to satisfy constraint: '${message}'`);
  }
}

/** Runs a step of the registry with ECR's errors. */
export async function inEcrsWords<T>(name: RepositoryName, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof RegistryProblem ? asEcrError(name, error) : error;
  }
}
