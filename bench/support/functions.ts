/** Deploys the hello functions of bench/functions through the public API, as any client would. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { ZipFile } from "yazl";
import type { Target } from "./load.ts";

export interface Hello {
  readonly folder: "node-hello" | "python-hello" | "sh-hello" | "node-sleeps" | "python-sleeps";
  readonly runtime: string;
  readonly handler: string;
}

/** The three kinds of function that every cold figure is measured for. */
export function hellos(pythonRuntime: string): readonly Hello[] {
  return [
    { folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" },
    { folder: "python-hello", runtime: pythonRuntime, handler: "app.handler" },
    { folder: "sh-hello", runtime: "provided.al2023", handler: "bootstrap" },
  ];
}

/** Functions that take `{"ms": …}` and answer after that time. */
export function sleepers(pythonRuntime: string): readonly Hello[] {
  return [
    { folder: "node-sleeps", runtime: "nodejs26.x", handler: "index.handler" },
    { folder: "python-sleeps", runtime: pythonRuntime, handler: "app.handler" },
  ];
}

export function lambdaClient(url: string): LambdaClient {
  return new LambdaClient({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
    maxAttempts: 1,
  });
}

/** Zips one folder of bench/functions, modes kept. */
export async function zipFolder(folder: string): Promise<Uint8Array> {
  const root = join(import.meta.dirname, "..", "functions", folder);
  const zip = new ZipFile();
  for (const name of readdirSync(root))
    zip.addBuffer(readFileSync(join(root, name)), name, { mode: 0o100755, mtime: new Date(0) });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Creates the function and waits until it is active. */
export async function deploy(
  client: LambdaClient,
  name: string,
  hello: Hello,
  extra: Partial<CreateFunctionCommandInput> = {},
): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: runtimeName(hello.runtime),
      Handler: hello.handler,
      Role: "arn:aws:iam::000000000000:role/bench",
      MemorySize: 512,
      Timeout: 30,
      Code: { ZipFile: await zipFolder(hello.folder) },
      ...extra,
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 0.01, maxDelay: 0.05 }, { FunctionName: name });
}

function runtimeName(text: string): NonNullable<CreateFunctionCommandInput["Runtime"]> {
  return text as NonNullable<CreateFunctionCommandInput["Runtime"]>;
}

export async function invoke(client: LambdaClient, name: string): Promise<string> {
  const answer = await client.send(new InvokeCommand({ FunctionName: name, Payload: new TextEncoder().encode("{}") }));
  const text = new TextDecoder().decode(answer.Payload);
  if (answer.FunctionError !== undefined || text !== '"hello"') throw new Error(`${name} answered ${text}`);
  return text;
}

/** The Invoke request as raw HTTP, for the load generator. */
export function invokeTarget(url: string, name: string): Target {
  return {
    url: `${url}/2015-03-31/functions/${name}/invocations`,
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      authorization:
        "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: "{}",
  };
}
