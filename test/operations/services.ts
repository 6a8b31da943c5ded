/** Every service of this server with its client package and the names of the operations that have a handler. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lineLog, systemClock, systemRandom } from "../../src/base/index.ts";
import { lambdaService } from "../../src/lambda/index.ts";
import { Harness } from "../../src/lambda/testing/harness.ts";
import { Registry, RegistryTokens, Uploads } from "../../src/registry/index.ts";
import { ecrService } from "../../src/services/ecr/index.ts";
import { iamService } from "../../src/services/iam/index.ts";
import { kmsService } from "../../src/services/kms/index.ts";
import { logsService } from "../../src/services/logs/index.ts";
import { signerService } from "../../src/services/signer/index.ts";
import { stsService } from "../../src/services/sts/index.ts";
import { openLocalStore } from "../../src/store/index.ts";
import type { ClientModule, Service } from "../../src/wire/index.ts";
import { type OperationModel, readServiceModel } from "../../src/wire/schema/service-model.ts";

export interface ServiceOperations {
  /** As AWS titles it. */
  readonly title: string;
  /** `@aws-sdk/client-lambda`. */
  readonly clientPackage: string;
  /** Folders of this repository that are about it. */
  readonly folders: readonly string[];
  /** By name. */
  readonly operations: readonly OperationModel[];
  readonly handled: ReadonlySet<string>;
}

/** Loads every service over an empty store, which goes away again. */
export async function readServices(): Promise<readonly ServiceOperations[]> {
  const folder = await mkdtemp(join(tmpdir(), "lambent-operations-"));
  const log = lineLog("error", (line) => process.stderr.write(line));
  const [clock, random] = [systemClock, systemRandom];
  const store = await openLocalStore({ folder, clock, random, log });
  const harness = await Harness.open();
  try {
    const ports = { store, clock, random };
    const registry = new Registry({ ...ports, log, isUsedElsewhere: () => false });
    const tokens = new RegistryTokens({ records: store.records, clock, random });
    const uploads = new Uploads({ folder: join(folder, "uploads"), clock, random, log });
    const noClient = (): never => {
      throw new Error("nobody calls another service to name operations");
    };
    const services: readonly (readonly [title: string, folder: string, Service])[] = [
      ["Lambda", "src/lambda", lambdaService({ controlPlane: harness.room, dataPlane: harness.router })],
      ["IAM", "src/services/iam", iamService(ports)],
      ["STS", "src/services/sts", stsService({ ...ports, iamClient: noClient })],
      ["CloudWatch Logs", "src/services/logs", logsService(ports)],
      ["ECR", "src/services/ecr", ecrService(() => ({ registry, uploads, tokens, clock, random }))],
      ["KMS", "src/services/kms", kmsService(ports)],
      ["Signer", "src/services/signer", signerService({ ...ports, s3: () => undefined })],
    ];
    return await Promise.all(services.map(([title, at, service]) => operationsOf(title, at, service)));
  } finally {
    await harness[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
}

const CLIENTS: Readonly<Record<string, string>> = { logs: "cloudwatch-logs" };

async function operationsOf(title: string, folder: string, service: Service): Promise<ServiceOperations> {
  const { client, handlers }: { readonly client: ClientModule; readonly handlers: object } = await service.load();
  const model = readServiceModel(client);
  return {
    title,
    clientPackage: `@aws-sdk/client-${CLIENTS[service.name] ?? service.name}`,
    folders: title === "Lambda" ? [folder, "src/invoke", "src/function-urls", "test/"] : [folder],
    operations: [...model.operations.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    handled: new Set(Object.keys(handlers)),
  };
}
