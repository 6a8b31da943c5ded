/**
 * From the input of CreateFunction and UpdateFunctionConfiguration to a function's settings: defaults applied once, here,
 * and every rule checked that is more than a member's own constraint (those the wire has checked already).
 */
import { createHash } from "node:crypto";
import type { JsonValue } from "../base/index.ts";
import type { OperationInput } from "../wire/index.ts";
import type { LambdaModule } from "./control-plane.ts";
import { checkVariables } from "./environment-variables.ts";
import { invalidParameter } from "./errors.ts";
import { IMAGE_RUNTIME, imageSettings, requireForPackageType } from "./image-code.ts";
import type { Quotas } from "./quotas.ts";
import type { CodeRecord, FunctionSettings, LayerUse, LoggingRecord } from "./records.ts";
import { type RuntimePolicy, requireSupportedRuntime } from "./runtime-policy.ts";
import { requireWholeVpc } from "./vpc-config.ts";
import { WITHOUT_EFFECT } from "./without-effect.ts";

export type CreateInput = OperationInput<LambdaModule, "CreateFunction">;
export type UpdateInput = OperationInput<LambdaModule, "UpdateFunctionConfiguration">;

const DEFAULTS = { timeoutSeconds: 3, memoryMb: 128, ephemeralStorageMb: 512 } as const;
/** Lambda quotas; the API model's ranges are wider, for managed instances. */
const MAXIMA = { timeout: 900, memorySize: 10_240, "ephemeralStorage.size": 10_240 } as const;
/** Of functions with a capacity provider. */
const MANAGED_MAXIMA = { timeout: 5_400, memorySize: 32_768, "ephemeralStorage.size": 10_240 } as const;
const MANAGED_MEMORY_MB = 2_048;
const RETENTION_DAYS = 14;

export function settingsOf(
  input: CreateInput,
  options: {
    readonly name: string;
    readonly layers: readonly LayerUse[];
    readonly policy: RuntimePolicy;
    readonly quotas: Quotas;
  },
): FunctionSettings {
  const isImage = input.PackageType === "Image";
  requireForPackageType(isImage, input);
  if (!isImage && (!input.Runtime || !input.Handler)) {
    throw invalidParameter(
      "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    );
  }
  const isManaged = input.CapacityProviderConfig !== undefined;
  checkSizes(input, isManaged);
  if (input.Runtime !== undefined) requireSupportedRuntime(options.policy, input.Runtime);
  return {
    runtime: input.Runtime ?? IMAGE_RUNTIME,
    handler: input.Handler ?? "",
    ...withImage(input.ImageConfig, undefined),
    role: input.Role,
    description: input.Description ?? "",
    timeoutSeconds: input.Timeout ?? DEFAULTS.timeoutSeconds,
    memoryMb: input.MemorySize ?? (isManaged ? MANAGED_MEMORY_MB : DEFAULTS.memoryMb),
    ephemeralStorageMb: input.EphemeralStorage?.Size ?? DEFAULTS.ephemeralStorageMb,
    architecture: input.Architectures?.[0] ?? "x86_64",
    ...(input.Environment && { variables: variablesOf(options.quotas, input.Environment) }),
    layers: options.layers,
    tracingMode: input.TracingConfig?.Mode ?? "PassThrough",
    logging: loggingOf(input.LoggingConfig, {
      format: isManaged ? "JSON" : "Text",
      group: `/aws/lambda/${options.name}`,
    }),
    withoutEffect: keptOf(input, {}),
  };
}

/** `layers` is undefined when the input leaves them as they are. */
export function changedSettings(
  current: FunctionSettings,
  input: UpdateInput,
  options: {
    readonly layers: readonly LayerUse[] | undefined;
    readonly policy: RuntimePolicy;
    readonly quotas: Quotas;
  },
): FunctionSettings {
  checkSizes(input, current.withoutEffect["CapacityProviderConfig"] !== undefined);
  requireForPackageType(current.runtime === IMAGE_RUNTIME, input);
  if (input.Runtime !== undefined) requireSupportedRuntime(options.policy, input.Runtime);
  const { image, ...withoutImage } = current;
  return {
    ...withoutImage,
    ...withImage(input.ImageConfig, image),
    runtime: input.Runtime ?? current.runtime,
    handler: input.Handler ?? current.handler,
    role: input.Role ?? current.role,
    description: input.Description ?? current.description,
    timeoutSeconds: input.Timeout ?? current.timeoutSeconds,
    memoryMb: input.MemorySize ?? current.memoryMb,
    ephemeralStorageMb: input.EphemeralStorage?.Size ?? current.ephemeralStorageMb,
    ...(input.Environment && { variables: variablesOf(options.quotas, input.Environment) }),
    layers: options.layers ?? current.layers,
    tracingMode: input.TracingConfig?.Mode ?? current.tracingMode,
    logging: loggingOf(input.LoggingConfig, current.logging),
    withoutEffect: keptOf(input, current.withoutEffect),
  };
}

/** Throws for settings that a function has from its creation or never. */
export function requireLasting(current: FunctionSettings, input: UpdateInput): void {
  for (const member of ["DurableConfig", "CapacityProviderConfig"] as const) {
    if (input[member] === undefined || current.withoutEffect[member] !== undefined) continue;
    throw invalidParameter(`${member} can only be set when the function is created.`);
  }
}

/** Equal for equal code and settings: publishing the same twice gives the same version. */
export function contentFingerprint(settings: FunctionSettings, code: CodeRecord): string {
  return createHash("sha256")
    .update(canonicalJson({ settings, code: contentOf(code) }))
    .digest("hex");
}

/** Sealing makes other bytes of the same zip each time. */
function contentOf(code: CodeRecord): CodeRecord {
  return code.kind === "zip" && code.sealed ? { ...code, sha256: code.sealed.sha256 } : code;
}

function withImage(
  given: CreateInput["ImageConfig"],
  current: FunctionSettings["image"],
): Pick<FunctionSettings, "image"> {
  const image = given === undefined ? current : imageSettings(given);
  return image === undefined ? {} : { image };
}

function variablesOf(
  quotas: Quotas,
  environment: {
    readonly Variables?: Readonly<Record<string, string>> | undefined;
  },
): Record<string, string> {
  const variables = { ...environment.Variables };
  checkVariables(variables, quotas.environmentBytes);
  return variables;
}

function checkSizes(input: CreateInput | UpdateInput, isManaged: boolean): void {
  const maxima = isManaged ? MANAGED_MAXIMA : MAXIMA;
  if (isManaged && input.MemorySize !== undefined && input.MemorySize < MANAGED_MEMORY_MB) {
    throw invalidParameter(
      `'MemorySize' value failed to satisfy constraint: Member must have value greater than or equal to ${MANAGED_MEMORY_MB}`,
    );
  }
  const given = {
    timeout: input.Timeout,
    memorySize: input.MemorySize,
    "ephemeralStorage.size": input.EphemeralStorage?.Size,
  } as const;
  for (const member of ["timeout", "memorySize", "ephemeralStorage.size"] as const) {
    const value = given[member];
    if (value === undefined || value <= maxima[member]) continue;
    const what =
      member === "memorySize" ? "'MemorySize' value" : `1 validation error detected: Value '${value}' at '${member}'`;
    throw invalidParameter(
      `${what} failed to satisfy constraint: Member must have value less than or equal to ${maxima[member]}`,
    );
  }
}

/** JSON brings levels with it, Text has none; what is not given stays. */
function loggingOf(given: CreateInput["LoggingConfig"], current: LoggingRecord): LoggingRecord {
  const format = given?.LogFormat ?? current.format;
  const group = given?.LogGroup ?? current.group;
  if (format === "Text") {
    if (given?.ApplicationLogLevel !== undefined || given?.SystemLogLevel !== undefined) {
      throw invalidParameter(
        "Log level is not supported when LogFormat is set to 'Text'. Remove log level from your request or change the LogFormat to 'JSON' and try again.",
      );
    }
    return { format, group };
  }
  return {
    format,
    group,
    applicationLevel: given?.ApplicationLogLevel ?? current.applicationLevel ?? "INFO",
    systemLevel: given?.SystemLogLevel ?? current.systemLevel ?? "INFO",
  };
}

function keptOf(
  input: Readonly<Record<string, unknown>>,
  current: FunctionSettings["withoutEffect"],
): FunctionSettings["withoutEffect"] {
  const kept: Record<string, JsonValue> = { ...current };
  requireWholeVpc(input["VpcConfig"]);
  for (const member of Object.keys(WITHOUT_EFFECT)) {
    const value = input[member];
    if (value !== undefined) kept[member] = JSON.parse(JSON.stringify(value));
  }
  const { DurableConfig: durable } = kept;
  if (durable !== undefined) kept["DurableConfig"] = { RetentionPeriodInDays: RETENTION_DAYS, ...Object(durable) };
  return kept;
}

function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, part: JsonValue) => {
    if (part === null || typeof part !== "object" || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
