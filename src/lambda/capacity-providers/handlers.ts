/**
 * CreateCapacityProvider, GetCapacityProvider, ListCapacityProviders, UpdateCapacityProvider, DeleteCapacityProvider and
 * ListFunctionVersionsByCapacityProvider. A provider is kept and shown; functions that name it run on this server.
 */
import type { CapacityProvider, State } from "@aws-sdk/client-lambda";
import type { Handlers, Place } from "../../wire/index.ts";
import { awsTime, busyAs, type ControlPlane, type LambdaModule } from "../control-plane.ts";
import { capacityProviderLimit, conflict, invalidParameter, notFound } from "../errors.ts";
import { qualifiedArn } from "../names.ts";
import { page } from "../pages.ts";
import { placePath } from "../records.ts";
import { requireTags } from "../tag-limits.ts";
import type { Thawed } from "../thawed.ts";
import { capacityProviderArn, parseCapacityProvider, providerArnOf } from "./names.ts";
import { type CapacityProviderRecord, settingsShape } from "./records.ts";
import { settleCapacityProvider } from "./settle.ts";

type Operations =
  | "CreateCapacityProvider"
  | "GetCapacityProvider"
  | "ListCapacityProviders"
  | "UpdateCapacityProvider"
  | "DeleteCapacityProvider"
  | "ListFunctionVersionsByCapacityProvider";
type Settings = CapacityProviderRecord["settings"];

/** Lambda developer guide, "Capacity providers". */
const MAX_VCPUS_DEFAULT = 400;

export function capacityProviderHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  const find = (given: string, place: Place): CapacityProviderRecord => {
    const name = nameOf(given, place);
    const record = plane.capacityProviders.get(placePath(place, name));
    if (record === undefined) throw providerNotFound(capacityProviderArn(place, name));
    return record;
  };

  const change = async (
    before: CapacityProviderRecord,
    next: (current: CapacityProviderRecord) => CapacityProviderRecord,
  ): Promise<CapacityProviderRecord> => {
    const arn = capacityProviderArn(before, before.name);
    const record = await busyAs(arn, () =>
      plane.capacityProviders.change(placePath(before, before.name), (current) => {
        if (current === undefined) throw providerNotFound(arn);
        if (current.state !== "Active") {
          throw conflict(`The operation cannot be performed while the capacity provider is ${current.state}: ${arn}`);
        }
        return { ...next(current), lastModifiedMs: plane.clock.now() };
      }),
    );
    if (record === undefined) throw providerNotFound(arn);
    plane.settling.begin(arn, () => settleCapacityProvider(plane, record));
    return record;
  };

  return {
    async CreateCapacityProvider(input, call) {
      const name = nameOf(input.CapacityProviderName, call);
      const arn = capacityProviderArn(call, name);
      const tags = requireTags(plane, input.Tags);
      const settings = settingsOf(input);
      const limit = plane.quotas.capacityProviders;
      if (plane.capacityProviders.list(call).length >= limit) throw capacityProviderLimit(limit);
      const record: CapacityProviderRecord = {
        name,
        accountId: call.accountId,
        region: call.region,
        state: "Pending",
        lastModifiedMs: plane.clock.now(),
        tags,
        settings,
      };
      await plane.capacityProviders.change(placePath(call, name), (before) => {
        if (before !== undefined) throw conflict(`Capacity provider already exists: ${arn}`);
        return record;
      });
      plane.settling.begin(arn, () => settleCapacityProvider(plane, record));
      return { CapacityProvider: shown(record) };
    },

    async GetCapacityProvider(input, call) {
      return { CapacityProvider: shown(find(input.CapacityProviderName, call)) };
    },

    async ListCapacityProviders(input, call) {
      const wanted = plane.capacityProviders
        .list(call)
        .filter(({ state }) => input.State === undefined || state === input.State);
      const { items, nextMarker } = page(wanted, {
        scope: `ListCapacityProviders/${call.accountId}/${call.region}/${input.State ?? ""}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: ({ name }) => name,
      });
      return { CapacityProviders: items.map(shown), ...(nextMarker !== undefined && { NextMarker: nextMarker }) };
    },

    async UpdateCapacityProvider(input, call) {
      const before = find(input.CapacityProviderName, call);
      const record = await change(before, (current) => ({
        ...current,
        settings: settingsOf({ ...current.settings, ...given(input) }),
      }));
      return { CapacityProvider: shown(record) };
    },

    async DeleteCapacityProvider(input, call) {
      const before = find(input.CapacityProviderName, call);
      const arn = capacityProviderArn(before, before.name);
      if (versionsOn(plane, before).length > 0) {
        throw conflict(`The capacity provider has function versions and cannot be deleted: ${arn}`);
      }
      const record = await change(before, (current) => ({ ...current, state: "Deleting" }));
      return { CapacityProvider: shown(record) };
    },

    async ListFunctionVersionsByCapacityProvider(input, call) {
      const record = find(input.CapacityProviderName, call);
      const { items, nextMarker } = page(versionsOn(plane, record), {
        scope: `ListFunctionVersionsByCapacityProvider/${call.accountId}/${call.region}/${record.name}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: ({ FunctionArn }) => FunctionArn,
      });
      return {
        CapacityProviderArn: capacityProviderArn(record, record.name),
        FunctionVersions: [...items],
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },
  };
}

/** Published versions of functions that name the provider, by ARN. */
function versionsOn(plane: ControlPlane, provider: CapacityProviderRecord): { FunctionArn: string; State: State }[] {
  const arn = capacityProviderArn(provider, provider.name);
  const found: { FunctionArn: string; State: State }[] = [];
  for (const record of plane.directory.functions(provider)) {
    for (const { version, settings, state } of plane.directory.versionsOf(record)) {
      if (version === "$LATEST" || providerArnOf(settings) !== arn) continue;
      found.push({ FunctionArn: qualifiedArn(record, record.name, version), State: state.name });
    }
  }
  return found.sort((a, b) => (a.FunctionArn < b.FunctionArn ? -1 : 1));
}

function nameOf(given: string, place: Place): string {
  const reference = parseCapacityProvider(given, place);
  if (reference.region !== place.region || reference.accountId !== place.accountId) throw providerNotFound(given);
  return reference.name;
}

function providerNotFound(arn: string): Error {
  return notFound(`Capacity provider not found: ${arn}`);
}

/** Only what a request gives: members that it leaves out stay. */
function given<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const members = Object.entries(input).filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as { [K in keyof T]: Exclude<T[K], undefined> };
}

type GivenSettings = Pick<Settings, "VpcConfig" | "PermissionsConfig"> & {
  readonly [K in Exclude<keyof Settings, "VpcConfig" | "PermissionsConfig">]?: object | string | undefined;
};

function settingsOf(input: GivenSettings): Settings {
  const { InstanceRequirements: instances, CapacityProviderScalingConfig: scaling } = input;
  const lists = Object(instances ?? {});
  if (lists.AllowedInstanceTypes?.length > 0 && lists.ExcludedInstanceTypes?.length > 0) {
    throw invalidParameter("Only one of AllowedInstanceTypes and ExcludedInstanceTypes can be specified.");
  }
  const mode: unknown = Object(scaling ?? {}).ScalingMode ?? "Auto";
  const policies: unknown = Object(scaling ?? {}).ScalingPolicies;
  if (mode === "Manual" && policies === undefined) {
    throw invalidParameter("ScalingPolicies must be specified when ScalingMode is Manual.");
  }
  return settingsShape(
    JSON.parse(
      JSON.stringify({
        ...input,
        CapacityProviderScalingConfig: {
          MaxVCpuCount: MAX_VCPUS_DEFAULT,
          ScalingMode: "Auto",
          ...Object(scaling ?? {}),
        },
      }),
    ),
    "CapacityProvider",
  );
}

function shown(record: CapacityProviderRecord): CapacityProvider {
  return {
    CapacityProviderArn: capacityProviderArn(record, record.name),
    State: record.state,
    ...(structuredClone(record.settings) as Thawed<Settings>),
    LastModified: awsTime(record.lastModifiedMs),
  };
}
