/**
 * ECR: repositories of container images as its API shows them. What is in them, and the protocol by which docker and its kin push
 * and pull, is the registry room's; both see the same.
 */
import type { Service } from "../../wire/index.ts";
import type { EcrClient, EcrPorts } from "./state.ts";

export type { EcrClient, EcrPorts } from "./state.ts";

/** The service, ready for the wire. Its client package, handlers and ports are opened by the first request. */
export function ecrService(openPorts: () => EcrPorts | Promise<EcrPorts>): Service<EcrClient> {
  return {
    name: "ecr",
    targets: ["AmazonEC2ContainerRegistry_V20150921"],
    async load() {
      const [ports, client, { ecrHandlers }, { ecrAuthorization }] = await Promise.all([
        openPorts(),
        import("@aws-sdk/client-ecr"),
        import("./handlers.ts"),
        import("./authorization.ts"),
      ]);
      return { client, handlers: ecrHandlers(ports), authorization: ecrAuthorization(ports) };
    },
  };
}
