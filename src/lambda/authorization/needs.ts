/**
 * What each operation of Lambda needs of its caller. Source: Service Authorization Reference, "Actions, resources, and
 * condition keys for AWS Lambda", and the developer guide's "Fine-tuning the Resources and Conditions sections of
 * policies". A policy that names a function unqualified covers requests that do so alone, as on AWS.
 */
import { type Authorization, type Call, type Need, type OperationInput, parseArn } from "../../wire/index.ts";
import type { LambdaModule } from "../control-plane.ts";
import {
  functionArnOf,
  functionResource,
  lambdaArn,
  layerResource,
  mappingResource,
  providerResource,
  type Resource,
  type Resources,
  requestTagContext,
  taggedResource,
  urlAuthType,
} from "./resources.ts";

type Input<N extends keyof Authorization<LambdaModule>> = OperationInput<LambdaModule, N>;
type Qualified = { readonly FunctionName: string; readonly Qualifier?: string | undefined };

const PASSED_TO_LAMBDA = { "iam:PassedToService": "lambda.amazonaws.com" };

/** An answer for every operation: the type refuses one without. */
export function lambdaAuthorization(resources: Resources): Required<Authorization<LambdaModule>> {
  const needs = (action: string, resource: Resource, context: Need["context"] = {}): Need[] => [
    { action: `lambda:${action}`, ...resource, context: { ...resource.context, ...context } },
  ];
  /** On the function, version or alias that the request names. */
  const named = (action: string) => (input: Qualified, call: Call) =>
    needs(action, functionResource(resources, input, call));
  /** On the function, whatever version or alias the request names. */
  const whole = (action: string) => (input: Pick<Qualified, "FunctionName">, call: Call) =>
    needs(action, functionResource(resources, input, call, true));
  const everything = (action: string) => () => needs(action, { resource: "*" });
  const layerVersion =
    (action: string) => (input: { readonly LayerName: string; readonly VersionNumber: number }, call: Call) =>
      needs(action, layerResource(resources, input.LayerName, input.VersionNumber, call));
  const mapping =
    (action: string) => (input: { readonly UUID: string; readonly FunctionName?: string | undefined }, call: Call) =>
      needs(
        action,
        mappingResource(resources, input.UUID, call),
        input.FunctionName === undefined ? {} : { "lambda:FunctionArn": functionArnOf(input.FunctionName, call) },
      );
  const provider = (action: string) => (input: { readonly CapacityProviderName: string }, call: Call) =>
    needs(action, providerResource(resources, input.CapacityProviderName, call));
  const signing = (action: string) => (input: { readonly CodeSigningConfigArn: string }) =>
    needs(action, { resource: input.CodeSigningConfigArn });
  const execution = (action: string) => (input: { readonly DurableExecutionArn: string }) =>
    needs(action, { resource: input.DurableExecutionArn });
  const tagged = (action: string) => (input: { readonly Resource: string }, call: Call) =>
    needs(action, taggedResource(resources, input.Resource, call));
  const onArn = (action: string) => (input: { readonly ResourceArn: string }, call: Call) =>
    needs(action, taggedResource(resources, input.ResourceArn, call));
  const url =
    (action: string) =>
    (input: Qualified & { readonly AuthType?: string | undefined }, call: Call): Need[] => {
      const resource = functionResource(resources, input, call);
      const authType = input.AuthType ?? urlAuthType(resources, input, call);
      return needs(action, resource, {
        "lambda:FunctionArn": resource.resource,
        ...(authType !== undefined && { "lambda:FunctionUrlAuthType": authType }),
      });
    };
  const permission =
    (action: string) =>
    (
      input: Qualified & { readonly Principal?: string; readonly FunctionUrlAuthType?: string | undefined },
      call: Call,
    ) =>
      needs(action, functionResource(resources, input, call), {
        ...(input.Principal !== undefined && { "lambda:Principal": input.Principal }),
        ...(input.FunctionUrlAuthType !== undefined && { "lambda:FunctionUrlAuthType": input.FunctionUrlAuthType }),
      });
  /** The right to give what is created its tags. */
  const tagging = (resource: string, tags: Readonly<Record<string, string>> | undefined): Need[] =>
    Object.keys(tags ?? {}).length === 0 ? [] : needs("TagResource", { resource }, requestTagContext(tags));
  const layers = (arns: readonly string[] | undefined, call: Call): Need[] =>
    (arns ?? []).flatMap((arn) => needs("GetLayerVersion", layerResource(resources, arn, undefined, call)));

  return {
    AddLayerVersionPermission: layerVersion("AddLayerVersionPermission"),
    AddPermission: permission("AddPermission"),
    CheckpointDurableExecution: execution("CheckpointDurableExecution"),
    CreateAlias: whole("CreateAlias"),
    CreateCapacityProvider(input, call) {
      const resource = providerResource(resources, input.CapacityProviderName, call);
      return [
        ...needs("CreateCapacityProvider", resource, {
          ...requestTagContext(input.Tags),
          ...vpcContext(input.VpcConfig),
        }),
        ...tagging(resource.resource, input.Tags),
        ...passing(input.PermissionsConfig.CapacityProviderOperatorRoleArn),
      ];
    },
    CreateCodeSigningConfig: (input, call) => [
      ...needs("CreateCodeSigningConfig", { resource: "*" }, requestTagContext(input.Tags)),
      ...tagging(lambdaArn(call, "code-signing-config:*"), input.Tags),
    ],
    CreateEventSourceMapping: (input, call) => [
      ...needs(
        "CreateEventSourceMapping",
        { resource: "*" },
        { "lambda:FunctionArn": functionArnOf(input.FunctionName, call), ...requestTagContext(input.Tags) },
      ),
      ...tagging(lambdaArn(call, "event-source-mapping:*"), input.Tags),
    ],
    CreateFunction(input, call) {
      const resource = functionResource(resources, input, call, true);
      return [
        ...needs("CreateFunction", resource, {
          ...configuredContext(input),
          ...requestTagContext(input.Tags),
          ...(input.CodeSigningConfigArn !== undefined && {
            "lambda:CodeSigningConfigArn": input.CodeSigningConfigArn,
          }),
        }),
        ...tagging(resource.resource, input.Tags),
        ...passing(input.Role, resource.resource),
        ...layers(input.Layers, call),
        ...mounting(input.FileSystemConfigs, call),
      ];
    },
    CreateFunctionUrlConfig: url("CreateFunctionUrlConfig"),
    DeleteAlias: whole("DeleteAlias"),
    DeleteCapacityProvider: provider("DeleteCapacityProvider"),
    DeleteCodeSigningConfig: signing("DeleteCodeSigningConfig"),
    DeleteEventSourceMapping: mapping("DeleteEventSourceMapping"),
    DeleteFunction: named("DeleteFunction"),
    DeleteFunctionCodeSigningConfig: whole("DeleteFunctionCodeSigningConfig"),
    DeleteFunctionConcurrency: whole("DeleteFunctionConcurrency"),
    DeleteFunctionEventInvokeConfig: named("DeleteFunctionEventInvokeConfig"),
    DeleteFunctionUrlConfig: url("DeleteFunctionUrlConfig"),
    DeleteLayerVersion: layerVersion("DeleteLayerVersion"),
    DeleteProvisionedConcurrencyConfig: named("DeleteProvisionedConcurrencyConfig"),
    DeleteResourcePolicy: onArn("DeleteResourcePolicy"),
    GetAccountSettings: everything("GetAccountSettings"),
    GetAlias: whole("GetAlias"),
    GetCapacityProvider: provider("GetCapacityProvider"),
    GetCodeSigningConfig: signing("GetCodeSigningConfig"),
    GetDurableExecution: execution("GetDurableExecution"),
    GetDurableExecutionHistory: execution("GetDurableExecutionHistory"),
    GetDurableExecutionState: execution("GetDurableExecutionState"),
    GetEventSourceMapping: mapping("GetEventSourceMapping"),
    GetFunction: named("GetFunction"),
    GetFunctionCodeSigningConfig: whole("GetFunctionCodeSigningConfig"),
    GetFunctionConcurrency: whole("GetFunctionConcurrency"),
    GetFunctionConfiguration: named("GetFunctionConfiguration"),
    GetFunctionEventInvokeConfig: named("GetFunctionEventInvokeConfig"),
    GetFunctionRecursionConfig: whole("GetFunctionRecursionConfig"),
    GetFunctionScalingConfig: named("GetFunctionScalingConfig"),
    GetFunctionUrlConfig: url("GetFunctionUrlConfig"),
    GetLayerVersion: layerVersion("GetLayerVersion"),
    GetLayerVersionByArn: (input, call) =>
      needs("GetLayerVersion", layerResource(resources, input.Arn, undefined, call)),
    GetLayerVersionPolicy: layerVersion("GetLayerVersionPolicy"),
    GetPolicy: named("GetPolicy"),
    GetProvisionedConcurrencyConfig: named("GetProvisionedConcurrencyConfig"),
    GetResourcePolicy: onArn("GetResourcePolicy"),
    GetRuntimeManagementConfig: named("GetRuntimeManagementConfig"),
    Invoke: named("InvokeFunction"),
    InvokeAsync: named("InvokeFunction"),
    InvokeWithResponseStream: named("InvokeFunction"),
    ListAliases: whole("ListAliases"),
    ListCapacityProviders: everything("ListCapacityProviders"),
    ListCodeSigningConfigs: everything("ListCodeSigningConfigs"),
    ListDurableExecutionsByFunction: named("ListDurableExecutionsByFunction"),
    ListEventSourceMappings: everything("ListEventSourceMappings"),
    ListFunctionEventInvokeConfigs: whole("ListFunctionEventInvokeConfigs"),
    ListFunctionUrlConfigs: whole("ListFunctionUrlConfigs"),
    ListFunctionVersionsByCapacityProvider: provider("ListFunctionVersionsByCapacityProvider"),
    ListFunctions: everything("ListFunctions"),
    ListFunctionsByCodeSigningConfig: signing("ListFunctionsByCodeSigningConfig"),
    ListLayerVersions: everything("ListLayerVersions"),
    ListLayers: everything("ListLayers"),
    ListProvisionedConcurrencyConfigs: whole("ListProvisionedConcurrencyConfigs"),
    ListTags: tagged("ListTags"),
    ListVersionsByFunction: whole("ListVersionsByFunction"),
    PublishLayerVersion: (input, call) =>
      needs("PublishLayerVersion", layerResource(resources, input.LayerName, undefined, call)),
    PublishVersion: whole("PublishVersion"),
    PutFunctionCodeSigningConfig: (input, call) => {
      const context = { "lambda:CodeSigningConfigArn": input.CodeSigningConfigArn };
      return [
        ...needs("PutFunctionCodeSigningConfig", functionResource(resources, input, call, true), context),
        ...needs("PutFunctionCodeSigningConfig", { resource: input.CodeSigningConfigArn }, context),
      ];
    },
    PutFunctionConcurrency: whole("PutFunctionConcurrency"),
    PutFunctionEventInvokeConfig: named("PutFunctionEventInvokeConfig"),
    PutFunctionRecursionConfig: whole("PutFunctionRecursionConfig"),
    PutFunctionScalingConfig: named("PutFunctionScalingConfig"),
    PutProvisionedConcurrencyConfig: named("PutProvisionedConcurrencyConfig"),
    PutResourcePolicy: onArn("PutResourcePolicy"),
    PutRuntimeManagementConfig: named("PutRuntimeManagementConfig"),
    RemoveLayerVersionPermission: layerVersion("RemoveLayerVersionPermission"),
    RemovePermission: permission("RemovePermission"),
    SendDurableExecutionCallbackFailure: everything("SendDurableExecutionCallbackFailure"),
    SendDurableExecutionCallbackHeartbeat: everything("SendDurableExecutionCallbackHeartbeat"),
    SendDurableExecutionCallbackSuccess: everything("SendDurableExecutionCallbackSuccess"),
    StopDurableExecution: execution("StopDurableExecution"),
    TagResource: (input, call) =>
      needs("TagResource", taggedResource(resources, input.Resource, call), requestTagContext(input.Tags)),
    UntagResource: (input, call) =>
      needs("UntagResource", taggedResource(resources, input.Resource, call), { "aws:TagKeys": input.TagKeys }),
    UpdateAlias: whole("UpdateAlias"),
    UpdateCapacityProvider: provider("UpdateCapacityProvider"),
    UpdateCodeSigningConfig: signing("UpdateCodeSigningConfig"),
    // Both the function that it has and the one that it gets: a condition on one's own is no way to another's source.
    UpdateEventSourceMapping: (input, call) => [
      ...mapping("UpdateEventSourceMapping")({ UUID: input.UUID }, call),
      ...(input.FunctionName === undefined ? [] : mapping("UpdateEventSourceMapping")(input, call)),
    ],
    UpdateFunctionCode: whole("UpdateFunctionCode"),
    UpdateFunctionConfiguration(input, call) {
      const resource = functionResource(resources, input, call, true);
      return [
        ...needs("UpdateFunctionConfiguration", resource, configuredContext(input)),
        ...(input.Role === undefined ? [] : passing(input.Role, resource.resource)),
        ...layers(input.Layers, call),
        ...mounting(input.FileSystemConfigs, call),
      ];
    },
    UpdateFunctionEventInvokeConfig: named("UpdateFunctionEventInvokeConfig"),
    UpdateFunctionUrlConfig: url("UpdateFunctionUrlConfig"),
  };
}

function passing(role: string, functionArn?: string): Need[] {
  const context = {
    ...PASSED_TO_LAMBDA,
    ...(functionArn !== undefined && { "iam:AssociatedResourceArn": functionArn }),
  };
  return [{ action: "iam:PassRole", resource: role, context }];
}

/** Another account's file systems are its own: their policies would have to let the caller in, and here they have none. */
function mounting(configs: Input<"CreateFunction">["FileSystemConfigs"], { accountId }: Call): Need[] {
  return (configs ?? []).flatMap(({ Arn: resource = "" }) => {
    const { service, accountId: owner } = parseArn(resource) ?? {};
    return owner === undefined || owner === accountId ? [] : [{ action: `${service}:ClientMount`, resource }];
  });
}

function configuredContext(input: Pick<Input<"UpdateFunctionConfiguration">, "Layers" | "VpcConfig">): Need["context"] {
  return {
    ...(input.Layers !== undefined && input.Layers.length > 0 && { "lambda:Layer": input.Layers }),
    ...vpcContext(input.VpcConfig),
  };
}

function vpcContext(
  vpc:
    | { readonly SubnetIds?: readonly string[] | undefined; readonly SecurityGroupIds?: readonly string[] | undefined }
    | undefined,
): Need["context"] {
  const { SubnetIds: subnets = [], SecurityGroupIds: groups = [] } = vpc ?? {};
  return {
    ...(subnets.length > 0 && { "lambda:SubnetIds": subnets }),
    ...(groups.length > 0 && { "lambda:SecurityGroupIds": groups }),
  };
}
