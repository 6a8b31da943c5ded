/** Environments and waiting sandboxes as rows for whoever looks at the server. Changes nothing. */
import type { Spares } from "./spares.ts";
import type { EnvironmentStatus } from "./types.ts";
import type { VersionPool } from "./version-pool.ts";

/** Waiting ones first. */
export function statusOf(spares: Spares, pools: readonly VersionPool[]): readonly EnvironmentStatus[] {
  const waiting = spares.list().map(({ runtime, sinceMs }, index) => ({
    id: `spare-${index}`,
    functionArn: "",
    version: "",
    runtime,
    state: "waiting" as const,
    invocations: 0,
    since: sinceMs,
  }));
  const assigned = pools.flatMap(({ all, version }) =>
    [...all].map(({ id, state, invocations, since }) => ({
      id,
      functionArn: version.functionArn,
      version: version.version,
      runtime: version.runtime,
      state: state.kind,
      invocations,
      since,
    })),
  );
  return [...waiting, ...assigned];
}
