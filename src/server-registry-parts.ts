/**
 * The parts of the registry as this server has them: repositories for functions and for ECR, and the distribution protocol in
 * front of them. Loaded by server-registry.ts when there is something in it or somebody asks.
 */
import { join } from "node:path";
import type { Authorization } from "./authorization/index.ts";
import type { Clock, Log, Random } from "./base/index.ts";
import type { Repositories } from "./images/index.ts";
import {
  Distribution,
  Registry,
  RegistryAccess,
  type RegistryGate,
  RegistryProblem,
  RegistryTokens,
  type RepositoryName,
  type RepositoryRecord,
  repositoriesOf,
  Uploads,
  withResource,
} from "./registry/index.ts";
import type { Store } from "./store/index.ts";
import { partitionOf, requestOrigin, ServiceError } from "./wire/index.ts";

/** As the wire takes clients that name no account and no region. */
const DEFAULT_PLACE = { accountId: "000000000000", region: "us-east-1" };

export interface RegistryPartsOptions {
  readonly store: Store;
  readonly dataFolder: string;
  /** Undefined where nobody is authenticated. */
  readonly gate: Authorization | undefined;
  /** Whether content of this hash is a function's, so that it must stay. */
  readonly isUsedElsewhere: (hex: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface RegistryParts extends Disposable {
  readonly registry: Registry;
  readonly repositories: Repositories;
  readonly uploads: Uploads;
  readonly tokens: RegistryTokens;
  readonly distribution: Distribution;
}

export async function openRegistryParts(options: RegistryPartsOptions): Promise<RegistryParts> {
  const { store, dataFolder, gate, isUsedElsewhere, clock, random, log } = options;
  const registry = new Registry({ store, clock, log, isUsedElsewhere });
  await registry.start();
  const tokens = new RegistryTokens({ records: store.records, clock, random });
  const uploads = new Uploads({ folder: join(dataFolder, "registry", "uploads"), clock, random, log });
  const access = new RegistryAccess({
    tokens,
    defaultPlace: DEFAULT_PLACE,
    isTokenRequired: gate?.mode === "enforce",
    ...(gate !== undefined && { gate: registryGate(gate) }),
  });
  return {
    registry,
    repositories: repositoriesOf(registry, isSharedWith),
    uploads,
    tokens,
    distribution: new Distribution({ registry, uploads, access, log }),
    [Symbol.dispose]() {
      uploads[Symbol.dispose]();
      registry[Symbol.dispose]();
    },
  };
}

/** Whether Lambda may have a repository's images for functions of another account, as the repository's policy says. */
async function isSharedWith(repository: RepositoryRecord, accountId: string): Promise<boolean> {
  if (repository.policy === undefined) return false;
  const { decide, parsePolicy } = await import("./policy/index.ts");
  const resource = repositoryArn(repository);
  const policy = parsePolicy(withResource(repository.policy, resource), "resource");
  const principal = { kind: "service", service: "lambda.amazonaws.com" } as const;
  const context = new Map([["aws:sourceaccount", [accountId]]]);
  return ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"].every(
    (action) =>
      decide({ principal, action, resource, context }, { resource: { policy, accountId: repository.accountId } })
        .allowed,
  );
}

function repositoryArn({ region, accountId, name }: RepositoryName): string {
  return `arn:${partitionOf(region)}:ecr:${region}:${accountId}:repository/${name}`;
}

/** Decides about each step of a pull or push as about the operation of ECR that it stands for. */
function registryGate(gate: Authorization): RegistryGate {
  return async (request, principal, { action, repository, record }) => {
    const { region } = repository;
    const resource = repositoryArn(repository);
    try {
      await gate.authorize({
        needs: [
          {
            action,
            resource,
            resourcePolicy: record?.policy === undefined ? null : withResource(record.policy, resource),
          },
        ],
        call: { service: "ecr", principal, accountId: principal.accountId, region },
        origin: requestOrigin(request),
      });
    } catch (error) {
      if (error instanceof ServiceError) throw new RegistryProblem("DENIED", 403, error.message);
      throw error;
    }
  };
}
