/** SetRepositoryPolicy, GetRepositoryPolicy, DeleteRepositoryPolicy: who else may pull and push. */
import { MalformedPolicy, parsePolicy } from "../../policy/index.ts";
import { withResource } from "../../registry/index.ts";
import type { Handlers } from "../../wire/index.ts";
import { invalidParameter, policyNotFound } from "./errors.ts";
import { changeRepository, type EcrClient, type EcrPorts, getRepository } from "./state.ts";

type Operations = "SetRepositoryPolicy" | "GetRepositoryPolicy" | "DeleteRepositoryPolicy";

export function repositoryPolicyHandlers(ports: EcrPorts): Pick<Handlers<EcrClient>, Operations> {
  return {
    async SetRepositoryPolicy(input, call) {
      const policy = input.policyText;
      requirePolicy(policy);
      const record = await changeRepository(ports, input, call, (current) => ({ ...current, policy }));
      return { registryId: record.accountId, repositoryName: record.name, policyText: policy };
    },

    async GetRepositoryPolicy(input, call) {
      const record = await getRepository(ports, input, call);
      if (record.policy === undefined) throw policyNotFound(record);
      return { registryId: record.accountId, repositoryName: record.name, policyText: record.policy };
    },

    async DeleteRepositoryPolicy(input, call) {
      let removed = "";
      const record = await changeRepository(ports, input, call, (current) => {
        const { policy, ...rest } = current;
        if (policy === undefined) throw policyNotFound(current);
        removed = policy;
        return rest;
      });
      return { registryId: record.accountId, repositoryName: record.name, policyText: removed };
    },
  };
}

function requirePolicy(text: string): void {
  try {
    parsePolicy(withResource(text, "*"), "resource");
  } catch (error) {
    if (!(error instanceof MalformedPolicy || error instanceof SyntaxError)) throw error;
    throw invalidParameter(
      "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
    );
  }
}
