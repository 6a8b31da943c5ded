/** What every handler of this room works with, and how a request's repository is found. */
import type * as client from "@aws-sdk/client-ecr";
import type { Clock, Random } from "../../base/index.ts";
import type { Registry, RegistryTokens, RepositoryName, RepositoryRecord, Uploads } from "../../registry/index.ts";
import type { Call } from "../../wire/index.ts";
import { invalidParameter, repositoryNotFound } from "./errors.ts";

export type EcrClient = typeof client;

export interface EcrPorts {
  readonly registry: Registry;
  readonly uploads: Uploads;
  readonly tokens: RegistryTokens;
  readonly clock: Clock;
  readonly random: Random;
}

interface Named {
  readonly registryId?: string | undefined;
  readonly repositoryName: string;
}

/** Where the repository is that a request names: another account's too. */
export function nameOf({ registryId, repositoryName }: Named, call: Call): RepositoryName {
  return { accountId: registryId ?? call.accountId, region: call.region, name: repositoryName };
}

/** Throws RepositoryNotFoundException. */
export async function getRepository(ports: EcrPorts, named: Named, call: Call): Promise<RepositoryRecord> {
  const name = nameOf(named, call);
  const record = await ports.registry.repository(name);
  if (record === undefined) throw repositoryNotFound(name);
  return record;
}

/** Changes a repository; throws RepositoryNotFoundException. */
export async function changeRepository(
  ports: EcrPorts,
  named: Named,
  call: Call,
  change: (record: RepositoryRecord) => RepositoryRecord,
): Promise<RepositoryRecord> {
  const name = nameOf(named, call);
  const record = await ports.registry.changeRepository(name, change);
  if (record === undefined) throw repositoryNotFound(name);
  return record;
}

export function repositoryArn(
  { partition }: Pick<Call, "partition">,
  { region, accountId, name }: RepositoryName,
): string {
  return `arn:${partition}:ecr:${region}:${accountId}:repository/${name}`;
}

/** The repository of an ARN of this region. Throws InvalidParameterException. */
export function nameOfArn(arn: string, call: Call): RepositoryName {
  const [, region, accountId, name] = /^arn:[^:]+:ecr:([^:]+):(\d{12}):repository\/(.+)$/.exec(arn) ?? [];
  if (region !== call.region || accountId === undefined || name === undefined) {
    throw invalidParameter(`Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'`);
  }
  return { accountId, region, name };
}
