/**
 * Quotas that AWS raises on request, and that a server may be started with otherwise: their names, AWS's values, and what
 * they bound. What can never be raised is in limits.ts.
 */
import { UserError } from "../base/index.ts";

interface Quota {
  readonly value: number;
  readonly bounds: string;
}

/** Lambda quotas, "Compute and storage" and "Function configuration, deployment, and execution". */
const QUOTAS = {
  concurrentExecutions: { value: 1_000, bounds: "concurrent executions per account and region" },
  unreservedConcurrency: { value: 100, bounds: "concurrency that reserving must leave to the other functions" },
  codeStorageBytes: {
    value: 80_530_636_800,
    bounds: "zips of all function versions and layers, per account and region",
  },
  environmentBytes: { value: 4_096, bounds: "a function's environment variables" },
  layers: { value: 5, bounds: "layers of a function" },
  policyBytes: { value: 20_480, bounds: "a resource policy" },
  tags: { value: 50, bounds: "tags of a resource" },
  filters: { value: 10, bounds: "filters of an event source mapping" },
  capacityProviders: { value: 1_000, bounds: "capacity providers per account and region" },
  versionsPerCapacityProvider: { value: 100, bounds: "function versions of a capacity provider" },
} as const satisfies Readonly<Record<string, Quota>>;

type QuotaName = keyof typeof QUOTAS;
export type Quotas = { readonly [N in QuotaName]: number };

/** AWS's values, with those of `changed` in their place. */
export function quotasWith(changed: Partial<Quotas>): Quotas {
  const { concurrentExecutions, unreservedConcurrency, codeStorageBytes, environmentBytes, layers } = QUOTAS;
  const { policyBytes, tags, filters, capacityProviders, versionsPerCapacityProvider } = QUOTAS;
  return {
    concurrentExecutions: concurrentExecutions.value,
    unreservedConcurrency: unreservedConcurrency.value,
    codeStorageBytes: codeStorageBytes.value,
    environmentBytes: environmentBytes.value,
    layers: layers.value,
    policyBytes: policyBytes.value,
    tags: tags.value,
    filters: filters.value,
    capacityProviders: capacityProviders.value,
    versionsPerCapacityProvider: versionsPerCapacityProvider.value,
    ...changed,
  };
}

/** Quotas by the names of the command line (`environment-bytes`). Throws a UserError for a name that none has. */
export function quotasNamed(given: Readonly<Record<string, number>>): Partial<Quotas> {
  const changed: { -readonly [N in QuotaName]?: number } = {};
  for (const [option, value] of Object.entries(given)) {
    const name = QUOTA_NAMES.find((candidate) => optionOf(candidate) === option);
    if (name === undefined) {
      throw new UserError("unknown-quota", `There is no quota "${option}".`, {
        nextStep: `use one of ${QUOTA_NAMES.map(optionOf).join(", ")}`,
      });
    }
    changed[name] = value;
  }
  return changed;
}

/** What holds and what it bounds, by the names of the command line. */
export function shownQuotas(changed: Partial<Quotas>): Readonly<Record<string, { value: number; bounds: string }>> {
  const quotas = quotasWith(changed);
  return Object.fromEntries(
    QUOTA_NAMES.map((name) => [optionOf(name), { value: quotas[name], bounds: QUOTAS[name].bounds }]),
  );
}

const QUOTA_NAMES: readonly QuotaName[] = Object.keys(QUOTAS).filter((name): name is QuotaName => name in QUOTAS);

function optionOf(name: QuotaName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
