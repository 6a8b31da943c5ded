/**
 * Reads of resources and settings that nothing here can create or change yet: truthfully empty, or AWS's default.
 * Infrastructure tools ask for them after every deployment. A resource that arrives takes its row from here.
 */
import type { Handlers } from "../wire/index.ts";
import { type ControlPlane, getFunction, type LambdaModule, referTo } from "./control-plane.ts";

type Operations = "GetFunctionCodeSigningConfig" | "ListCodeSigningConfigs";

export function absentHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async GetFunctionCodeSigningConfig(input, call) {
      await getFunction(plane, referTo(input.FunctionName, call));
      return { CodeSigningConfigArn: undefined, FunctionName: undefined };
    },

    async ListCodeSigningConfigs() {
      return { CodeSigningConfigs: [] };
    },
  };
}
