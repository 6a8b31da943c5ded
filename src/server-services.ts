/** The services of this server, one entry each. What they are made of is loaded by the first request to each. */
import { systemClock as clock, systemRandom as random } from "./base/index.ts";
import type { Router } from "./invoke/index.ts";
import { type LambdaRoom, lambdaService } from "./lambda/index.ts";
import type { ServerRegistry } from "./server-registry.ts";
import { ecrService } from "./services/ecr/index.ts";
import { type IamClient, iamService } from "./services/iam/index.ts";
import { kmsService } from "./services/kms/index.ts";
import { logsService } from "./services/logs/index.ts";
import { type S3Client, signerService } from "./services/signer/index.ts";
import { stsService } from "./services/sts/index.ts";
import type { Store } from "./store/index.ts";
import type { Service, Wire } from "./wire/index.ts";

export interface ServicesOptions {
  readonly store: Store;
  readonly lambda: LambdaRoom;
  readonly router: Router;
  readonly registry: ServerRegistry;
  /** A client of another of these services. */
  readonly client: Wire["client"];
  readonly has: (service: string) => boolean;
}

export function serverServices(options: ServicesOptions): readonly Service[] {
  const { store, lambda, router, registry, client, has } = options;
  const ports = { store, clock, random };
  return [
    lambdaService({ controlPlane: lambda, dataPlane: router }),
    logsService(ports),
    stsService({ ...ports, iamClient: (caller) => client<IamClient>("iam", caller) }),
    iamService(ports),
    ecrService(async () => ({ ...(await registry.open()), clock, random })),
    kmsService(ports),
    signerService({ ...ports, s3: (caller) => (has("s3") ? client<S3Client>("s3", caller) : undefined) }),
  ];
}
