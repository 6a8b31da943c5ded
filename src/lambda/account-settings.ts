/** GetAccountSettings: quotas, and what is used of them in this account and region. */
import type { Handlers } from "../wire/index.ts";
import { totalCodeSize } from "./code-upload.ts";
import type { ControlPlane, LambdaModule } from "./control-plane.ts";
import { LIMITS } from "./limits.ts";

export function accountHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, "GetAccountSettings"> {
  return {
    async GetAccountSettings(_input, call) {
      return {
        AccountLimit: {
          TotalCodeSize: plane.quotas.codeStorageBytes,
          CodeSizeUnzipped: LIMITS.unzippedBytes,
          CodeSizeZipped: LIMITS.zippedBytes,
          ConcurrentExecutions: plane.quotas.concurrentExecutions,
          UnreservedConcurrentExecutions: plane.quotas.concurrentExecutions - plane.directory.claimedConcurrency(call),
        },
        AccountUsage: {
          TotalCodeSize: totalCodeSize(plane, call),
          FunctionCount: plane.directory.usage(call).functions,
        },
      };
    },
  };
}
