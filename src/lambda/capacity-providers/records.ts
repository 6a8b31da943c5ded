/** What is kept of a capacity provider: its settings by the API's own names, with the defaults applied. */
import type {
  Architecture,
  CapacityProviderPredefinedMetricType,
  CapacityProviderScalingMode,
  PropagateTagsMode,
  SystemLogLevel,
} from "@aws-sdk/client-lambda";
import { array, integer, mapOf, number, object, oneOf, optional, type ShapeType, text } from "../../store/index.ts";
import { named } from "../records.ts";

export const settingsShape = object({
  VpcConfig: object({ SubnetIds: array(text), SecurityGroupIds: array(text) }),
  PermissionsConfig: object({ CapacityProviderOperatorRoleArn: text }),
  InstanceRequirements: optional(
    object({
      Architectures: optional(array(named<Architecture>())),
      AllowedInstanceTypes: optional(array(text)),
      ExcludedInstanceTypes: optional(array(text)),
    }),
  ),
  CapacityProviderScalingConfig: object({
    MaxVCpuCount: integer,
    ScalingMode: named<CapacityProviderScalingMode>(),
    ScalingPolicies: optional(
      array(object({ PredefinedMetricType: named<CapacityProviderPredefinedMetricType>(), TargetValue: number })),
    ),
  }),
  KmsKeyArn: optional(text),
  PropagateTags: optional(object({ Mode: optional(named<PropagateTagsMode>()), ExplicitTags: optional(mapOf(text)) })),
  TelemetryConfig: optional(
    object({
      LoggingConfig: optional(object({ SystemLogLevel: optional(named<SystemLogLevel>()), LogGroup: optional(text) })),
    }),
  ),
});

export const capacityProviderShape = object({
  name: text,
  accountId: text,
  region: text,
  state: oneOf("Pending", "Active", "Deleting"),
  lastModifiedMs: integer,
  tags: mapOf(text),
  settings: settingsShape,
});
export type CapacityProviderRecord = ShapeType<typeof capacityProviderShape>;

export const CAPACITY_PROVIDERS_TABLE = "lambda/capacity-providers";
