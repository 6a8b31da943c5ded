/** All operations of the control plane. Loaded, with the client package's schemas, by the first request for Lambda. */
import type { Handlers } from "../wire/index.ts";
import type { ControlPlane, LambdaModule } from "./control-plane.ts";
import { functionHandlers } from "./functions.ts";
import { updateHandlers } from "./update.ts";
import { versionHandlers } from "./versions.ts";

export function controlPlaneHandlers(plane: ControlPlane): Handlers<LambdaModule> {
  return {
    ...functionHandlers(plane),
    ...updateHandlers(plane),
    ...versionHandlers(plane),
  };
}
