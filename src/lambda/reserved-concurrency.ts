/** PutFunctionConcurrency, GetFunctionConcurrency, DeleteFunctionConcurrency. The router enforces what is kept here. */
import type { Handlers, Place } from "../wire/index.ts";
import { requireOnDemand } from "./capacity-providers/managed.ts";
import { type ControlPlane, changeFunction, getFunction, type LambdaModule, referTo } from "./control-plane.ts";
import { functionNotFound, invalidParameter, untypedInvalidParameter } from "./errors.ts";
import { type FunctionReference, LATEST, qualifiedArn } from "./names.ts";
import { claimedBy, provisionedTotal } from "./provisioned-settings.ts";

type Operations = "PutFunctionConcurrency" | "GetFunctionConcurrency" | "DeleteFunctionConcurrency";

export function reservedConcurrencyHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async PutFunctionConcurrency(input, call) {
      const reference = functionOnly(input.FunctionName, call);
      const wanted = input.ReservedConcurrentExecutions;
      const missing = (): Error => functionNotFound(qualifiedArn(reference, reference.name, LATEST));
      const change = await changeFunction(
        plane,
        reference,
        (record) => {
          requireOnDemand(record, "Reserved concurrency");
          const provisioned = provisionedTotal(record);
          if (wanted < provisioned) {
            throw untypedInvalidParameter(
              ` ReservedConcurrentExecutions  ${wanted} should not be lower than function's total provisioned concurrency [${provisioned}].`,
            );
          }
          const others = plane.directory.claimedConcurrency(call) - claimedBy(record);
          const minimum = Math.min(plane.quotas.unreservedConcurrency, plane.quotas.concurrentExecutions);
          if (wanted > 0 && plane.quotas.concurrentExecutions - others - wanted < minimum) {
            throw untypedInvalidParameter(
              `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${minimum}].`,
            );
          }
          return { ...record, reservedConcurrency: wanted };
        },
        { missing },
      );
      return { ReservedConcurrentExecutions: change.reservedConcurrency };
    },

    async GetFunctionConcurrency(input, call) {
      const { record } = await getFunction(plane, functionOnly(input.FunctionName, call));
      return record.reservedConcurrency === undefined
        ? {}
        : { ReservedConcurrentExecutions: record.reservedConcurrency };
    },

    async DeleteFunctionConcurrency(input, call) {
      await changeFunction(plane, functionOnly(input.FunctionName, call), ({ reservedConcurrency, ...record }) =>
        reservedConcurrency === undefined ? undefined : record,
      );
      return {};
    },
  };
}

function functionOnly(functionName: string, place: Place): FunctionReference {
  const reference = referTo(functionName, place);
  if (reference.qualifier === undefined) return reference;
  throw invalidParameter(
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
  );
}
