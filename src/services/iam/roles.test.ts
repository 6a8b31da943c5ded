/** Roles, instance profiles, service-linked roles and managed policies, through the SDK client and the real wire. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddRoleToInstanceProfileCommand,
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  DeleteInstanceProfileCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteServiceLinkedRoleCommand,
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetServiceLinkedRoleDeletionStatusCommand,
  type IAMClient,
  ListEntitiesForPolicyCommand,
  ListInstanceProfilesCommand,
  ListInstanceProfilesForRoleCommand,
  ListInstanceProfileTagsCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  paginateListPolicies,
  RemoveRoleFromInstanceProfileCommand,
  SetDefaultPolicyVersionCommand,
  TagInstanceProfileCommand,
  UntagInstanceProfileCommand,
  UpdateAssumeRolePolicyCommand,
  waitUntilInstanceProfileExists,
  waitUntilPolicyExists,
} from "@aws-sdk/client-iam";
import { ALLOW_LIST, documentOf, type IamHouse, openIamHouse, TRUST } from "./testing/house.ts";

const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

describe("roles and policies", () => {
  let house: IamHouse;
  let iam: IAMClient;
  before(async () => {
    house = await openIamHouse();
    iam = house.iam;
  });
  after(() => house[Symbol.asyncDispose]());

  const makeRole = (RoleName: string, AssumeRolePolicyDocument = TRUST) =>
    iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  const makePolicy = async (PolicyName: string): Promise<string> => {
    const { Policy: policy } = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: ALLOW_LIST }));
    return policy?.Arn ?? "";
  };

  it("a trust policy names only principals that exist, in CreateRole and UpdateAssumeRolePolicy", async () => {
    const trusting = (Principal: object) => documentOf({ Effect: "Allow", Principal, Action: "sts:AssumeRole" });
    const missing = "arn:aws:iam::000000000000:role/nobody";
    await assert.rejects(makeRole("trusting", trusting({ AWS: missing })), {
      name: "MalformedPolicyDocumentException",
      message: `Invalid principal in policy: "AWS":"${missing}"`,
    });
    await assert.rejects(makeRole("trusting", trusting({ Service: "lambda.example.com" })), {
      message: 'Invalid principal in policy: "SERVICE":"lambda.example.com"',
    });
    await makeRole("nobody");
    await makeRole("trusting", trusting({ AWS: [missing, "arn:aws:iam::123456789012:root", "000000000000"] }));
    const PolicyDocument = trusting({ AWS: "arn:aws:iam::000000000000:user/none" });
    await assert.rejects(iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "trusting", PolicyDocument })), {
      name: "MalformedPolicyDocumentException",
    });
    await assert.rejects(iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "gone", PolicyDocument })), {
      name: "NoSuchEntityException",
    });
  });

  it("CreateInstanceProfile takes one role, shows it both ways, and is in the way of its deletion", async () => {
    const InstanceProfileName = "machine";
    await makeRole("machine-role");
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName, Path: "/m/" }));
    await waitUntilInstanceProfileExists({ client: iam, maxWaitTime: 5 }, { InstanceProfileName });
    const add = (RoleName: string) => iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    await add("machine-role");
    await assert.rejects(add("machine-role"), {
      name: "LimitExceededException",
      message: "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    });
    const { InstanceProfile: profile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }));
    assert.equal(profile?.Arn, "arn:aws:iam::000000000000:instance-profile/m/machine");
    assert.equal(profile?.Roles?.[0]?.RoleName, "machine-role");
    const ofRole = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName: "machine-role" }));
    assert.equal(ofRole.InstanceProfiles?.[0]?.InstanceProfileName, InstanceProfileName);
    assert.equal((await iam.send(new ListInstanceProfilesCommand({ PathPrefix: "/m/" }))).InstanceProfiles?.length, 1);
    await assert.rejects(iam.send(new DeleteRoleCommand({ RoleName: "machine-role" })), {
      message: "Cannot delete entity, must remove roles from instance profile first.",
    });
    await assert.rejects(iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName })), {
      message: "Cannot delete entity, must remove roles from instance profile first.",
    });
    await iam.send(new TagInstanceProfileCommand({ InstanceProfileName, Tags: [{ Key: "k", Value: "v" }] }));
    await iam.send(new UntagInstanceProfileCommand({ InstanceProfileName, TagKeys: ["k"] }));
    assert.deepEqual((await iam.send(new ListInstanceProfileTagsCommand({ InstanceProfileName }))).Tags, []);
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName: "machine-role" }));
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
    await iam.send(new DeleteRoleCommand({ RoleName: "machine-role" }));
  });

  it("CreateServiceLinkedRole makes a role that only DeleteServiceLinkedRole deletes", async () => {
    const linked = new CreateServiceLinkedRoleCommand({ AWSServiceName: "ops.apigateway.amazonaws.com" });
    const { Role: role } = await iam.send(linked);
    const RoleName = role?.RoleName ?? "";
    assert.equal(RoleName, "AWSServiceRoleForAPIGateway");
    assert.equal(role?.Path, "/aws-service-role/ops.apigateway.amazonaws.com/");
    await assert.rejects(iam.send(linked), {
      name: "InvalidInputException",
      message: `Service role name ${RoleName} has been taken in this account, please try a different suffix.`,
    });
    const refusal = {
      name: "UnmodifiableEntityException",
      message: `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`,
    };
    await assert.rejects(iam.send(new DeleteRoleCommand({ RoleName })), refusal);
    await assert.rejects(
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument: ALLOW_LIST })),
      refusal,
    );
    const { DeletionTaskId } = await iam.send(new DeleteServiceLinkedRoleCommand({ RoleName }));
    const status = await iam.send(new GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }));
    assert.equal(status.Status, "SUCCEEDED");
    await assert.rejects(iam.send(new GetRoleCommand({ RoleName })), { name: "NoSuchEntityException" });
  });

  it("AWS's own policies are listed, read and attached, and Scope and OnlyAttached choose", async () => {
    const arns = new Set<string>();
    for await (const page of paginateListPolicies({ client: iam, pageSize: 10 }, { Scope: "AWS" })) {
      for (const policy of page.Policies ?? []) arns.add(policy.Arn ?? "");
    }
    assert.ok(arns.has(BASIC) && arns.has("arn:aws:iam::aws:policy/AdministratorAccess"));
    const { PolicyVersion: version } = await iam.send(
      new GetPolicyVersionCommand({ PolicyArn: BASIC, VersionId: "v1" }),
    );
    assert.match(decodeURIComponent(version?.Document ?? ""), /logs:PutLogEvents/);
    await makeRole("attaching");
    await iam.send(new AttachRolePolicyCommand({ RoleName: "attaching", PolicyArn: BASIC }));
    const attached = await iam.send(new ListPoliciesCommand({ OnlyAttached: true }));
    assert.deepEqual(
      attached.Policies?.map(({ Arn, AttachmentCount }) => [Arn, AttachmentCount]),
      [[BASIC, 1]],
    );
    assert.deepEqual((await iam.send(new ListPoliciesCommand({ Scope: "Local" }))).Policies, []);
  });

  it("ListEntitiesForPolicy tells groups, roles and boundaries apart, and DeletePolicy waits for all of them", async () => {
    const PolicyArn = await makePolicy("everywhere");
    await waitUntilPolicyExists({ client: iam, maxWaitTime: 5 }, { PolicyArn });
    await makeRole("having");
    await makeRole("limited");
    await iam.send(new CreateGroupCommand({ GroupName: "having" }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: "having", PolicyArn }));
    await iam.send(new AttachGroupPolicyCommand({ GroupName: "having", PolicyArn }));
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "limited", PermissionsBoundary: PolicyArn }));
    const entities = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn }));
    assert.deepEqual(
      entities.PolicyRoles?.map((role) => role.RoleName),
      ["having", "limited"],
    );
    assert.equal(entities.PolicyGroups?.[0]?.GroupName, "having");
    const asBoundary = await iam.send(
      new ListEntitiesForPolicyCommand({ PolicyArn, PolicyUsageFilter: "PermissionsBoundary" }),
    );
    assert.deepEqual([asBoundary.PolicyRoles?.length, asBoundary.PolicyGroups?.length], [1, 0]);
    const { Policy: policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    assert.deepEqual([policy?.AttachmentCount, policy?.PermissionsBoundaryUsageCount], [2, 1]);
    await assert.rejects(iam.send(new DeletePolicyCommand({ PolicyArn })), { name: "DeleteConflictException" });
  });

  it("of many that make a policy's last version at once, exactly one does, and pages show the newest first", async () => {
    const PolicyArn = await makePolicy("versioned");
    const add = () => iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: ALLOW_LIST }));
    for (let version = 2; version <= 4; version += 1) await add();
    const tries = await Promise.allSettled(Array.from({ length: 5 }, add));
    assert.equal(tries.filter((outcome) => outcome.status === "fulfilled").length, 1);
    await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v3" }));
    const first = await iam.send(new ListPolicyVersionsCommand({ PolicyArn, MaxItems: 3 }));
    assert.deepEqual(
      first.Versions?.map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion]),
      [
        ["v5", false],
        ["v4", false],
        ["v3", true],
      ],
    );
    const rest = await iam.send(new ListPolicyVersionsCommand({ PolicyArn, Marker: first.Marker }));
    assert.deepEqual(
      rest.Versions?.map(({ VersionId }) => VersionId),
      ["v2", "v1"],
    );
  });

  it("never leaves a role with a policy that was deleted while it was being attached", async () => {
    await makeRole("racing");
    for (let round = 0; round < 5; round += 1) {
      const PolicyArn = await makePolicy(`racing${round}`);
      await Promise.allSettled([
        iam.send(new AttachRolePolicyCommand({ RoleName: "racing", PolicyArn })),
        iam.send(new DeletePolicyCommand({ PolicyArn })),
      ]);
      const isThere = await iam.send(new GetPolicyCommand({ PolicyArn })).then(
        () => true,
        () => false,
      );
      const { identity } = (await house.directory.policiesOf({
        kind: "user",
        accountId: "000000000000",
        arn: "arn:aws:iam::000000000000:role/racing",
      })) ?? { identity: [] };
      assert.equal(
        identity.some(({ id }) => id === PolicyArn),
        isThere,
      );
    }
  });
});
