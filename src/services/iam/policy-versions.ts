/** Versions of customer-managed policies: five at most, of which one is the default. */
import type { PolicyVersion } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { defaultVersionKept, policyNotFound, policyVersionNotFound, tooManyVersions } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import { takePageOf } from "./pages.ts";
import { checkManagedPolicy, encodeDocument } from "./policy-documents.ts";
import { changePolicy, findPolicy } from "./policy-lookup.ts";
import type { PolicyRecord } from "./records.ts";
import type { IamClient, IamState } from "./state.ts";

type StoredVersion = PolicyRecord["versions"][number];

export function policyVersionHandlers(state: IamState): Handlers<IamClient> {
  const { clock } = state;

  async function changeVersion(
    { PolicyArn: arn, VersionId: id }: { readonly PolicyArn: string; readonly VersionId: string },
    call: Call,
    change: (policy: PolicyRecord, version: StoredVersion) => PolicyRecord,
  ): Promise<void> {
    const missing = () => policyVersionNotFound(arn, id);
    const changed = (policy: PolicyRecord): PolicyRecord => {
      const version = versionOf(policy, id);
      if (version === undefined) throw missing();
      return change(policy, version);
    };
    await changePolicy(state, call, arn, changed, missing);
  }

  return {
    async CreatePolicyVersion(input, call) {
      checkManagedPolicy(input.PolicyDocument);
      const { PolicyArn: arn, PolicyDocument: document } = input;
      const createdAt = clock.now();
      const { nextVersion } = await changePolicy(state, call, arn, (policy) => {
        if (policy.versions.length >= IAM_LIMITS.policyVersions) throw tooManyVersions();
        const number = policy.nextVersion;
        return {
          ...policy,
          updatedAt: createdAt,
          nextVersion: number + 1,
          defaultVersion: input.SetAsDefault === true ? number : policy.defaultVersion,
          versions: [...policy.versions, { number, document, createdAt }],
        };
      });
      return {
        PolicyVersion: {
          VersionId: `v${nextVersion - 1}`,
          IsDefaultVersion: input.SetAsDefault === true,
          CreateDate: new Date(createdAt),
        },
      };
    },

    async GetPolicyVersion(input, call) {
      const { PolicyArn: arn, VersionId: id } = input;
      const policy = await findPolicy(state, call, arn);
      const version = policy === undefined ? undefined : versionOf(policy, id);
      if (policy === undefined || version === undefined) throw policyVersionNotFound(arn, id);
      return { PolicyVersion: printVersion(policy, version) };
    },

    async ListPolicyVersions(input, call) {
      const arn = input.PolicyArn;
      const policy = await findPolicy(state, call, arn);
      if (policy === undefined) throw policyNotFound(arn);
      const { items, ...rest } = await takePageOf(input, policy.versions, ({ number }) =>
        String(Number.MAX_SAFE_INTEGER - number),
      );
      const versions = items.map((version) => {
        const { Document: _, ...printed } = printVersion(policy, version);
        return printed;
      });
      return { Versions: versions, ...rest };
    },

    async DeletePolicyVersion(input, call) {
      await changeVersion(input, call, (policy, version) => {
        if (version.number === policy.defaultVersion) throw defaultVersionKept();
        return { ...policy, versions: policy.versions.filter((candidate) => candidate !== version) };
      });
      return {};
    },

    async SetDefaultPolicyVersion(input, call) {
      await changeVersion(input, call, (policy, version) => ({
        ...policy,
        defaultVersion: version.number,
        updatedAt: clock.now(),
      }));
      return {};
    },
  };
}

const versionOf = (policy: PolicyRecord, id: string): StoredVersion | undefined =>
  policy.versions.find((version) => `v${version.number}` === id);

export function printVersion(policy: PolicyRecord, version: StoredVersion): PolicyVersion {
  return {
    Document: encodeDocument(version.document),
    VersionId: `v${version.number}`,
    IsDefaultVersion: version.number === policy.defaultVersion,
    CreateDate: new Date(version.createdAt),
  };
}
