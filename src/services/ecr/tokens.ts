/** GetAuthorizationToken: what `docker login` takes as its password. */
import type { Handlers } from "../../wire/index.ts";
import type { EcrClient, EcrPorts } from "./state.ts";

export function tokenHandlers(ports: EcrPorts): Pick<Handlers<EcrClient>, "GetAuthorizationToken"> {
  return {
    async GetAuthorizationToken(input, call) {
      const ids =
        input.registryIds === undefined || input.registryIds.length === 0 ? [call.accountId] : input.registryIds;
      const { principal, region } = call;
      const authorizationData = await Promise.all(
        ids.map(async (accountId) => {
          const { password, expiresMs } = await ports.tokens.issue({ accountId, region, principal });
          return {
            authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"),
            expiresAt: new Date(expiresMs),
            proxyEndpoint: call.endpoint,
          };
        }),
      );
      return { authorizationData };
    },
  };
}
