/**
 * ListFunctions: functions in the order of their names, or with FunctionVersion=ALL every version of each, `$LATEST` first. A page
 * holds at most MaxItems of either; its marker says where to go on, and stays good when what it names is deleted meanwhile.
 */
import { encodePageToken } from "../base/index.ts";
import type { Call, OperationInput, OperationOutput } from "../wire/index.ts";
import type { ControlPlane, LambdaModule } from "./control-plane.ts";
import { functionArn, LATEST, qualifiedArn } from "./names.ts";
import { openMarker, pageSize } from "./pages.ts";
import type { FunctionRecord, VersionRecord } from "./records.ts";
import { shownListed } from "./shown-configuration.ts";
import { sortableVersion } from "./versions.ts";

interface Listed {
  readonly record: FunctionRecord;
  readonly version: VersionRecord;
  readonly arn: string;
  /** What a marker after this item says. */
  readonly place: string;
}

/** Between the parts of a place of the list of versions; no name has it. */
const SEPARATOR = ":";

export async function listFunctions(
  plane: ControlPlane,
  input: OperationInput<LambdaModule, "ListFunctions">,
  call: Call,
): Promise<OperationOutput<LambdaModule, "ListFunctions">> {
  // Asks for Lambda@Edge's replicas, and there are none.
  if (input.MasterRegion !== undefined) return { Functions: [] };
  const listsVersions = input.FunctionVersion === "ALL";
  const scope = `ListFunctions/${call.accountId}/${call.region}${listsVersions ? "/ALL" : ""}`;
  const after = input.Marker === undefined ? undefined : openMarker(scope, input.Marker);
  const limit = pageSize(input.MaxItems);
  const found = listsVersions
    ? versionsAfter(plane, call, after, limit + 1)
    : plane.directory.page(call, after, limit + 1).map(unqualified);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return {
    Functions: await Promise.all(items.map((item) => shownListed(plane, call, item.record, item.version, item.arn))),
    ...(found.length > limit && last && { NextMarker: encodePageToken(scope, last.place) }),
  };
}

function unqualified(record: FunctionRecord): Listed {
  return { record, version: record.latest, arn: functionArn(record, record.name), place: record.name };
}

/** A place names the function before, the function, and the last of its versions that was listed. */
function versionsAfter(plane: ControlPlane, call: Call, place: string | undefined, limit: number): Listed[] {
  const [before = "", name, last = ""] = place?.split(SEPARATOR) ?? [];
  const items: Listed[] = [];
  let previous = before;
  for (const record of plane.directory.page(call, before === "" ? undefined : before, limit + 1)) {
    for (const version of versionsOf(plane, record)) {
      if (record.name === name && sortableVersion(version.version) <= sortableVersion(last)) continue;
      items.push({
        record,
        version,
        arn: qualifiedArn(record, record.name, version.version),
        place: [previous, record.name, version.version].join(SEPARATOR),
      });
    }
    if (items.length >= limit) break;
    previous = record.name;
  }
  return items;
}

function versionsOf(plane: ControlPlane, record: FunctionRecord): readonly VersionRecord[] {
  return [record.latest, ...plane.directory.versionsOf(record).filter(({ version }) => version !== LATEST)];
}
