/** What each operation of Signer needs of its caller: its action on the ARN of the profile or job. */
import type { Authorization, Call, Need } from "../../wire/index.ts";
import type { SignerClient } from "./state.ts";

export function signerAuthorization(): Authorization<SignerClient> {
  const arn = (call: Call, rest: string, owner = call.accountId): string =>
    `arn:${call.partition}:signer:${call.region}:${owner}:/${rest}`;
  const profile =
    (action: string) =>
    (
      input: { readonly profileName: string; readonly profileOwner?: string | undefined },
      call: Call,
    ): readonly Need[] => [
      {
        action: `signer:${action}`,
        resource: arn(call, `signing-profiles/${input.profileName}`, input.profileOwner),
        // Permissions of other accounts are the operation's own to check.
        ownerAccountId: call.accountId,
      },
    ];
  const job =
    (action: string) =>
    (input: { readonly jobId: string }, call: Call): readonly Need[] => [
      {
        action: `signer:${action}`,
        resource: arn(call, `signing-jobs/${input.jobId}`),
        ownerAccountId: call.accountId,
      },
    ];
  const tagged =
    (action: string) =>
    (input: { readonly resourceArn: string }): readonly Need[] => [
      { action: `signer:${action}`, resource: input.resourceArn },
    ];
  return {
    PutSigningProfile: profile("PutSigningProfile"),
    GetSigningProfile: profile("GetSigningProfile"),
    CancelSigningProfile: profile("CancelSigningProfile"),
    RevokeSigningProfile: profile("RevokeSigningProfile"),
    AddProfilePermission: profile("AddProfilePermission"),
    RemoveProfilePermission: profile("RemoveProfilePermission"),
    ListProfilePermissions: profile("ListProfilePermissions"),
    StartSigningJob: profile("StartSigningJob"),
    SignPayload: profile("SignPayload"),
    DescribeSigningJob: job("DescribeSigningJob"),
    RevokeSignature: job("RevokeSignature"),
    TagResource: tagged("TagResource"),
    UntagResource: tagged("UntagResource"),
    ListTagsForResource: tagged("ListTagsForResource"),
  };
}
