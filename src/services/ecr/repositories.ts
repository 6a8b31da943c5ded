/** CreateRepository, DescribeRepositories, DeleteRepository. */
import type { EncryptionType, ImageTagMutabilityExclusionFilter, Repository } from "@aws-sdk/client-ecr";
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import { partPath, placePath, type RepositoryRecord } from "../../registry/index.ts";
import type { Call, Handlers } from "../../wire/index.ts";
import { invalidParameter, repositoryAlreadyExists, repositoryNotEmpty, repositoryNotFound } from "./errors.ts";
import { PAGE_ITEMS } from "./limits.ts";
import { type EcrClient, type EcrPorts, getRepository, nameOf, repositoryArn } from "./state.ts";
import { tagsOf } from "./tags.ts";

type Operations = "CreateRepository" | "DescribeRepositories" | "DeleteRepository";

export function repositoryHandlers(ports: EcrPorts): Pick<Handlers<EcrClient>, Operations> {
  const { registry, clock } = ports;
  return {
    async CreateRepository(input, call) {
      const name = nameOf(input, call);
      const mutability = input.imageTagMutability ?? "MUTABLE";
      const exclusions = input.imageTagMutabilityExclusionFilters;
      const encryption = input.encryptionConfiguration;
      const record: RepositoryRecord = {
        ...name,
        createdMs: clock.now(),
        mutability,
        ...(exclusions !== undefined && {
          mutabilityExclusions: exclusions.map(({ filterType, filter }) => ({ filterType, filter })),
        }),
        scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
        encryption: {
          encryptionType: encryption?.encryptionType ?? "AES256",
          ...(encryption?.kmsKey !== undefined && { kmsKey: encryption.kmsKey }),
        },
        tags: tagsOf(input.tags ?? []),
      };
      if (!(await registry.createRepository(record))) throw repositoryAlreadyExists(name);
      return { repository: shown(record, call) };
    },

    async DescribeRepositories(input, call) {
      const { repositoryNames: names, registryId, maxResults, nextToken } = input;
      if (names !== undefined && names.length > 0) {
        const found = await Promise.all(
          names.map((repositoryName) => getRepository(ports, { repositoryName, registryId }, call)),
        );
        return { repositories: found.map((record) => shown(record, call)) };
      }
      const start = placePath({ accountId: registryId ?? call.accountId, region: call.region });
      const after = nextToken === undefined ? undefined : decodePageToken("ecr/repositories", nextToken);
      if (nextToken !== undefined && after === undefined) throw invalidParameter("Invalid parameter at 'nextToken'");
      const limit = maxResults ?? PAGE_ITEMS;
      const page = await registry.tables.repositories.list(start, { limit: limit + 1, after });
      const repositories = page.slice(0, limit).map(({ value }) => shown(value, call));
      const last = page.length > limit ? page[limit - 1] : undefined;
      return { repositories, ...(last && { nextToken: encodePageToken("ecr/repositories", last.path) }) };
    },

    async DeleteRepository(input, call) {
      const name = nameOf(input, call);
      const record = await registry.deleteRepository(name, async () => {
        if (input.force) return;
        for await (const _image of registry.tables.images.scan(partPath(name))) throw repositoryNotEmpty(name);
      });
      if (record === undefined) throw repositoryNotFound(name);
      return { repository: shown(record, call) };
    },
  };
}

function shown(record: RepositoryRecord, call: Call): Repository {
  const { name, accountId, createdMs, mutability, mutabilityExclusions, scanOnPush, encryption } = record;
  return {
    repositoryArn: repositoryArn(call, record),
    registryId: accountId,
    repositoryName: name,
    // Docker takes `localhost` without TLS, and the token of a login says whose repository it is.
    repositoryUri: `${new URL(call.endpoint).host}/${name}`,
    createdAt: new Date(createdMs),
    imageTagMutability: mutability as NonNullable<Repository["imageTagMutability"]>,
    ...(mutabilityExclusions !== undefined && {
      imageTagMutabilityExclusionFilters: mutabilityExclusions.map(({ filterType, filter }) => ({
        filterType: filterType as ImageTagMutabilityExclusionFilter["filterType"],
        filter,
      })),
    }),
    imageScanningConfiguration: { scanOnPush },
    encryptionConfiguration: {
      encryptionType: encryption.encryptionType as EncryptionType,
      ...(encryption.kmsKey !== undefined && { kmsKey: encryption.kmsKey }),
    },
  };
}
