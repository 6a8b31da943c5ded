/**
 * CreateEventSourceMapping, GetEventSourceMapping, ListEventSourceMappings, UpdateEventSourceMapping and
 * DeleteEventSourceMapping. Mappings are resources of their own: a function that is deleted leaves them behind.
 */
import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { type Handlers, type Place, partitionOf } from "../../wire/index.ts";
import { busyAs, type ControlPlane, findFunction, findVersion, type LambdaModule, referTo } from "../control-plane.ts";
import { invalidParameter, resourceDoesNotExist, resourceInUse } from "../errors.ts";
import { type FunctionReference, LATEST, qualifiedArn } from "../names.ts";
import { page } from "../pages.ts";
import { requireTags } from "../tag-limits.ts";
import { claim, claimPath, unclaim } from "./claims.ts";
import { kindOf, rulesOf } from "./kinds.ts";
import { isPassing, type MappingRecord, mappingPath } from "./records.ts";
import { changedSettings, createdSettings, shownSettings, type UpdateInput } from "./settings.ts";
import { settleMapping } from "./settle.ts";

type Operations =
  | "CreateEventSourceMapping"
  | "GetEventSourceMapping"
  | "ListEventSourceMappings"
  | "UpdateEventSourceMapping"
  | "DeleteEventSourceMapping";

export function mappingHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  const find = (at: Place, uuid: string): MappingRecord => {
    const record = plane.mappings.get(mappingPath(at, uuid));
    if (record === undefined) throw resourceDoesNotExist();
    return record;
  };

  /** Writes the mapping's next state and lets it settle. */
  const change = async (
    at: Place,
    uuid: string,
    verb: "update" | "delete",
    next: (current: MappingRecord) => MappingRecord,
  ): Promise<MappingRecord> => {
    const record = await busyAs(mappingArn(at, uuid), () =>
      plane.mappings.change(mappingPath(at, uuid), (current) => {
        if (current === undefined) throw resourceDoesNotExist();
        if (isPassing(current)) throw resourceInUse(`Cannot ${verb} the event source mapping because it is in use.`);
        return { ...next(current), lastModifiedMs: plane.clock.now() };
      }),
    );
    if (record === undefined) throw resourceDoesNotExist();
    plane.settling.begin(mappingArn(record, record.uuid), () => settleMapping(plane, record));
    return record;
  };

  return {
    async CreateEventSourceMapping(input, call) {
      const kind = kindOf(input);
      if (kind === undefined) throw invalidParameter("Unrecognized event source.");
      const uuid = plane.random.uuid();
      const settings = createdSettings(plane.quotas, kind, input, uuid);
      const tags = requireTags(plane, input.Tags);
      const { name, qualifier } = await targetOf(plane, input.FunctionName, call);
      const { reason, showsLastResult } = rulesOf(kind);
      const enabled = input.Enabled ?? true;
      const record: MappingRecord = {
        uuid,
        accountId: call.accountId,
        region: call.region,
        kind,
        functionName: name,
        ...(qualifier !== undefined && { qualifier }),
        enabled,
        state: enabled ? "Creating" : "Disabled",
        stateReason: reason,
        lastModifiedMs: plane.clock.now(),
        ...(showsLastResult && { lastProcessingResult: "No records processed" }),
        settings,
        tags,
      };
      await claim(plane, record);
      await plane.mappings.change(mappingPath(call, uuid), () => record);
      if (enabled) plane.settling.begin(mappingArn(record, record.uuid), () => settleMapping(plane, record));
      return shown(record);
    },

    async GetEventSourceMapping(input, call) {
      return shown(find(call, input.UUID));
    },

    async ListEventSourceMappings(input, call) {
      const { EventSourceArn: source, FunctionName: functionName } = input;
      const target = functionName === undefined ? undefined : withoutLatest(referTo(functionName, call));
      const found = plane.mappings
        .list(call)
        .filter((record) => source === undefined || record.settings.EventSourceArn === source)
        .filter((record) => target === undefined || isOf(record, target));
      const { items, nextMarker } = page(found, {
        scope: `ListEventSourceMappings/${call.accountId}/${call.region}/${source ?? ""}/${functionName ?? ""}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: ({ uuid }) => uuid,
      });
      return {
        EventSourceMappings: items.map(shown),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },

    async UpdateEventSourceMapping(input, call) {
      const before = find(call, input.UUID);
      const target = input.FunctionName === undefined ? undefined : await targetOf(plane, input.FunctionName, call);
      const changed = (current: MappingRecord): MappingRecord => {
        const { functionName, qualifier, ...rest } = current;
        const kept = target?.qualifier ?? (target === undefined ? qualifier : undefined);
        return {
          ...rest,
          functionName: target?.name ?? functionName,
          ...(kept !== undefined && { qualifier: kept }),
          settings: changedSettings(plane.quotas, current.kind, current.settings, input, current.uuid),
          ...nextState(current, input),
        };
      };
      const planned = changed(before);
      if (claimPath(planned) !== claimPath(before)) await claim(plane, planned);
      const record = await change(call, input.UUID, "update", changed);
      if (claimPath(record) !== claimPath(before)) await unclaim(plane, before);
      return shown(record);
    },

    async DeleteEventSourceMapping(input, call) {
      find(call, input.UUID);
      return shown(await change(call, input.UUID, "delete", (current) => ({ ...current, state: "Deleting" })));
    },
  };
}

function nextState(
  current: MappingRecord,
  { Enabled: enabled }: UpdateInput,
): Pick<MappingRecord, "enabled" | "state"> {
  if (enabled === undefined || enabled === current.enabled) return { enabled: current.enabled, state: "Updating" };
  return { enabled, state: enabled ? "Enabling" : "Disabling" };
}

/** The function that a request names, which must be there. */
async function targetOf(plane: ControlPlane, functionName: string, place: Place): Promise<FunctionReference> {
  const reference = referTo(functionName, place);
  const found = await findFunction(plane.records, reference, reference.name);
  const version = found && (await findVersion(plane.records, found.record, reference.qualifier));
  if (version === undefined) throw invalidParameter("Function does not exist");
  return withoutLatest(reference);
}

/** AWS drops `$LATEST` from a full ARN, and only from that. */
function withoutLatest(reference: FunctionReference): FunctionReference {
  return reference.fullArn && reference.qualifier === LATEST ? { ...reference, qualifier: undefined } : reference;
}

function isOf(record: MappingRecord, { name, qualifier }: FunctionReference): boolean {
  return record.functionName === name && record.qualifier === qualifier;
}

export function mappingArn(at: Place, uuid: string): string {
  return `arn:${partitionOf(at.region)}:lambda:${at.region}:${at.accountId}:event-source-mapping:${uuid}`;
}

function shown(record: MappingRecord): EventSourceMappingConfiguration {
  return {
    UUID: record.uuid,
    ...shownSettings(record.settings),
    EventSourceMappingArn: mappingArn(record, record.uuid),
    FunctionArn: qualifiedArn(record, record.functionName, record.qualifier),
    LastModified: new Date(record.lastModifiedMs),
    ...(record.lastProcessingResult !== undefined && { LastProcessingResult: record.lastProcessingResult }),
    State: record.state,
    StateTransitionReason: record.stateReason,
  };
}
