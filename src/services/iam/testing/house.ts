/** For tests: IAM and STS over one store behind the real wire, with SDK clients and the directory that follows them. */
import { IAMClient } from "@aws-sdk/client-iam";
import { STSClient } from "@aws-sdk/client-sts";
import { type Clock, lineLog, systemClock, systemRandom } from "../../../base/index.ts";
import type { Store } from "../../../store/index.ts";
import { type TestServer, testServer, testStore } from "../../kit/testing.ts";
import { createSessionFinder, createSessionResolver, stsService } from "../../sts/index.ts";
import { createUserKeys, type IamClient, type IamDirectory, iamService, openIamDirectory } from "../index.ts";

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface IamHouse extends AsyncDisposable {
  readonly iam: IAMClient;
  readonly sts: STSClient;
  readonly store: Store;
  readonly directory: IamDirectory;
  readonly endpoint: string;
  iamAs(keys: Keys): IAMClient;
  stsAs(keys: Keys): STSClient;
}

export async function openIamHouse(clock: Clock = systemClock): Promise<IamHouse> {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await testStore(clock));
  const log = lineLog("error", (line) => process.stderr.write(line));
  const ports = { store, clock, random: systemRandom };
  const resolve = createSessionResolver(ports);
  const userKeys = stack.use(createUserKeys({ records: store.records, log }));
  const directory = stack.use(
    await openIamDirectory({ records: store.records, log, findSession: createSessionFinder(ports) }),
  );
  const sts = stsService({ ...ports, log, iamClient: (identity) => server.wire.client<IamClient>("iam", identity) });
  const server: TestServer = stack.use(
    await testServer([iamService(ports), sts], (accessKeyId, token) => {
      const found = token === undefined ? userKeys.find(accessKeyId) : resolve(accessKeyId, token);
      return found?.then((key) => key?.principal);
    }),
  );
  const open = stack.move();
  // A refused quota looks to the SDK like a throttle that goes by.
  const config = { ...server.clientConfig, maxAttempts: 1 };
  const iamAs = (credentials: Keys): IAMClient =>
    open.adopt(new IAMClient({ ...config, credentials }), (client) => void client.destroy());
  const stsAs = (credentials: Keys): STSClient =>
    open.adopt(new STSClient({ ...config, credentials }), (client) => void client.destroy());
  return {
    iam: iamAs(config.credentials),
    sts: stsAs(config.credentials),
    store,
    directory,
    endpoint: config.endpoint,
    iamAs,
    stsAs,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

export const TRUST: string = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** A document with these statements. */
export const documentOf = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

export const ALLOW_LIST: string = documentOf({ Effect: "Allow", Action: "s3:ListBucket", Resource: "*" });
