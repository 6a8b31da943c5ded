/** PutFunctionRecursionConfig and GetFunctionRecursionConfig. The router obeys what is kept here. */
import type { Handlers } from "../wire/index.ts";
import { type ControlPlane, changeFunction, getFunction, type LambdaModule, referTo } from "./control-plane.ts";

type Operations = "PutFunctionRecursionConfig" | "GetFunctionRecursionConfig";

export function recursionHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async PutFunctionRecursionConfig(input, call) {
      const record = await changeFunction(plane, referTo(input.FunctionName, call), (current) => ({
        ...current,
        recursiveLoop: input.RecursiveLoop,
      }));
      return { RecursiveLoop: record.recursiveLoop };
    },

    async GetFunctionRecursionConfig(input, call) {
      const { record } = await getFunction(plane, referTo(input.FunctionName, call));
      return { RecursiveLoop: record.recursiveLoop ?? "Terminate" };
    },
  };
}
