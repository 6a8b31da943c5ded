/**
 * Where a service's front end is known to differ from its model, as data: constraints that it does not check, and the
 * order in which it prints enum values (its own, not the model's). Facts recorded from AWS.
 */
import type { ConstraintRow, ConstraintTable } from "./table.ts";

interface Deviation {
  /** Replaces facts of a shape's row; undefined means that it is not checked. */
  readonly rows?: Readonly<Record<string, { readonly [K in keyof ConstraintRow]?: ConstraintRow[K] | undefined }>>;
  /** New rows that begin as copies of others. */
  readonly copies?: Readonly<Record<string, string>>;
  /** Members that are reported before the others of their input shape. */
  readonly reportedFirst?: Readonly<Record<string, readonly string[]>>;
  /** Members of input shapes that a later step of the service checks, in its own words. */
  readonly uncheckedMembers?: Readonly<Record<string, readonly string[]>>;
  /** Lists that do not say that their elements must not be null. */
  readonly elementsNullable?: readonly string[];
  /** Lists that print the constraint of their elements bare. */
  readonly bareElements?: readonly string[];
}

const CURRENT_RUNTIMES = [
  ...["nodejs20.x", "python3.14", "provided.al2023", "python3.12", "python3.13", "nodejs24.x", "nodejs22.x", "java25"],
  ...["python3.10", "python3.11", "java21", "ruby3.3", "ruby3.4", "ruby3.2", "python3.8", "python3.9", "java17"],
  ...["nodejs16.x", "dotnet10", "dotnet8", "java11", "dotnet6", "nodejs18.x", "provided.al2", "java8.al2"],
];

const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  lambda: {
    copies: { LayerRuntime: "Runtime" },
    rows: {
      NamespacedFunctionName: { max: undefined },
      EventSourcePosition: { enum: ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"] },
      InvokeMode: { enum: ["RESPONSE_STREAM", "BUFFERED"] },
      RecursiveLoop: { enum: ["Terminate", "Allow"] },
      LayerVersionArn: {
        pattern: String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)`,
      },
      // A layer may name retired runtimes; the message lists those that are current (January 2026).
      CompatibleRuntimes: { element: "LayerRuntime" },
      LayerRuntime: { printedEnum: CURRENT_RUNTIMES },
      SnapStartApplyOn: { enum: ["PublishedVersions", "None"] },
    },
    reportedFirst: { PublishLayerVersionRequest: ["CompatibleRuntimes"] },
    uncheckedMembers: {
      CreateFunctionRequest: ["Runtime"],
      UpdateFunctionConfigurationRequest: ["Runtime"],
    },
    elementsNullable: ["SubnetIds", "SecurityGroupIds"],
    bareElements: ["CompatibleRuntimes"],
  },
  cloudwatch: { rows: { StateValue: { enum: ["INSUFFICIENT_DATA", "ALARM", "OK"] } } },
};

/** `table` as the service's front end applies it. */
export function applyDeviations(model: string, table: ConstraintTable): ConstraintTable {
  const deviation = DEVIATIONS[model];
  if (!deviation) return table;
  const shapes: Record<string, ConstraintRow> = { ...table.shapes };
  for (const [name, original] of Object.entries(deviation.copies ?? {})) {
    const row = shapes[original];
    if (row) shapes[name] = row;
  }
  for (const [name, facts] of Object.entries(deviation.rows ?? {})) {
    const entries = Object.entries({ ...shapes[name], ...facts }).filter(([, fact]) => fact !== undefined);
    shapes[name] = { type: shapes[name]?.type ?? "string", ...Object.fromEntries(entries) };
  }
  for (const [name, members] of Object.entries(deviation.uncheckedMembers ?? {})) {
    const row = shapes[name];
    if (row?.members) shapes[name] = { ...row, members: row.members.filter(([member]) => !members.includes(member)) };
  }
  for (const [name, first] of Object.entries(deviation.reportedFirst ?? {})) {
    const row = shapes[name];
    if (!row?.members) continue;
    const isFirst = ([member]: readonly [string, ...unknown[]]): boolean => first.includes(member);
    shapes[name] = {
      ...row,
      members: [...row.members.filter(isFirst), ...row.members.filter((member) => !isFirst(member))],
    };
  }
  return { operations: table.operations, shapes };
}

export interface ListStyle {
  readonly elementsNullable: boolean;
  readonly bareElements: boolean;
}

export function listStyle(model: string, shape: string): ListStyle {
  const deviation = DEVIATIONS[model];
  return {
    elementsNullable: deviation?.elementsNullable?.includes(shape) === true,
    bareElements: deviation?.bareElements?.includes(shape) === true,
  };
}
