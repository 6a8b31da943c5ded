/** What each operation of ECR needs of its caller: its action on the repository, whose policy has a say. */

import { type RepositoryName, withResource } from "../../registry/index.ts";
import type { Authorization, Call, Need } from "../../wire/index.ts";
import { type EcrClient, type EcrPorts, nameOf, nameOfArn, repositoryArn } from "./state.ts";

export function ecrAuthorization(ports: EcrPorts): Authorization<EcrClient> {
  async function need(call: Call, name: RepositoryName): Promise<Need[]> {
    const record = await ports.registry.repository(name);
    const resource = repositoryArn(call, name);
    return [
      {
        action: `ecr:${call.operation}`,
        resource,
        resourcePolicy: record?.policy === undefined ? null : withResource(record.policy, resource),
      },
    ];
  }
  const onNamed = (input: { readonly registryId?: string | undefined; readonly repositoryName: string }, call: Call) =>
    need(call, nameOf(input, call));
  const onArn = (input: { readonly resourceArn: string }, call: Call) => need(call, nameOfArn(input.resourceArn, call));
  return {
    async DescribeRepositories({ registryId, repositoryNames: names = [] }, call) {
      const asked = names.length === 0 ? ["*"] : names;
      return (await Promise.all(asked.map((repositoryName) => onNamed({ registryId, repositoryName }, call)))).flat();
    },
    CreateRepository: onNamed,
    DeleteRepository: onNamed,
    DescribeImages: onNamed,
    ListImages: onNamed,
    BatchGetImage: onNamed,
    BatchDeleteImage: onNamed,
    PutImage: onNamed,
    BatchCheckLayerAvailability: onNamed,
    InitiateLayerUpload: onNamed,
    UploadLayerPart: onNamed,
    CompleteLayerUpload: onNamed,
    GetDownloadUrlForLayer: onNamed,
    SetRepositoryPolicy: onNamed,
    GetRepositoryPolicy: onNamed,
    DeleteRepositoryPolicy: onNamed,
    PutLifecyclePolicy: onNamed,
    GetLifecyclePolicy: onNamed,
    DeleteLifecyclePolicy: onNamed,
    PutImageTagMutability: onNamed,
    PutImageScanningConfiguration: onNamed,
    TagResource: onArn,
    UntagResource: onArn,
    ListTagsForResource: onArn,
  };
}
