/** Keys that AWS makes for its services in an account, `alias/aws/lambda` and its kin: made when they are first named. */
import type { Place } from "../../wire/index.ts";
import { newKey } from "./new-key.ts";
import { aliasPath, keyPath } from "./records.ts";
import type { KmsState } from "./state.ts";

/** Alias → what the key protects. Source: the services' documentation of their AWS managed keys. */
const SERVICES: Readonly<Record<string, string>> = {
  acm: "ACM private keys",
  backup: "backups",
  dynamodb: "DynamoDB tables",
  ebs: "EBS volumes",
  elasticfilesystem: "EFS file systems",
  es: "Elasticsearch domains",
  glue: "Glue data catalogs",
  kinesis: "Kinesis streams",
  kinesisvideo: "Kinesis video streams",
  lambda: "Lambda functions",
  rds: "RDS database volumes",
  redshift: "Redshift clusters",
  s3: "S3 objects",
  secretsmanager: "Secrets Manager data",
  sns: "SNS messages",
  sqs: "SQS messages",
  ssm: "SSM parameters",
  xray: "X-Ray traces",
};

export const AWS_ALIASES: ReadonlySet<string> = new Set(Object.keys(SERVICES).map((name) => `alias/aws/${name}`));

/** Makes key and alias; of several callers at once one makes them. */
export async function makeAwsManagedKey(state: KmsState, place: Place, alias: string): Promise<void> {
  const service = alias.slice("alias/aws/".length);
  const key = await newKey(state, place, {
    spec: "SYMMETRIC_DEFAULT",
    usage: "ENCRYPT_DECRYPT",
    manager: "AWS",
    description: `Default key that protects my ${SERVICES[service] ?? service} when no other key is defined`,
    multiRegion: false,
    policy: undefined,
    tags: {},
  });
  await state.keys.create(keyPath(place, key.id), { ...key, rotationDays: 365 });
  const now = state.clock.now();
  const record = { name: alias, keyId: key.id, createdAt: now, updatedAt: now };
  if (!(await state.aliases.create(aliasPath(place, alias), record))) await state.keys.delete(keyPath(place, key.id));
}
