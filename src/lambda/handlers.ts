/** All operations of the control plane. Loaded, with the client package's schemas, by the first request for Lambda. */
import type { Handlers } from "../wire/index.ts";
import { accountHandlers } from "./account-settings.ts";
import { aliasHandlers } from "./aliases.ts";
import { capacityProviderHandlers } from "./capacity-providers/handlers.ts";
import { codeSigningHandlers } from "./code-signing/handlers.ts";
import type { ControlPlane, LambdaModule } from "./control-plane.ts";
import { durableExecutionHandlers } from "./durable-executions.ts";
import { eventInvokeHandlers } from "./event-invoke-config.ts";
import { functionUrlHandlers } from "./function-urls.ts";
import { functionHandlers } from "./functions.ts";
import { layerPermissionHandlers } from "./layer-permissions.ts";
import { layerHandlers } from "./layers.ts";
import { mappingHandlers } from "./mappings/handlers.ts";
import { permissionHandlers } from "./permissions.ts";
import { provisionedConcurrencyHandlers } from "./provisioned-concurrency.ts";
import { recursionHandlers } from "./recursion-config.ts";
import { reservedConcurrencyHandlers } from "./reserved-concurrency.ts";
import { resourcePolicyHandlers } from "./resource-policies.ts";
import { runtimeManagementHandlers } from "./runtime-management.ts";
import { scalingHandlers } from "./scaling-config.ts";
import { tagHandlers } from "./tags.ts";
import { updateHandlers } from "./update.ts";
import { versionHandlers } from "./versions.ts";

export function controlPlaneHandlers(plane: ControlPlane): Handlers<LambdaModule> {
  return {
    ...functionHandlers(plane),
    ...updateHandlers(plane),
    ...versionHandlers(plane),
    ...accountHandlers(plane),
    ...aliasHandlers(plane),
    ...capacityProviderHandlers(plane),
    ...codeSigningHandlers(plane),
    ...durableExecutionHandlers(plane),
    ...eventInvokeHandlers(plane),
    ...runtimeManagementHandlers(plane),
    ...functionUrlHandlers(plane),
    ...layerHandlers(plane),
    ...layerPermissionHandlers(plane),
    ...mappingHandlers(plane),
    ...permissionHandlers(plane),
    ...provisionedConcurrencyHandlers(plane),
    ...recursionHandlers(plane),
    ...reservedConcurrencyHandlers(plane),
    ...resourcePolicyHandlers(plane),
    ...scalingHandlers(plane),
    ...tagHandlers(plane),
  };
}
