import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { UserError } from "../base/index.ts";
import { Arguments } from "./command.ts";
import { accountOf, clientConfig, clientVariables, serverConfig } from "./config.ts";

const given = (values: Record<string, unknown> = {}): Arguments => new Arguments(values, []);
const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof UserError);
    assert.ok(error.nextStep, "says what to do next");
    return error.code;
  }
  return undefined;
};

test("without flags and variables the server listens on loopback, port 4566, with data in .lambent", () => {
  assert.deepEqual(serverConfig(given(), {}), {
    port: 4566,
    host: "127.0.0.1",
    dataFolder: resolve(".lambent"),
    driver: "auto",
    strictRuntimes: false,
    spares: true,
    exposePorts: [],
    auth: "off",
    rootKey: undefined,
    allowUnauthenticated: false,
    logLevel: "warn",
    accountConcurrency: 1000,
    quotas: {},
    functionUrlBase: undefined,
    fileSystems: new Map(),
    imageFolders: [],
    imageRegistries: [],
    serviceEndpoints: {},
  });
});

test("a flag wins over a variable, a variable over the default", () => {
  const env = { LAMBENT_PORT: "5000", LAMBENT_HOME: "/data", LAMBENT_EXPOSE: "5432,6379", LAMBENT_DRIVER: "runc" };
  const fromEnv = serverConfig(given(), env);
  assert.deepEqual([fromEnv.port, fromEnv.dataFolder, fromEnv.driver], [5000, "/data", "runc"]);
  assert.deepEqual(fromEnv.exposePorts, [5432, 6379]);
  const fromFlags = serverConfig(given({ port: 0, data: "/other", driver: "crun", expose: ["80"] }), env);
  assert.deepEqual([fromFlags.port, fromFlags.dataFolder, fromFlags.driver], [0, "/other", "crun"]);
  assert.equal(serverConfig(given({ "no-spares": true }), {}).spares, false);
  assert.equal(serverConfig(given(), { LAMBENT_NO_SPARES: "1" }).spares, false);
});

test("services that are elsewhere are named by flags and the variable, flags first", () => {
  const env = { LAMBENT_SERVICE_ENDPOINTS: "sqs=http://q:1, SNS=https://t" };
  const { serviceEndpoints } = serverConfig(given({ "service-endpoint": ["sqs=http://localhost:9324"] }), env);
  assert.deepEqual(serviceEndpoints, { sqs: "http://localhost:9324", sns: "https://t" });
  for (const wrong of ["http://localhost", "ses=http://localhost", "sqs=localhost:9324", "sqs="]) {
    assert.equal(
      codeOf(() => serverConfig(given({ "service-endpoint": [wrong] }), {})),
      "bad-service-endpoint",
    );
  }
});

test("file systems are access points with folders that exist", () => {
  const arn = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0";
  const { fileSystems } = serverConfig(given({ "file-system": [`${arn}=.`] }), {});
  assert.deepEqual([...fileSystems], [[arn, resolve(".")]]);
  for (const wrong of [arn, `${arn}=`, `${arn}=/nowhere`, "fsap-1=.", "=."]) {
    assert.equal(
      codeOf(() => serverConfig(given({ "file-system": [wrong] }), {})),
      "bad-file-system",
    );
  }
});

test("function URLs are below the domain that is given, which must have sub-domains", () => {
  const baseOf = (base: string): string | undefined => serverConfig(given({ "url-base": base }), {}).functionUrlBase;
  assert.equal(baseOf("https://fn.example.com"), "https://fn.example.com");
  assert.equal(
    serverConfig(given(), { LAMBENT_URL_BASE: "http://dev.test:8080/" }).functionUrlBase,
    "http://dev.test:8080",
  );
  for (const wrong of [
    "fn.example.com",
    "ftp://fn.example.com",
    "https://fn.example.com/path",
    "http://10.0.0.1:4566",
  ]) {
    assert.equal(
      codeOf(() => baseOf(wrong)),
      "bad-url-base",
    );
  }
});

test("an address that others reach is refused unless asked for by name", () => {
  assert.equal(
    codeOf(() => serverConfig(given({ host: "0.0.0.0" }), {})),
    "open-server",
  );
  assert.equal(
    codeOf(() => serverConfig(given({ host: "192.168.1.5" }), {})),
    "open-server",
  );
  assert.equal(
    codeOf(() => serverConfig(given({ host: "127.evil.example" }), {})),
    "open-server",
  );
  assert.equal(
    codeOf(() => serverConfig(given({ host: "::1" }), {})),
    undefined,
  );
  assert.equal(
    codeOf(() => serverConfig(given({ host: "localhost" }), {})),
    undefined,
  );
  assert.equal(
    codeOf(() => serverConfig(given({ host: "0.0.0.0", "allow-unauthenticated": true }), {})),
    undefined,
  );
});

test("values out of range are refused with what to write instead", () => {
  assert.equal(
    codeOf(() => serverConfig(given({ port: 65_536 }), {})),
    "bad-port",
  );
  assert.equal(
    codeOf(() => serverConfig(given(), { LAMBENT_PORT: "http" })),
    "bad-port",
  );
  assert.equal(
    codeOf(() => serverConfig(given({ expose: ["db"] }), {})),
    "bad-port",
  );
  assert.equal(
    codeOf(() => serverConfig(given({ "account-concurrency": 0 }), {})),
    "bad-concurrency",
  );
  for (const quota of ["layers", "layers=0", "layers=many", "=5"]) {
    assert.equal(
      codeOf(() => serverConfig(given({ quota: [quota] }), {})),
      "bad-quota",
    );
  }
  assert.equal(
    codeOf(() => clientConfig(given({ endpoint: "localhost:4566" }), {})),
    "bad-endpoint",
  );
});

test("a client finds the server by flag, LAMBENT_ENDPOINT, AWS_ENDPOINT_URL, then the default", () => {
  const env = { LAMBENT_ENDPOINT: "http://localhost:1/", AWS_ENDPOINT_URL: "http://localhost:2" };
  assert.equal(clientConfig(given({ endpoint: "http://localhost:3" }), env).endpoint, "http://localhost:3");
  assert.equal(clientConfig(given(), env).endpoint, "http://localhost:1");
  assert.equal(clientConfig(given(), { AWS_ENDPOINT_URL: "http://localhost:2" }).endpoint, "http://localhost:2");
  assert.equal(clientConfig(given(), {}).endpoint, "http://localhost:4566");
});

test("credentials are dummies unless given, and a 12-digit key names the account", () => {
  assert.equal(clientConfig(given(), {}).credentials?.accessKeyId, "lambent");
  assert.equal(accountOf(clientConfig(given(), {})), "000000000000");
  const env = { AWS_ACCESS_KEY_ID: "123456789012", AWS_SECRET_ACCESS_KEY: "x" };
  assert.equal(accountOf(clientConfig(given(), env)), "123456789012");
  assert.equal(clientConfig(given(), { AWS_PROFILE: "work" }).credentials, undefined);
});

test("the variables of exec leave nothing that points at the real AWS", () => {
  const env = { AWS_PROFILE: "prod", AWS_SESSION_TOKEN: "t", AWS_ACCESS_KEY_ID: "AKIA", AWS_REGION: "eu-west-1" };
  const variables = clientVariables("http://localhost:9", env);
  assert.equal(variables["AWS_PROFILE"], undefined);
  assert.equal(variables["AWS_SESSION_TOKEN"], undefined);
  assert.equal(variables["AWS_ACCESS_KEY_ID"], "lambent");
  assert.equal(variables["AWS_REGION"], "eu-west-1");
  assert.equal(variables["AWS_ENDPOINT_URL"], "http://localhost:9");
});
