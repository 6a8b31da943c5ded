/** A service room as small as one can be: the dashboards of CloudWatch. The recipe docs/recipes/add-a-service.md explains it. */
import type { Service } from "../../../src/wire/index.ts";
import type { CloudWatchClient, HelloPorts } from "./state.ts";

/** The service, ready for the wire. Its client package and handlers are loaded by the first request. */
export function helloService(ports: HelloPorts): Service<CloudWatchClient> {
  return {
    name: "monitoring",
    model: "cloudwatch",
    queryVersions: ["2010-08-01"],
    async load() {
      const [client, { dashboardHandlers }] = await Promise.all([
        import("@aws-sdk/client-cloudwatch"),
        import("./dashboards.ts"),
      ]);
      return { client, handlers: dashboardHandlers(ports) };
    },
  };
}
