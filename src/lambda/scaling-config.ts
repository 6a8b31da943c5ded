/**
 * PutFunctionScalingConfig and GetFunctionScalingConfig, for functions with a capacity provider. On this server a version's
 * minimum is kept ready, its maximum bounds its environments, and a minimum and maximum of 0 switch it off.
 */
import type { FunctionScalingConfig } from "@aws-sdk/client-lambda";
import type { Handlers } from "../wire/index.ts";
import { isManaged } from "./capacity-providers/names.ts";
import { type ControlPlane, changeFunction, getFunction, type LambdaModule, referTo } from "./control-plane.ts";
import { functionNotFound, invalidParameter } from "./errors.ts";
import { type FunctionReference, qualifiedArn } from "./names.ts";
import { scalingOf, withoutScaling } from "./provisioned-settings.ts";
import type { FunctionRecord, ScalingRecord } from "./records.ts";

type Operations = "PutFunctionScalingConfig" | "GetFunctionScalingConfig";

export function scalingHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async PutFunctionScalingConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const setting = settingOf(input.Qualifier, input.FunctionScalingConfig ?? {});
      await changeFunction(plane, reference, (record) => {
        requireVersion(record, reference, input.Qualifier);
        if (!isManaged(record)) {
          throw invalidParameter(
            "Scaling configuration is supported for functions with a capacity provider only. Create the function with CapacityProviderConfig.",
          );
        }
        const others = withoutScaling(record, input.Qualifier);
        return setting === undefined ? others : { ...others, scaling: [...(others.scaling ?? []), setting] };
      });
      return { FunctionState: setting?.maxEnvironments === 0 ? "Deactivating" : "Active" };
    },

    async GetFunctionScalingConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const { record } = await getFunction(plane, reference, input.Qualifier);
      requireVersion(record, reference, input.Qualifier);
      const config = shown(scalingOf(record, input.Qualifier));
      return {
        FunctionArn: qualifiedArn(reference, reference.name, input.Qualifier),
        AppliedFunctionScalingConfig: config,
        RequestedFunctionScalingConfig: config,
      };
    },
  };
}

/** Undefined when nothing is set. */
function settingOf(
  qualifier: string,
  { MinExecutionEnvironments: min, MaxExecutionEnvironments: max }: FunctionScalingConfig,
): ScalingRecord | undefined {
  if (min !== undefined && max !== undefined && min > max) {
    throw invalidParameter("MinExecutionEnvironments must not be greater than MaxExecutionEnvironments.");
  }
  if ((min === 0) !== (max === 0)) {
    throw invalidParameter("MinExecutionEnvironments and MaxExecutionEnvironments must both be 0 or both be above it.");
  }
  if (min === undefined && max === undefined) return undefined;
  return {
    qualifier,
    ...(min !== undefined && { minEnvironments: min }),
    ...(max !== undefined && { maxEnvironments: max }),
  };
}

/** Throws AWS's not-found for a version that is not there. */
function requireVersion(record: FunctionRecord, reference: FunctionReference, version: string): void {
  if (record.versions.some((published) => published.version === version)) return;
  throw functionNotFound(qualifiedArn(reference, reference.name, version));
}

function shown(setting: ScalingRecord | undefined): FunctionScalingConfig {
  return {
    ...(setting?.minEnvironments !== undefined && { MinExecutionEnvironments: setting.minEnvironments }),
    ...(setting?.maxEnvironments !== undefined && { MaxExecutionEnvironments: setting.maxEnvironments }),
  };
}
