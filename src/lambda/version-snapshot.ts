/** From stored versions to the snapshots that environments run: every setting resolved, nothing left to look up. */
import type { CodeSource, FunctionVersion } from "../environments/index.ts";
import { fileSystemsOf } from "./file-system-uses.ts";
import { functionArn } from "./names.ts";
import {
  type CodeRecord,
  type FunctionRecord,
  type FunctionSettings,
  type VersionRecord,
  versionKey,
} from "./records.ts";
import { runtimeVersionArn } from "./runtime-version.ts";
import { tenantIsolationOf } from "./tenant-isolation.ts";

/** All versions of a function, $LATEST first: as what it is invoked, not as what an update may make of it. */
export function versionRecords(record: FunctionRecord, stored: ReadonlyMap<string, VersionRecord>): VersionRecord[] {
  const versions = [record.serving ?? record.latest];
  for (const { id } of record.versions) {
    const version = stored.get(versionKey(record, record.name, id));
    if (version !== undefined) versions.push(version);
  }
  return versions;
}

/** `generation` counts the changes of a live folder; undefined for code that cannot change. */
export function snapshot(
  record: FunctionRecord,
  version: VersionRecord,
  generation: number | undefined,
): FunctionVersion {
  const { settings, code } = version;
  return {
    accountId: record.accountId,
    region: record.region,
    functionName: record.name,
    version: version.version,
    functionArn: functionArn(record, record.name),
    revisionId: generation === undefined ? version.configurationId : `${version.configurationId}-${generation}`,
    runtime: settings.runtime,
    runtimeVersionArn: runtimeVersionArn(record, version),
    handler: settings.handler,
    architecture: settings.architecture,
    code: codeSource(code, settings),
    layers: settings.layers.map(({ arn, sha256 }) => ({ arn, sha256 })),
    variables: settings.variables ?? {},
    ...sealedOf(settings),
    memoryMb: settings.memoryMb,
    timeoutMs: settings.timeoutSeconds * 1000,
    ephemeralStorageMb: settings.ephemeralStorageMb,
    roleArn: settings.role,
    logging: {
      format: settings.logging.format,
      group: settings.logging.group,
      applicationLevel: settings.logging.applicationLevel ?? "INFO",
      systemLevel: settings.logging.systemLevel ?? "INFO",
    },
    tracingMode: settings.tracingMode,
    tenantIsolation: tenantIsolationOf(settings),
    fileSystems: fileSystemsOf(settings).map(({ arn, path }) => ({ arn, path })),
  };
}

function codeSource(code: CodeRecord, settings: FunctionSettings): CodeSource {
  switch (code.kind) {
    case "zip":
      return { kind: "zip", sha256: code.sha256 };
    case "folder":
      return { kind: "folder", path: code.path };
    case "image": {
      const { digest, resolvedUri } = code;
      return { kind: "image", digest, resolvedUri, overrides: settings.image ?? {} };
    }
  }
}

function sealedOf(settings: FunctionSettings): Pick<FunctionVersion, "sealedVariables"> {
  const { kmsKeyArn: keyArn, sealedVariables: ciphertext } = settings;
  return keyArn === undefined || ciphertext === undefined ? {} : { sealedVariables: { keyArn, ciphertext } };
}
