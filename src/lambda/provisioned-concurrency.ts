/**
 * The ProvisionedConcurrencyConfig operations: how many environments are kept ready per alias or published version. What is
 * kept here is asked for; how far it has come, the environments say.
 */
import {
  type ProvisionedConcurrencyConfigListItem,
  ProvisionedConcurrencyConfigNotFoundException,
} from "@aws-sdk/client-lambda";
import type { Allocation } from "../environments/index.ts";
import type { Handlers, Place } from "../wire/index.ts";
import { getAlias } from "./aliases.ts";
import { requireOnDemand } from "./capacity-providers/managed.ts";
import {
  awsTime,
  type ControlPlane,
  changeFunction,
  getFunction,
  type LambdaModule,
  referTo,
} from "./control-plane.ts";
import { alreadyProvisioned, conflict, functionNotFound, invalidParameter, untypedInvalidParameter } from "./errors.ts";
import { type FunctionReference, functionArn, isVersionNumber, LATEST, qualifiedArn } from "./names.ts";
import { page } from "./pages.ts";
import { claimedBy, provisionedOf, provisionedTotal, withoutProvisioned } from "./provisioned-settings.ts";
import type { FunctionRecord, ProvisionedRecord } from "./records.ts";
import { requireNoTenancy } from "./tenancy.ts";

type Operations =
  | "PutProvisionedConcurrencyConfig"
  | "GetProvisionedConcurrencyConfig"
  | "DeleteProvisionedConcurrencyConfig"
  | "ListProvisionedConcurrencyConfigs";

const NOT_BEGUN: Allocation = { status: "IN_PROGRESS", reason: undefined, allocated: 0, available: 0 };
const NOT_PUBLISHED = "The function resource provided must be an alias or a published version.";

type Target = FunctionReference & { readonly qualifier: string };

export function provisionedConcurrencyHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  const allocationOf = (reference: FunctionReference, qualifier: string): Allocation =>
    plane.allocation?.(functionArn(reference, reference.name), qualifier) ?? NOT_BEGUN;

  return {
    async PutProvisionedConcurrencyConfig(input, call) {
      const target = targetOf(
        referTo(input.FunctionName, call, input.Qualifier),
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
      );
      await requireTarget(plane, target);
      const setting: ProvisionedRecord = {
        qualifier: target.qualifier,
        requested: input.ProvisionedConcurrentExecutions,
        lastModifiedMs: plane.clock.now(),
      };
      const before = allocationOf(target, target.qualifier);
      await changeFunction(plane, target, (record) => {
        requireNoTenancy(record.latest.settings, "Provisioned Concurrency");
        requireOnDemand(record, "Provisioned concurrency");
        requireAlone(record, target.qualifier);
        requireConcurrency(plane, record, setting, call);
        const others = (record.provisioned ?? []).filter(({ qualifier }) => qualifier !== setting.qualifier);
        const provisioned = [...others, setting].sort((a, b) => (a.qualifier < b.qualifier ? -1 : 1));
        return { ...record, provisioned };
      });
      return shown(setting, { ...before, status: "IN_PROGRESS", reason: undefined });
    },

    async GetProvisionedConcurrencyConfig(input, call) {
      const target = targetOf(referTo(input.FunctionName, call, input.Qualifier), NOT_PUBLISHED);
      const record = await requireTarget(plane, target);
      const setting = provisionedOf(record, target.qualifier);
      if (setting === undefined) throw noConfig();
      return shown(setting, allocationOf(target, target.qualifier));
    },

    async DeleteProvisionedConcurrencyConfig(input, call) {
      const target = targetOf(referTo(input.FunctionName, call, input.Qualifier), NOT_PUBLISHED);
      await requireTarget(plane, target);
      await changeFunction(plane, target, (record) =>
        provisionedOf(record, target.qualifier) === undefined
          ? undefined
          : withoutProvisioned(record, target.qualifier),
      );
      return {};
    },

    async ListProvisionedConcurrencyConfigs(input, call) {
      const reference = referTo(input.FunctionName, call);
      const { record } = await getFunction(plane, reference);
      const { items, nextMarker } = page(record.provisioned ?? [], {
        scope: `ListProvisionedConcurrencyConfigs/${call.accountId}/${call.region}/${reference.name}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: ({ qualifier }) => qualifier,
      });
      return {
        ProvisionedConcurrencyConfigs: items.map((setting) => ({
          FunctionArn: qualifiedArn(reference, reference.name, setting.qualifier),
          ...shown(setting, allocationOf(reference, setting.qualifier)),
        })),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },
  };
}

function targetOf(reference: FunctionReference, latestMessage: string): Target {
  const { qualifier } = reference;
  if (qualifier === undefined || qualifier === LATEST) throw invalidParameter(latestMessage);
  return { ...reference, qualifier };
}

async function requireTarget(plane: ControlPlane, target: Target): Promise<FunctionRecord> {
  if (!isVersionNumber(target.qualifier)) {
    await getAlias(plane, target, target.qualifier);
    return (await getFunction(plane, target, target.qualifier)).record;
  }
  const { record } = await getFunction(plane, target, target.qualifier);
  if (record.versions.some(({ version }) => version === target.qualifier)) return record;
  throw functionNotFound(qualifiedArn(target, target.name, target.qualifier));
}

/** Throws when alias and version would both be provisioned, or the alias splits its traffic. */
function requireAlone(record: FunctionRecord, qualifier: string): void {
  const alias = record.aliases.find(({ name }) => name === qualifier);
  if (alias !== undefined) {
    if (alias.routing !== undefined) {
      throw invalidParameter("Alias with weights can not be used with Provisioned Concurrency");
    }
    if (provisionedOf(record, alias.version) !== undefined) throw alreadyProvisioned();
    return;
  }
  const pointing = record.aliases.filter(({ version }) => version === qualifier);
  if (pointing.some(({ name }) => provisionedOf(record, name) !== undefined)) {
    throw conflict("Version is pointed by a Provisioned Concurrency alias");
  }
}

function requireConcurrency(
  plane: ControlPlane,
  record: FunctionRecord,
  { qualifier, requested }: ProvisionedRecord,
  place: Place,
): void {
  const total = provisionedTotal(withoutProvisioned(record, qualifier)) + requested;
  if (record.reservedConcurrency !== undefined) {
    if (total <= record.reservedConcurrency) return;
    throw invalidParameter(
      "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
    );
  }
  const others = plane.directory.claimedConcurrency(place) - claimedBy(record);
  const unreserved = plane.quotas.concurrentExecutions - others;
  if (total > unreserved) {
    throw untypedInvalidParameter(
      `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${unreserved}].`,
    );
  }
  const minimum = Math.min(plane.quotas.unreservedConcurrency, plane.quotas.concurrentExecutions);
  if (unreserved - total < minimum) {
    throw untypedInvalidParameter(
      `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${minimum}].`,
    );
  }
}

function noConfig(): Error {
  return new ProvisionedConcurrencyConfigNotFoundException({
    $metadata: {},
    Type: "User",
    message: "No Provisioned Concurrency Config found for this function",
  });
}

function shown(
  { requested, lastModifiedMs }: ProvisionedRecord,
  { status, reason, allocated, available }: Allocation,
): ProvisionedConcurrencyConfigListItem {
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: available,
    AllocatedProvisionedConcurrentExecutions: allocated,
    Status: status,
    ...(reason !== undefined && { StatusReason: reason }),
    LastModified: awsTime(lastModifiedMs),
  };
}
