/** Function URLs over real HTTP, with functions that run inside the test's own process. */
import { once } from "node:events";
import { type IncomingMessage, request, type Server } from "node:http";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { lambdaService } from "../../lambda/index.ts";
import { Harness, type HarnessOptions } from "../../lambda/testing/harness.ts";
import { createHttpServer, createWire, type OperationInput } from "../../wire/index.ts";
import { type CallerKeys, createFunctionUrls } from "../index.ts";

type UrlSettings = Partial<OperationInput<typeof import("@aws-sdk/client-lambda"), "CreateFunctionUrlConfig">>;

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** The account's users and roles are not known here: every key is somebody's. */
const NO_KEYS: CallerKeys = {
  find: async () => undefined,
  refusesUnknown: false,
  userIdOf: ({ arn }) => `AIDA-${arn}`,
};

export class UrlHarness implements AsyncDisposable {
  readonly lambda: Harness;
  readonly logged: string[] = [];
  readonly #server: Server;

  private constructor(lambda: Harness, keys: CallerKeys) {
    this.lambda = lambda;
    const log = lineLog("warn", (line) => void this.logged.push(line));
    const { room, router } = lambda;
    const ports = { clock: systemClock, random: systemRandom, log };
    const urls = createFunctionUrls({
      ...ports,
      urls: room.urls,
      dispatcher: router.dispatcher,
      keys,
      addressOf: ({ id, region }) => `http://${id}.lambda-url.${region}.localhost:${this.port}/`,
    });
    const services = [lambdaService({ controlPlane: room, dataPlane: router })];
    const endpoint = (): string => `http://localhost:${this.port}`;
    this.#server = createHttpServer(createWire({ ...ports, services, endpoint, front: urls.take }));
  }

  static async open(options: HarnessOptions & { readonly keys?: CallerKeys } = {}): Promise<UrlHarness> {
    const harness = new UrlHarness(await Harness.open(options), options.keys ?? NO_KEYS);
    harness.#server.listen(0, "127.0.0.1");
    await once(harness.#server, "listening");
    return harness;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Creates a function with a URL that everybody may call; the URL's host name. */
  async create(name: string, source: string, settings: UrlSettings = {}): Promise<string> {
    await this.lambda.create(name, source);
    const url = await this.createUrl(name, settings);
    await this.grant(name);
    return url;
  }

  async createUrl(FunctionName: string, settings: UrlSettings = {}): Promise<string> {
    const AuthType = "NONE";
    const { FunctionUrl = "" } = await this.lambda.call("CreateFunctionUrlConfig", {
      AuthType,
      ...settings,
      FunctionName,
    });
    return `${new URL(FunctionUrl).hostname}:${this.port}`;
  }

  async grant(FunctionName: string, more: { readonly Qualifier?: string } = {}): Promise<void> {
    const common = { FunctionName, Principal: "*", ...more };
    await this.lambda.call("AddPermission", {
      ...common,
      StatementId: "url",
      Action: "lambda:InvokeFunctionUrl",
      FunctionUrlAuthType: "NONE",
    });
    await this.lambda.call("AddPermission", {
      ...common,
      StatementId: "invoke",
      Action: "lambda:InvokeFunction",
      InvokedViaFunctionUrl: true,
    });
  }

  /** Resolves with the head; the body comes as the response is read. */
  open(host: string, { method = "GET", path = "/", headers = {}, body = "" }: Sent = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const call = request(
        { host: "127.0.0.1", port: this.port, method, path, headers: { host, ...headers }, agent: false },
        resolve,
      );
      call.once("error", reject);
      call.end(body);
    });
  }

  async send(host: string, sent: Sent = {}): Promise<Answer> {
    const response = await this.open(host, sent);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(Buffer.from(chunk));
    const { statusCode: status = 0, headers, rawHeaders } = response;
    return { status, headers, rawHeaders, body: Buffer.concat(chunks).toString() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
    await this.lambda[Symbol.asyncDispose]();
  }
}
