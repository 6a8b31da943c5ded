/** The policy of a key, of which there is one, named `default`. */
import type { Handlers } from "../../wire/index.ts";
import { awsManaged, limitExceeded, malformedPolicy, otherPolicyName, policyNotFound } from "./errors.ts";
import { changeKey, getKey, keyArn, requireNotPending } from "./find-key.ts";
import { LIMITS } from "./limits.ts";
import type { KmsClient, KmsState } from "./state.ts";

const DEFAULT = "default";

export function keyPolicyHandlers(
  state: KmsState,
): Pick<Handlers<KmsClient>, "GetKeyPolicy" | "PutKeyPolicy" | "ListKeyPolicies"> {
  return {
    async GetKeyPolicy(input, call) {
      const key = await getKey(state, call, input.KeyId);
      if ((input.PolicyName ?? DEFAULT) !== DEFAULT) throw policyNotFound();
      return { Policy: key.policy, PolicyName: DEFAULT };
    },

    async PutKeyPolicy(input, call) {
      const found = await getKey(state, call, input.KeyId);
      if ((input.PolicyName ?? DEFAULT) !== DEFAULT) throw otherPolicyName();
      checkKeyPolicy(input.Policy);
      await changeKey(state, found, (key) => {
        if (key.manager === "AWS") throw awsManaged(keyArn(key));
        requireNotPending(key);
        return { ...key, policy: input.Policy };
      });
      return {};
    },

    async ListKeyPolicies(input, call) {
      await getKey(state, call, input.KeyId);
      return { PolicyNames: [DEFAULT], Truncated: false };
    },
  };
}

/** Throws for what is no policy document at all; what its statements mean is decided where requests are authorised. */
export function checkKeyPolicy(text: string): void {
  if (Buffer.byteLength(text) > LIMITS.policyBytes) throw limitExceeded("key policy document size");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformedPolicy();
  }
  if (typeof document !== "object" || document === null || !("Statement" in document)) throw malformedPolicy();
}
