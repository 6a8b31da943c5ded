/** What journeys with the SDK begin with: a client of the server, and functions that are there to be invoked. */
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { zip } from "./zip.ts";

/** What clients of any service are made with. They try once: what a server answers first is what is tested. */
export function clientConfiguration({ url }: { readonly url: string }): {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
} {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return { endpoint: url, region: "us-east-1", credentials, maxAttempts: 1 };
}

/** Creates a function from its files, waits until it is active, and gives its ARN. The handler is `index.handler` by default. */
export async function createFunction(
  client: LambdaClient,
  {
    files,
    ...settings
  }: Omit<Partial<CreateFunctionCommandInput>, "Code"> & {
    readonly FunctionName: string;
    readonly files: Readonly<Record<string, string | Uint8Array>>;
  },
): Promise<string> {
  const { FunctionName } = settings;
  const { FunctionArn = "" } = await client.send(
    new CreateFunctionCommand({
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/lambda",
      ...settings,
      Code: { ZipFile: await zip(files) },
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 120, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName });
  return FunctionArn;
}
