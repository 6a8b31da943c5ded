/**
 * Amazon Resource Names taken apart, `arn:partition:service:region:account:resource`. Knows no service's resources: whoever
 * owns them reads them. Form: AWS General Reference, "Amazon Resource Names (ARNs)".
 */
export interface Arn {
  readonly partition: string;
  /** The service's name in ARNs: `lambda`, `sqs`, `events` … */
  readonly service: string;
  /** Empty where resources have none, as those of S3 and IAM. */
  readonly region: string;
  readonly accountId: string;
  /** All that follows, with its colons and slashes. */
  readonly resource: string;
}

const ARN = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s;

/** Undefined for what is no ARN. */
export function parseArn(text: string): Arn | undefined {
  const [, partition, service, region = "", accountId = "", resource] = ARN.exec(text) ?? [];
  if (partition === undefined || service === undefined || resource === undefined) return undefined;
  return { partition, service, region, accountId, resource };
}
