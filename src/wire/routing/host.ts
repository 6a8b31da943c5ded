/**
 * What a host name says: `lambda.us-east-1.localhost` names a service and a region, `photos.s3.localhost` a bucket too.
 * Works for any domain, so proxies and AWS's own host names are understood as well.
 */
export interface HostHint {
  /** Signing name, when a label of the host is one that is known. */
  readonly service: string | undefined;
  readonly region: string | undefined;
  /** Labels in front of the service's. */
  readonly prefix: string;
}

export const NO_HINT: HostHint = { service: undefined, region: undefined, prefix: "" };
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

export function readHost(host: string | undefined, isService: (name: string) => boolean): HostHint {
  if (host === undefined || !host.includes(".")) return NO_HINT;
  const labels = withoutPort(host).toLowerCase().split(".");
  for (let index = labels.length - 2; index >= 0; index--) {
    const label = labels[index] ?? "";
    if (!isService(label)) continue;
    const next = labels[index + 1] ?? "";
    return { service: label, region: REGION.test(next) ? next : undefined, prefix: labels.slice(0, index).join(".") };
  }
  return NO_HINT;
}

export function withoutPort(host: string): string {
  return host.replace(/:\d+$/, "");
}
