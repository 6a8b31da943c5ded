/** All operations of ECR that there are, over one state. */
import type { Handlers } from "../../wire/index.ts";
import { imageListHandlers } from "./image-lists.ts";
import { imageHandlers } from "./images.ts";
import { layerHandlers } from "./layers.ts";
import { repositoryPolicyHandlers } from "./policies.ts";
import { repositoryHandlers } from "./repositories.ts";
import { repositorySettingHandlers } from "./settings.ts";
import type { EcrClient, EcrPorts } from "./state.ts";
import { tagHandlers } from "./tags.ts";
import { tokenHandlers } from "./tokens.ts";

export function ecrHandlers(ports: EcrPorts): Handlers<EcrClient> {
  return {
    ...repositoryHandlers(ports),
    ...repositorySettingHandlers(ports),
    ...repositoryPolicyHandlers(ports),
    ...imageHandlers(ports),
    ...imageListHandlers(ports),
    ...layerHandlers(ports),
    ...tagHandlers(ports),
    ...tokenHandlers(ports),
  };
}
