/** A server of a few sample operations behind a gate, with keys and policies given by the test, and a way to send any bytes. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type * as lambda from "@aws-sdk/client-lambda";
import type * as s3 from "@aws-sdk/client-s3";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Clock, lineLog, systemClock } from "../../base/index.ts";
import { parsePolicy } from "../../policy/index.ts";
import {
  type Call,
  type Authorization as Needed,
  type Principal,
  partitionOf,
  type Service,
} from "../../wire/index.ts";
import { serve, type TestServer } from "../../wire/testing/serve.ts";
import {
  type Authorization,
  createAuthorization,
  type Identities,
  type KeySecret,
  type PrincipalPolicies,
} from "../index.ts";

export const ACCOUNT = "111122223333";

export interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Person {
  readonly key: Key;
  readonly arn: string;
  readonly accountId?: string;
  /** Documents of identity policies. */
  readonly allows?: readonly object[];
  readonly boundary?: object;
  readonly session?: object;
  readonly active?: boolean;
  readonly expiresAt?: number;
}

export const allow = (Action: string | string[], Resource: string | string[] = "*"): object => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action, Resource }],
});

export const deny = (Action: string, Resource = "*"): object => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Action, Resource }],
});

export interface House extends AsyncDisposable {
  readonly server: TestServer;
  readonly gate: Authorization;
  readonly log: readonly string[];
  /** Calls that reached a handler: operation and principal. */
  readonly served: readonly { readonly operation: string; readonly principal: Principal }[];
}

export interface HouseOptions {
  readonly mode?: "audit" | "enforce";
  readonly people: readonly Person[];
  readonly clock?: Clock;
  /** By function name. */
  readonly resourcePolicies?: Readonly<Record<string, object>>;
}

export async function openHouse({
  mode = "enforce",
  people,
  clock = systemClock,
  resourcePolicies,
}: HouseOptions): Promise<House> {
  const log: string[] = [];
  const served: { operation: string; principal: Principal }[] = [];
  const gate = createAuthorization({
    mode,
    identities: identitiesOf(people),
    clock,
    log: lineLog("warn", (line) => void log.push(line)),
  });
  const server = await serve(
    [lambdaSample(served, resourcePolicies ?? {}), s3Sample(served), stsSample(served), logsSample(served)],
    { gate },
  );
  return { server, gate, log, served, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function identitiesOf(people: readonly Person[]): Identities {
  const principalOf = ({ arn, accountId = ACCOUNT, key }: Person): Principal => ({
    kind: arn.includes(":assumed-role/") ? "assumed-role" : "user",
    accountId,
    arn,
    accessKeyId: key.accessKeyId,
  });
  const compiled = (document: object | undefined) => document && parsePolicy(JSON.stringify(document), "identity");
  return {
    async secretOf(accessKeyId): Promise<KeySecret | undefined> {
      const person = people.find(({ key }) => key.accessKeyId === accessKeyId);
      if (person === undefined) return undefined;
      const { key, active = true, expiresAt } = person;
      const { secretAccessKey, sessionToken } = key;
      return {
        principal: principalOf(person),
        secretAccessKey,
        sessionToken,
        expiresAt,
        active,
        userId: `AIDA${accessKeyId}`,
      };
    },
    async policiesOf({ arn }): Promise<PrincipalPolicies | undefined> {
      const person = people.find((candidate) => candidate.arn === arn);
      if (person === undefined || arn.endsWith(":root")) return undefined;
      const { accountId = ACCOUNT, allows = [], boundary, session } = person;
      const limit = compiled(session);
      const [, role = ""] = /assumed-role\/([^/]+)/.exec(arn) ?? [];
      return {
        principal: arn.includes(":assumed-role/")
          ? {
              kind: "assumed-role",
              accountId,
              arn,
              roleArn: `arn:${partitionOf("us-east-1")}:iam::${accountId}:role/${role}`,
            }
          : { kind: "user", accountId, arn },
        userId: "AIDAEXAMPLE",
        identity: allows.map((document) => parsePolicy(JSON.stringify(document), "identity")),
        boundary: compiled(boundary),
        session: limit === undefined ? undefined : [limit],
        tags: new Map(),
        facts: undefined,
      };
    },
  };
}

/** A handler that notes that it was reached. */
function noting<T>(served: Served, output: T): (input: unknown, call: Call) => Promise<T> {
  return async (_input, call) => {
    served.push(call);
    return output;
  };
}

type Served = { operation: string; principal: Principal }[];

function lambdaSample(served: Served, policies: Readonly<Record<string, object>>): Service<typeof lambda> {
  const need = (
    action: string,
    name: string,
  ): Awaited<ReturnType<NonNullable<Needed<typeof lambda>["GetFunction"]>>> => [
    {
      action,
      resource: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`,
      resourcePolicy: policies[name] === undefined ? null : JSON.stringify(policies[name]),
    },
  ];
  return {
    name: "lambda",
    paths: [/^\/2015-03-31\//],
    load: async () => ({
      client: await import("@aws-sdk/client-lambda"),
      handlers: {
        GetFunction: noting(served, {}),
        DeleteFunction: noting(served, {}),
        ListFunctions: noting(served, { Functions: [] }),
        Invoke: async ({ Payload }, call) => {
          served.push(call);
          return { StatusCode: 200, Payload: Payload ?? Buffer.from("null") };
        },
      },
      authorization: {
        GetFunction: ({ FunctionName }) => need("lambda:GetFunction", FunctionName),
        DeleteFunction: ({ FunctionName }) => need("lambda:DeleteFunction", FunctionName),
        Invoke: ({ FunctionName }) => need("lambda:InvokeFunction", FunctionName),
      },
    }),
  };
}

function s3Sample(served: Served): Service<typeof s3> {
  return {
    name: "s3",
    load: async () => ({
      client: await import("@aws-sdk/client-s3"),
      handlers: {
        PutObject: async ({ Body }, call) => {
          for await (const _chunk of Body ?? []);
          served.push(call);
          return {};
        },
        GetObject: noting(served, { Body: "content" }),
      },
    }),
  };
}

function stsSample(served: Served): Service<typeof import("@aws-sdk/client-sts")> {
  return {
    name: "sts",
    queryVersions: ["2011-06-15"],
    load: async () => ({
      client: await import("@aws-sdk/client-sts"),
      handlers: {
        GetCallerIdentity: async (_input, call) => {
          served.push(call);
          return { Arn: call.principal.arn, Account: call.accountId };
        },
        AssumeRoleWithWebIdentity: noting(served, {}),
      },
      authorization: { GetCallerIdentity: () => [], AssumeRoleWithWebIdentity: () => "public" },
    }),
  };
}

function logsSample(served: Served): Service<typeof import("@aws-sdk/client-cloudwatch-logs")> {
  return {
    name: "logs",
    targets: ["Logs_20140328"],
    load: async () => ({
      client: await import("@aws-sdk/client-cloudwatch-logs"),
      handlers: { DescribeLogGroups: noting(served, { logGroups: [] }) },
    }),
  };
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array;
}

export interface Asked {
  readonly key: Key;
  readonly service?: string;
  readonly region?: string;
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly at?: Date;
  /** Makes a presigned URL of this many seconds. */
  readonly expiresIn?: number;
}

/** A request as AWS's SDKs sign it, not sent yet. */
export async function signed(server: Pick<TestServer, "port">, asked: Asked): Promise<Sent> {
  const {
    key,
    service = "lambda",
    region = "us-east-1",
    method = "GET",
    path = "/2015-03-31/functions/",
    query = {},
  } = asked;
  const { headers = {}, body = "", at = new Date(), expiresIn } = asked;
  const signer = new SignatureV4({
    credentials: key,
    region,
    service,
    sha256: Sha256,
    uriEscapePath: service !== "s3",
  });
  const host = `127.0.0.1:${server.port}`;
  const unsignedBody = service === "s3" ? { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } : {};
  const request = { method, protocol: "http:", hostname: host, path, query, headers: { host, ...headers }, body };
  const done =
    expiresIn === undefined
      ? await signer.sign(request, { signingDate: at })
      : await signer.presign(
          { ...request, headers: { ...request.headers, ...unsignedBody }, body: "" },
          { signingDate: at, expiresIn },
        );
  return { method, path, query: (done.query ?? {}) as Sent["query"], headers: done.headers, body };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly code: string | undefined;
}

export async function send(
  { port }: Pick<TestServer, "port">,
  sent: Sent,
  rawHeaders?: readonly string[],
): Promise<Answer> {
  const query = Object.entries(sent.query)
    .flatMap(([name, value]) => [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`))
    .join("&");
  const path = query === "" ? sent.path : `${sent.path}?${query}`;
  const headers = rawHeaders ?? Object.entries(sent.headers).flatMap(([name, value]) => [name, String(value)]);
  const hasLength = headers.some((name) => name.toLowerCase() === "content-length");
  const outgoing = httpRequest({
    host: "127.0.0.1",
    port,
    path,
    method: sent.method,
    headers: [...headers, ...(hasLength ? [] : ["content-length", String(Buffer.byteLength(sent.body))])],
  });
  outgoing.end(sent.body);
  const [response] = await once(outgoing, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  const header: unknown = response.headers["x-amzn-errortype"];
  const code = typeof header === "string" ? header : /<Code>([^<]*)<|"__type":"(?:[^"]*#)?([^"]*)"/.exec(text);
  const named = typeof code === "string" ? code : (code?.[1] ?? code?.[2]);
  return { status: response.statusCode ?? 0, text, code: named };
}
