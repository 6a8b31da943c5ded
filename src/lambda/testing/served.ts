/** The Lambda service of a harness on a real port, with an unmodified SDK client. */
import { LambdaClient } from "@aws-sdk/client-lambda";
import { lineLog } from "../../base/index.ts";
import { serve, type TestServer } from "../../wire/testing/serve.ts";
import { lambdaService } from "../index.ts";
import { Harness, type HarnessOptions, REGION } from "./harness.ts";

export class Served implements AsyncDisposable {
  readonly lambda: Harness;
  readonly url: string;
  readonly client: LambdaClient;
  readonly #server: TestServer;

  private constructor(lambda: Harness, server: TestServer) {
    this.lambda = lambda;
    this.url = server.endpoint;
    this.#server = server;
    const credentials = { accessKeyId: "000000000000", secretAccessKey: "test" };
    this.client = new LambdaClient({ endpoint: this.url, region: REGION, credentials, maxAttempts: 1 });
  }

  static async open(options: HarnessOptions = {}): Promise<Served> {
    const lambda = await Harness.open(options);
    const server = await serve([lambdaService({ controlPlane: lambda.room, dataPlane: lambda.router })], {
      log: lineLog("error", (line) => void lambda.logged.push(line)),
      unrouted: (request, response) => {
        if (!request.url?.startsWith(lambda.room.httpHook.pathPrefix)) return false;
        lambda.room.httpHook.handle(request, response).catch(() => response.destroy());
        return true;
      },
    });
    return new Served(lambda, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    await this.#server[Symbol.asyncDispose]();
    await this.lambda[Symbol.asyncDispose]();
  }
}
