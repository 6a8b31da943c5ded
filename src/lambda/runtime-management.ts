/** PutRuntimeManagementConfig and GetRuntimeManagementConfig: when a version moves on to a newer runtime. */
import type { PutRuntimeManagementConfigResponse } from "@aws-sdk/client-lambda";
import type { Handlers } from "../wire/index.ts";
import { type ControlPlane, changeFunction, type LambdaModule } from "./control-plane.ts";
import { invalidParameter } from "./errors.ts";
import { getVersion } from "./functions.ts";
import type { RuntimeManagementRecord } from "./records.ts";
import { runtimeManagementOf, withoutRuntimeManagement } from "./runtime-version.ts";

type Operations = "PutRuntimeManagementConfig" | "GetRuntimeManagementConfig";

export function runtimeManagementHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async PutRuntimeManagementConfig(input, call) {
      const { UpdateRuntimeOn: updateOn, RuntimeVersionArn: runtimeVersionArn } = input;
      if ((updateOn === "Manual") !== (runtimeVersionArn !== undefined)) {
        throw invalidParameter(
          updateOn === "Manual"
            ? "RuntimeVersionArn must be specified when UpdateRuntimeOn is Manual."
            : `RuntimeVersionArn must not be specified when UpdateRuntimeOn is ${updateOn}.`,
        );
      }
      const { record, version, arn } = await getVersion(plane, input.FunctionName, call, input.Qualifier);
      const setting: RuntimeManagementRecord = {
        version: version.version,
        updateOn,
        ...(runtimeVersionArn !== undefined && { runtimeVersionArn }),
      };
      await changeFunction(plane, record, (current) => {
        const others = withoutRuntimeManagement(current, setting.version);
        return { ...others, runtimeManagement: [...(others.runtimeManagement ?? []), setting] };
      });
      return { ...shown(setting), FunctionArn: arn };
    },

    async GetRuntimeManagementConfig(input, call) {
      const { record, version, arn } = await getVersion(plane, input.FunctionName, call, input.Qualifier);
      return { ...shown(runtimeManagementOf(record, version.version)), FunctionArn: arn };
    },
  };
}

function shown(
  setting: RuntimeManagementRecord | undefined,
): Omit<PutRuntimeManagementConfigResponse, "FunctionArn"> & { RuntimeVersionArn?: string } {
  return {
    UpdateRuntimeOn: setting?.updateOn ?? "Auto",
    ...(setting?.runtimeVersionArn !== undefined && { RuntimeVersionArn: setting.runtimeVersionArn }),
  };
}
