/**
 * What verifying every signature and deciding every call adds to a warm invoke of the whole server: the same signed calls to
 * a server that authenticates nobody and to one that enforces, in alternating rounds.
 */
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { deploy, invokeTarget } from "./support/functions.ts";
import { load, type Target } from "./support/load.ts";
import { startLambent } from "./support/processes.ts";
import { report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const REQUESTS = 1000;
const ROUNDS = 9;
const KEY = { accessKeyId: "AKIABENCH", secretAccessKey: "secret" };

process.env["LAMBENT_ROOT_ACCESS_KEY_ID"] = KEY.accessKeyId;
process.env["LAMBENT_ROOT_SECRET_ACCESS_KEY"] = KEY.secretAccessKey;
await using open = await startLambent();
await using enforcing = await startLambent(["--auth=enforce"]);

const documentOf = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });

/** A call of a function that is up, signed by a user who may call it and no more. */
async function targetOf(endpoint: string): Promise<Target> {
  const config = { endpoint, region: "us-east-1", credentials: KEY };
  const iam = new IAMClient(config);
  const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const role = { RoleName: "bench" };
  await iam.send(new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: documentOf(trust) }));
  const logs = documentOf({ Effect: "Allow", Action: "logs:*", Resource: "*" });
  await iam.send(new PutRolePolicyCommand({ ...role, PolicyName: "logs", PolicyDocument: logs }));
  const user = { UserName: "caller" };
  await iam.send(new CreateUserCommand(user));
  const PolicyDocument = documentOf({ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "*" });
  await iam.send(new PutUserPolicyCommand({ ...user, PolicyName: "invoke", PolicyDocument }));
  const { AccessKey: { AccessKeyId: accessKeyId = "", SecretAccessKey: secretAccessKey = "" } = {} } = await iam.send(
    new CreateAccessKeyCommand(user),
  );
  iam.destroy();
  const client = new LambdaClient(config);
  await deploy(client, "warm", { folder: "node-hello", runtime: "nodejs26.x", handler: "index.handler" });
  client.destroy();
  const { authorization: _, ...headers } = invokeTarget(endpoint, "warm").headers;
  const target = { ...invokeTarget(endpoint, "warm"), headers };
  const { host, pathname: path } = new URL(target.url);
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region: "us-east-1",
    service: "lambda",
    sha256: Sha256,
  });
  const request = { method: "POST", protocol: "http:", hostname: host, path, body: target.body };
  const signed = await signer.sign({ ...request, headers: { ...headers, host } });
  return { ...target, headers: signed.headers };
}

const targets = [await targetOf(open.url), await targetOf(enforcing.url)] as const;
const p50s: (readonly [number, number])[] = [];
for (let round = 0; round <= ROUNDS; round += 1) {
  const p50 = async (target: Target): Promise<number> =>
    percentile((await load(target, { callers: 1, requests: REQUESTS })).latenciesMs, 0.5);
  const both = [await p50(targets[0]), await p50(targets[1])] as const;
  if (round > 0) p50s.push(both);
}
const figure = {
  what: "warm invoke p50, 1 caller, --auth=enforce beside --auth=off",
  unit: "ms",
  measured: median(p50s.map(([, enforced]) => enforced)),
  baseline: median(p50s.map(([none]) => none)),
};
process.exitCode = report("enforced", [figure]) ? 0 : 1;
