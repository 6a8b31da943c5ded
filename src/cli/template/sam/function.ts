/**
 * AWS::Serverless::Function as the plain resources that it stands for: function, role, version, alias, URL with its permissions,
 * event invoke configuration, mappings; under the logical ids that SAM gives them. Pure.
 */
import type { JsonValue } from "../../../base/index.ts";
import { defined, isObject, type JsonObject, objectOf, textOf } from "../json.ts";
import { badTemplate } from "../problems.ts";
import { made, type Notice, type Resource } from "../resource.ts";
import { eventSources } from "./events.ts";
import { roleOf, type Surroundings } from "./role.ts";

/** Members that an AWS::Lambda::Function has under the same name. */
const SAME = [
  ["FunctionName", "Description", "Runtime", "Handler", "MemorySize", "Timeout", "Environment", "Layers"],
  ["Architectures", "EphemeralStorage", "ImageConfig", "KmsKeyArn", "FileSystemConfigs", "VpcConfig", "SnapStart"],
  ["LoggingConfig", "ReservedConcurrentExecutions", "PackageType", "RuntimeManagementConfig", "RecursiveLoop"],
  ["TenancyConfig", "CodeSigningConfigArn", "DurableConfig"],
].flat();
const OWN = [
  ["CodeUri", "InlineCode", "ImageUri", "Role", "Policies", "AssumeRolePolicyDocument", "RolePath", "Tags"],
  ["PermissionsBoundary", "DeadLetterQueue", "Tracing", "Events", "AutoPublishAlias", "VersionDescription"],
  ["ProvisionedConcurrencyConfig", "FunctionUrlConfig", "EventInvokeConfig"],
].flat();
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  DeploymentPreference: "the alias moves at once",
  AutoPublishAliasAllProperties: "a version is published when the code changes",
  AutoPublishCodeSha256: "a version is published when the code changes",
  PropagateTags: "its role has no tags of it",
};

export interface ExpandedFunction {
  readonly resources: readonly Resource[];
  /** What SAM lets templates refer to, such as `Hello.Alias` → the logical id that it is. */
  readonly names: Readonly<Record<string, string>>;
}

export function expandFunction(resource: Resource, around: Surroundings, notice: Notice): ExpandedFunction {
  const { id, properties } = resource;
  for (const name of Object.keys(properties)) {
    const reason = WITHOUT_EFFECT[name];
    if (reason !== undefined) notice(`${id}.${name} has no effect: ${reason}`);
    else if (!SAME.includes(name) && !OWN.includes(name)) notice(`${id}.${name} has no effect: it is not known`);
  }
  const role = properties["Role"] === undefined ? roleOf(id, properties, around) : undefined;
  const code = codeOf(id, properties);
  const resources: Resource[] = role === undefined ? [] : [role];
  resources.push({ ...resource, type: "AWS::Lambda::Function", properties: functionProperties(resource, role, code) });
  const names: Record<string, string> = {};
  const alias = textOf(properties["AutoPublishAlias"]);
  const target: JsonObject = alias === undefined ? { Ref: id } : { Ref: `${id}Alias${alias}` };
  if (alias !== undefined) {
    resources.push(...published(resource, alias, code));
    names[`${id}.Version`] = `${id}Version`;
    names[`${id}.Alias`] = `${id}Alias${alias}`;
  }
  if (isObject(properties["FunctionUrlConfig"])) resources.push(...url(id, alias, properties["FunctionUrlConfig"]));
  const asynchronous = properties["EventInvokeConfig"];
  if (isObject(asynchronous)) resources.push(eventInvokeConfig(id, alias, asynchronous));
  resources.push(...eventSources(id, target, objectOf(properties["Events"]), notice));
  return { resources, names };
}

function functionProperties({ properties }: Resource, role: Resource | undefined, code: JsonObject): JsonObject {
  const same = Object.fromEntries(SAME.map((name) => [name, properties[name]]));
  const queue = objectOf(properties["DeadLetterQueue"]);
  const tags = objectOf(properties["Tags"]);
  return defined({
    ...same,
    PackageType: code["ImageUri"] === undefined ? same["PackageType"] : "Image",
    Code: code,
    Role: role === undefined ? properties["Role"] : { "Fn::GetAtt": [role.id, "Arn"] },
    TracingConfig: properties["Tracing"] === undefined ? undefined : { Mode: properties["Tracing"] },
    DeadLetterConfig: queue["TargetArn"] === undefined ? undefined : { TargetArn: queue["TargetArn"] },
    Tags: Object.entries({ ...tags }).map(([Key, Value]): JsonValue => ({ Key, Value })),
  });
}

/** A folder or zip beside the template, S3, text, or an image. */
function codeOf(id: string, properties: JsonObject): JsonObject {
  const { InlineCode: inline, ImageUri: image, CodeUri: uri, PackageType: type } = properties;
  if (inline !== undefined) return { ZipFile: inline };
  if (image !== undefined) return { ImageUri: image };
  if (type === "Image") throw badTemplate(`${id} is an image without ImageUri.`, "build it, and name it with ImageUri");
  if (uri === undefined) return { Local: "." };
  return localOrS3(id, uri);
}

export function localOrS3(id: string, uri: JsonValue): JsonObject {
  if (isObject(uri)) return defined({ S3Bucket: uri["Bucket"], S3Key: uri["Key"], S3ObjectVersion: uri["Version"] });
  if (typeof uri !== "string") throw badTemplate(`${id} names no code.`);
  const inS3 = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri);
  return inS3 === null ? { Local: uri } : { S3Bucket: inS3[1] ?? "", S3Key: inS3[2] ?? "" };
}

function published({ id, properties }: Resource, alias: string, code: JsonObject): readonly Resource[] {
  const version = made(
    `${id}Version`,
    "AWS::Lambda::Version",
    defined({ FunctionName: { Ref: id }, Description: properties["VersionDescription"], Code: code }),
    { retain: true },
  );
  const aliasProperties = defined({
    Name: alias,
    FunctionName: { Ref: id },
    FunctionVersion: { "Fn::GetAtt": [version.id, "Version"] },
    ProvisionedConcurrencyConfig: properties["ProvisionedConcurrencyConfig"],
  });
  return [version, made(`${id}Alias${alias}`, "AWS::Lambda::Alias", aliasProperties)];
}

function url(id: string, alias: string | undefined, config: JsonObject): readonly Resource[] {
  const { AuthType: authType, ...settings } = config;
  const dependsOn = alias === undefined ? [] : [`${id}Alias${alias}`];
  const of = defined({ TargetFunctionArn: { Ref: id }, Qualifier: alias, AuthType: authType, ...settings });
  const resources = [made(`${id}Url`, "AWS::Lambda::Url", of, { dependsOn })];
  if (authType !== "NONE") return resources;
  const FunctionName: JsonObject = { Ref: alias === undefined ? id : `${id}Alias${alias}` };
  const open = { FunctionName, Principal: "*" };
  resources.push(
    made(`${id}UrlPublicPermissions`, "AWS::Lambda::Permission", {
      ...open,
      Action: "lambda:InvokeFunctionUrl",
      FunctionUrlAuthType: "NONE",
    }),
    made(`${id}URLInvokeAllowPublicAccess`, "AWS::Lambda::Permission", {
      ...open,
      Action: "lambda:InvokeFunction",
      InvokedViaFunctionUrl: true,
    }),
  );
  return resources;
}

function eventInvokeConfig(id: string, alias: string | undefined, config: JsonObject): Resource {
  const destinations = Object.entries(objectOf(config["DestinationConfig"])).map(([when, to]): [string, JsonValue] => [
    when,
    defined({ Destination: objectOf(to)["Destination"] }),
  ]);
  return made(
    `${id}EventInvokeConfig`,
    "AWS::Lambda::EventInvokeConfig",
    defined({
      FunctionName: { Ref: id },
      Qualifier: alias ?? "$LATEST",
      MaximumEventAgeInSeconds: config["MaximumEventAgeInSeconds"],
      MaximumRetryAttempts: config["MaximumRetryAttempts"],
      DestinationConfig: destinations.length === 0 ? undefined : Object.fromEntries(destinations),
    }),
    { dependsOn: alias === undefined ? [] : [`${id}Alias${alias}`] },
  );
}
