/** Every resource type that is deployed. A type that is not here is named to the person, and left alone. */
import { alias } from "./alias.ts";
import { codeSigningConfig } from "./code-signing-config.ts";
import { eventInvokeConfig } from "./event-invoke-config.ts";
import { eventSourceMapping } from "./event-source-mapping.ts";
import { lambdaFunction } from "./function.ts";
import type { Kind } from "./kind.ts";
import { layerVersion } from "./layer-version.ts";
import { logGroup } from "./log-group.ts";
import { layerVersionPermission, permission } from "./permission.ts";
import { inlinePolicy, managedPolicy } from "./policy.ts";
import { role } from "./role.ts";
import { url } from "./url.ts";
import { version } from "./version.ts";

export const kinds: ReadonlyMap<string, Kind> = new Map([
  ["AWS::Lambda::Function", lambdaFunction],
  ["AWS::Lambda::LayerVersion", layerVersion],
  ["AWS::Lambda::LayerVersionPermission", layerVersionPermission],
  ["AWS::Lambda::Version", version],
  ["AWS::Lambda::Alias", alias],
  ["AWS::Lambda::Permission", permission],
  ["AWS::Lambda::Url", url],
  ["AWS::Lambda::EventSourceMapping", eventSourceMapping],
  ["AWS::Lambda::EventInvokeConfig", eventInvokeConfig],
  ["AWS::Lambda::CodeSigningConfig", codeSigningConfig],
  ["AWS::IAM::Role", role],
  ["AWS::IAM::Policy", inlinePolicy],
  ["AWS::IAM::ManagedPolicy", managedPolicy],
  ["AWS::Logs::LogGroup", logGroup],
]);
