/** AWS::Lambda::Function. Code is known by the id of `packages.ts`, kept in a tag where CodeSha256 cannot tell. */
import type {
  CreateFunctionCommandInput,
  PutFunctionRecursionConfigCommandInput,
  PutRuntimeManagementConfigCommandInput,
  UpdateFunctionCodeCommandInput,
  UpdateFunctionConfigurationCommandInput,
} from "@aws-sdk/client-lambda";
import { untilReady } from "../../code/deployment.ts";
import { isEmpty } from "../differences.ts";
import { defined, type JsonObject, plainObject, textOf } from "../json.ts";
import type { Code } from "../packages.ts";
import { defaultName, input, type Kind, type Live, ownTags, type Subject, type Tools, unlessMissing } from "./kind.ts";

const CODE_TAG = "lambent:code";
const CONFIGURATION = [
  ["Runtime", "Handler", "Role", "MemorySize", "Timeout", "Description", "Environment", "Layers", "ImageConfig"],
  ["TracingConfig", "VpcConfig", "DeadLetterConfig", "KmsKeyArn", "EphemeralStorage", "SnapStart", "LoggingConfig"],
  ["FileSystemConfigs", "DurableConfig", "CapacityProviderConfig"],
].flat();
const AT_CREATION = [...CONFIGURATION, "Architectures", "PackageType", "CodeSigningConfigArn", "TenancyConfig"];

export const lambdaFunction: Kind = {
  shape: {
    FunctionName: "text",
    Code: "text",
    Runtime: "text",
    Handler: "text",
    Role: "text",
    MemorySize: "number",
    Timeout: "number",
    Description: "text",
    Environment: { Variables: "texts" },
    Layers: ["text"],
    Architectures: ["text"],
    PackageType: "text",
    ImageConfig: { Command: ["text"], EntryPoint: ["text"], WorkingDirectory: "text" },
    TracingConfig: { Mode: "text" },
    VpcConfig: { SubnetIds: ["text"], SecurityGroupIds: ["text"], Ipv6AllowedForDualStack: "boolean" },
    DeadLetterConfig: { TargetArn: "text" },
    KmsKeyArn: "text",
    EphemeralStorage: { Size: "number" },
    SnapStart: { ApplyOn: "text" },
    LoggingConfig: { LogFormat: "text", LogGroup: "text", ApplicationLogLevel: "text", SystemLogLevel: "text" },
    FileSystemConfigs: [{ Arn: "text", LocalMountPath: "text" }],
    CodeSigningConfigArn: "text",
    ReservedConcurrentExecutions: "number",
    RecursiveLoop: "text",
    RuntimeManagementConfig: { UpdateRuntimeOn: "text", RuntimeVersionArn: "text" },
    TenancyConfig: { TenantIsolationMode: "text" },
    DurableConfig: { ExecutionTimeout: "number", RetentionPeriodInDays: "number" },
    CapacityProviderConfig: "json",
    Tags: "texts",
  },
  required: ["Code", "Role"],
  defaults: {
    MemorySize: 128,
    Timeout: 3,
    Description: "",
    Environment: { Variables: {} },
    Layers: [],
    Architectures: ["x86_64"],
    PackageType: "Zip",
    TracingConfig: { Mode: "PassThrough" },
    VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
    DeadLetterConfig: { TargetArn: "" },
    KmsKeyArn: "",
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: "None" },
    LoggingConfig: { LogFormat: "Text" },
    FileSystemConfigs: [],
    CodeSigningConfigArn: "",
    ReservedConcurrentExecutions: null,
    RecursiveLoop: "Terminate",
    Tags: {},
  },
  replacing: ["PackageType", "TenancyConfig"],
  exact: ["Environment", "Tags"],

  predict(desired, subject) {
    const name = textOf(desired["FunctionName"]) ?? defaultName(subject, 64);
    const { region, account } = subject.place;
    return { physicalId: name, attributes: { Ref: name, Arn: `arn:aws:lambda:${region}:${account}:function:${name}` } };
  },

  async read(tools, name, desired) {
    const { sdk, client } = tools.lambda;
    const found = await unlessMissing(client.send(new sdk.GetFunctionCommand({ FunctionName: name })));
    if (found === undefined) return undefined;
    const configuration = plainObject(found.Configuration);
    const { [CODE_TAG]: code, "lambent:stack": _, "lambent:logical-id": __, ...tags } = found.Tags ?? {};
    const layers = found.Configuration?.Layers?.map(({ Arn = "" }) => Arn) ?? [];
    return {
      physicalId: name,
      attributes: { Ref: name, Arn: found.Configuration?.FunctionArn ?? "" },
      properties: defined({
        ...configuration,
        Code: code === undefined || code.startsWith("sha256:") ? `sha256:${found.Configuration?.CodeSha256}` : code,
        Layers: layers,
        VpcConfig: configuration["VpcConfig"] ?? {},
        ReservedConcurrentExecutions: found.Concurrency?.ReservedConcurrentExecutions ?? null,
        Tags: tags,
        ...(await settingsBeside(tools, name, desired)),
      }),
    };
  },

  async create(tools, desired, subject) {
    const { sdk, client } = tools.lambda;
    const name = textOf(desired["FunctionName"]) ?? defaultName(subject, 64);
    await client.send(
      new sdk.CreateFunctionCommand({
        ...input<CreateFunctionCommandInput>(filled(desired, AT_CREATION)),
        FunctionName: name,
        Code: codeOf(tools, desired),
        Tags: { ...tagMap(desired), ...ownTags(subject), [CODE_TAG]: codeTag(desired) },
      }),
    );
    await untilReady(tools.lambda, name, tools.signal);
    const beside = new Set(BESIDE.filter((key) => !isEmpty(desired[key]) && desired[key] !== this.defaults[key]));
    await putBeside(tools, name, desired, beside);
    return reread(this, tools, name, desired, subject);
  },

  async update(tools, live, desired, changed, subject) {
    const { sdk, client } = tools.lambda;
    const name = live.physicalId;
    const settings = CONFIGURATION.filter((key) => changed.has(key));
    if (settings.length > 0) {
      const members = Object.fromEntries(settings.map((key) => [key, desired[key] ?? null]));
      await client.send(
        new sdk.UpdateFunctionConfigurationCommand({
          ...input<UpdateFunctionConfigurationCommandInput>(members),
          FunctionName: name,
        }),
      );
      await untilReady(tools.lambda, name, tools.signal);
    }
    if (changed.has("Code") || changed.has("Architectures")) {
      const members = { ...filled(desired, ["Architectures"]) };
      await client.send(
        new sdk.UpdateFunctionCodeCommand({
          ...input<UpdateFunctionCodeCommandInput>(members),
          ...codeOf(tools, desired),
          FunctionName: name,
        }),
      );
      await untilReady(tools.lambda, name, tools.signal);
    }
    await putBeside(tools, name, desired, changed);
    await putTags(tools, live, desired, subject);
    return reread(this, tools, name, desired, subject);
  },

  async remove(tools, name) {
    const { sdk, client } = tools.lambda;
    await unlessMissing(client.send(new sdk.DeleteFunctionCommand({ FunctionName: name })));
  },
};

/** Settings that have operations of their own. */
const BESIDE = ["ReservedConcurrentExecutions", "RecursiveLoop", "RuntimeManagementConfig"];

async function settingsBeside({ lambda }: Tools, name: string, desired: JsonObject): Promise<JsonObject> {
  const { sdk, client } = lambda;
  const recursion = await client.send(new sdk.GetFunctionRecursionConfigCommand({ FunctionName: name }));
  const signing = await client.send(new sdk.GetFunctionCodeSigningConfigCommand({ FunctionName: name }));
  const management =
    desired["RuntimeManagementConfig"] === undefined
      ? {}
      : {
          RuntimeManagementConfig: plainObject(
            await client.send(new sdk.GetRuntimeManagementConfigCommand({ FunctionName: name })),
          ),
        };
  return {
    RecursiveLoop: recursion.RecursiveLoop ?? "Terminate",
    CodeSigningConfigArn: signing.CodeSigningConfigArn ?? "",
    ...management,
  };
}

async function putBeside(tools: Tools, name: string, desired: JsonObject, changed: ReadonlySet<string>): Promise<void> {
  const { sdk, client } = tools.lambda;
  const FunctionName = name;
  if (changed.has("ReservedConcurrentExecutions")) {
    const reserved = desired["ReservedConcurrentExecutions"];
    await (typeof reserved === "number"
      ? client.send(new sdk.PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: reserved }))
      : client.send(new sdk.DeleteFunctionConcurrencyCommand({ FunctionName })));
  }
  if (changed.has("RecursiveLoop")) {
    const members = input<PutFunctionRecursionConfigCommandInput>({
      ...filled(desired, ["RecursiveLoop"]),
      FunctionName,
    });
    await client.send(new sdk.PutFunctionRecursionConfigCommand(members));
  }
  if (changed.has("RuntimeManagementConfig")) {
    const config = plainObject(desired["RuntimeManagementConfig"]);
    const members = input<PutRuntimeManagementConfigCommandInput>({ ...config, FunctionName });
    await client.send(new sdk.PutRuntimeManagementConfigCommand(members));
  }
  if (changed.has("CodeSigningConfigArn")) {
    const arn = textOf(desired["CodeSigningConfigArn"]) ?? "";
    await (arn === ""
      ? client.send(new sdk.DeleteFunctionCodeSigningConfigCommand({ FunctionName }))
      : client.send(new sdk.PutFunctionCodeSigningConfigCommand({ FunctionName, CodeSigningConfigArn: arn })));
  }
}

async function putTags(tools: Tools, live: Live, desired: JsonObject, subject: Subject): Promise<void> {
  const { sdk, client } = tools.lambda;
  const Resource = live.attributes["Arn"] ?? "";
  const wanted = { ...tagMap(desired), ...ownTags(subject), [CODE_TAG]: codeTag(desired) };
  const gone = Object.keys(plainObject(live.properties["Tags"])).filter((key) => !(key in wanted));
  if (gone.length > 0) await client.send(new sdk.UntagResourceCommand({ Resource, TagKeys: gone }));
  await client.send(new sdk.TagResourceCommand({ Resource, Tags: wanted }));
}

async function reread(kind: Kind, tools: Tools, name: string, desired: JsonObject, subject: Subject): Promise<Live> {
  const live = await kind.read(tools, name, desired, subject);
  if (live === undefined) throw new Error(`${name} is gone right after it was made`);
  return live;
}

function filled(desired: JsonObject, names: readonly string[]): JsonObject {
  return defined(Object.fromEntries(names.map((name) => [name, isEmpty(desired[name]) ? undefined : desired[name]])));
}

function tagMap(desired: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(plainObject(desired["Tags"])).map(([key, value]) => [key, String(value)]));
}

/** A tag takes 256 characters of few kinds. */
function codeTag(desired: JsonObject): string {
  return String(desired["Code"])
    .replace(/[^\w .:/=+@-]/g, "_")
    .slice(0, 256);
}

function codeOf(tools: Tools, desired: JsonObject): NonNullable<CreateFunctionCommandInput["Code"]> {
  return apiCode(tools.codes.get(String(desired["Code"])));
}

function apiCode(code: Code | undefined): NonNullable<CreateFunctionCommandInput["Code"]> {
  if (code === undefined) throw new Error("the code was not packed");
  if (code.kind === "zip") return { ZipFile: code.zip };
  if (code.kind === "image") return { ImageUri: code.uri };
  const version = code.version === undefined ? {} : { S3ObjectVersion: code.version };
  return { S3Bucket: code.bucket, S3Key: code.key, ...version };
}
