/** The Lambda service of a harness on a real port, with an unmodified SDK client. */
import { once } from "node:events";
import type { Server } from "node:http";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { createHttpServer, createWire } from "../../wire/index.ts";
import { lambdaService } from "../index.ts";
import { Harness, type HarnessOptions, REGION } from "./harness.ts";

export class Served implements AsyncDisposable {
  readonly lambda: Harness;
  readonly url: string;
  readonly client: LambdaClient;
  readonly #server: Server;

  private constructor(lambda: Harness, server: Server, url: string) {
    this.lambda = lambda;
    this.url = url;
    this.#server = server;
    const credentials = { accessKeyId: "000000000000", secretAccessKey: "test" };
    this.client = new LambdaClient({ endpoint: url, region: REGION, credentials, maxAttempts: 1 });
  }

  static async open(options: HarnessOptions = {}): Promise<Served> {
    const lambda = await Harness.open(options);
    const address = { url: "" };
    const wire = createWire({
      services: [lambdaService({ controlPlane: lambda.room, dataPlane: lambda.router })],
      clock: systemClock,
      random: systemRandom,
      log: lineLog("error", (line) => void lambda.logged.push(line)),
      endpoint: () => address.url,
      unrouted: (request, response) => {
        if (!request.url?.startsWith(lambda.room.httpHook.pathPrefix)) return false;
        lambda.room.httpHook.handle(request, response).catch(() => response.destroy());
        return true;
      },
    });
    const server = createHttpServer(wire);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("the server does not listen on TCP");
    address.url = `http://127.0.0.1:${bound.port}`;
    return new Served(lambda, server, address.url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    await this.lambda[Symbol.asyncDispose]();
  }
}
