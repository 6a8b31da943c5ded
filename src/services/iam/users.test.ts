/** Users, their keys, groups and passwords, through the SDK client and the real wire. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateLoginProfileCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteGroupCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetAccessKeyLastUsedCommand,
  GetGroupCommand,
  GetLoginProfileCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  type IAMClient,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  ListGroupsCommand,
  ListGroupsForUserCommand,
  ListMFADevicesCommand,
  ListUserPoliciesCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  paginateListUsers,
  RemoveUserFromGroupCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
  UpdateGroupCommand,
  UpdateLoginProfileCommand,
  UpdateUserCommand,
  waitUntilUserExists,
} from "@aws-sdk/client-iam";
import { GetAccessKeyInfoCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { ALLOW_LIST, type IamHouse, openIamHouse } from "./testing/house.ts";

const READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess";

describe("users", () => {
  let house: IamHouse;
  let iam: IAMClient;
  before(async () => {
    house = await openIamHouse();
    iam = house.iam;
  });
  after(() => house[Symbol.asyncDispose]());

  const makeUser = (UserName: string) => iam.send(new CreateUserCommand({ UserName }));
  const makeKey = async (UserName: string) => {
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    return { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
  };

  it("CreateUser, GetUser, UpdateUser and DeleteUser keep path, tags and boundary, and the id through a new name", async () => {
    const { User: user } = await iam.send(
      new CreateUserCommand({
        UserName: "Anna",
        Path: "/team/",
        Tags: [{ Key: "Cost", Value: "1" }],
        PermissionsBoundary: READ_ONLY,
      }),
    );
    assert.match(user?.UserId ?? "", /^AIDA[A-Z2-7]{17}$/);
    assert.equal(user?.Arn, "arn:aws:iam::000000000000:user/team/Anna");
    await waitUntilUserExists({ client: iam, maxWaitTime: 5 }, { UserName: "anna" });
    await iam.send(new UpdateUserCommand({ UserName: "Anna", NewUserName: "Berta", NewPath: "/" }));
    await assert.rejects(iam.send(new GetUserCommand({ UserName: "Anna" })), {
      name: "NoSuchEntityException",
      message: "The user with name Anna cannot be found.",
    });
    const { User: renamed } = await iam.send(new GetUserCommand({ UserName: "Berta" }));
    assert.equal(renamed?.UserId, user?.UserId);
    assert.equal(renamed?.Arn, "arn:aws:iam::000000000000:user/Berta");
    assert.deepEqual(renamed?.Tags, [{ Key: "Cost", Value: "1" }]);
    assert.equal(renamed?.PermissionsBoundary?.PermissionsBoundaryArn, READ_ONLY);
    await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName: "Berta" }));
    await iam.send(new DeleteUserCommand({ UserName: "Berta" }));
  });

  it("ListUsers pages by name within a path prefix", async () => {
    for (const UserName of ["p3", "p1", "P2"]) await iam.send(new CreateUserCommand({ UserName, Path: "/paged/" }));
    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListUsers({ client: iam, pageSize: 2 }, { PathPrefix: "/paged/" })) {
      pages.push((page.Users ?? []).map((user) => user.UserName));
    }
    assert.deepEqual(pages, [["p1", "P2"], ["p3"]]);
    const first = await iam.send(new ListUsersCommand({ PathPrefix: "/paged/", MaxItems: 1 }));
    assert.equal(first.IsTruncated, true);
    await assert.rejects(iam.send(new ListUsersCommand({ Marker: "tampered" })), { name: "ValidationError" });
  });

  it("CreateAccessKey shows a secret once, and the key is its user's, of its account, until UpdateAccessKey or DeleteAccessKey", async () => {
    const { User: user } = await makeUser("keyed");
    const keys = await makeKey("keyed");
    assert.match(keys.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
    assert.match(keys.secretAccessKey, /^[A-Za-z0-9+/]{40}$/);
    const listed = await iam.send(new ListAccessKeysCommand({ UserName: "keyed" }));
    assert.deepEqual(
      listed.AccessKeyMetadata?.map(({ AccessKeyId, Status, UserName }) => ({ AccessKeyId, Status, UserName })),
      [{ AccessKeyId: keys.accessKeyId, Status: "Active", UserName: "keyed" }],
    );
    const own = house.stsAs(keys);
    const identity = await own.send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Arn, "arn:aws:iam::000000000000:user/keyed");
    assert.equal(identity.UserId, user?.UserId);
    const info = await own.send(new GetAccessKeyInfoCommand({ AccessKeyId: keys.accessKeyId }));
    assert.equal(info.Account, "000000000000");
    const asUser = house.iamAs(keys);
    assert.equal((await asUser.send(new GetUserCommand({}))).User?.UserName, "keyed");
    assert.equal((await asUser.send(new ListAccessKeysCommand({}))).AccessKeyMetadata?.length, 1);
    const last = await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: keys.accessKeyId }));
    assert.equal(last.UserName, "keyed");

    await iam.send(
      new UpdateAccessKeyCommand({ UserName: "keyed", AccessKeyId: keys.accessKeyId, Status: "Inactive" }),
    );
    assert.equal((await house.directory.secretOf(keys.accessKeyId))?.active, false);
    await assert.rejects(iam.send(new DeleteUserCommand({ UserName: "keyed" })), {
      name: "DeleteConflictException",
      message: "Cannot delete entity, must delete access keys first.",
    });
    await iam.send(new DeleteAccessKeyCommand({ UserName: "keyed", AccessKeyId: keys.accessKeyId }));
    assert.equal(await house.directory.secretOf(keys.accessKeyId), undefined);
    await iam.send(new DeleteUserCommand({ UserName: "keyed" }));
  });

  it("of many that ask for a user's second access key at once, exactly one gets it", async () => {
    await makeUser("raced");
    await makeKey("raced");
    const tries = await Promise.allSettled(Array.from({ length: 6 }, () => makeKey("raced")));
    const lost = tries.filter((outcome) => outcome.status === "rejected");
    assert.equal(lost.length, 5);
    for (const { reason } of lost) {
      assert.equal(reason.name, "LimitExceededException");
      assert.equal(reason.message, "Cannot exceed quota for AccessKeysPerUser: 2");
    }
    assert.equal((await iam.send(new ListAccessKeysCommand({ UserName: "raced" }))).AccessKeyMetadata?.length, 2);
  });

  it("AddUserToGroup shows both ways, and a group that is made anew has none of the old one's members", async () => {
    await makeUser("member");
    await iam.send(new CreateGroupCommand({ GroupName: "crew", Path: "/g/" }));
    await iam.send(new AddUserToGroupCommand({ GroupName: "crew", UserName: "member" }));
    const group = await iam.send(new GetGroupCommand({ GroupName: "crew" }));
    assert.match(group.Group?.GroupId ?? "", /^AGPA/);
    assert.deepEqual(
      group.Users?.map((user) => user.UserName),
      ["member"],
    );
    const groups = await iam.send(new ListGroupsForUserCommand({ UserName: "member" }));
    assert.equal(groups.Groups?.[0]?.Arn, "arn:aws:iam::000000000000:group/g/crew");
    await assert.rejects(iam.send(new DeleteGroupCommand({ GroupName: "crew" })), {
      message: "Cannot delete entity, must remove users from group first.",
    });
    await assert.rejects(iam.send(new DeleteUserCommand({ UserName: "member" })), {
      message: "Cannot delete entity, must remove users from group first.",
    });
    await iam.send(new UpdateGroupCommand({ GroupName: "crew", NewGroupName: "team" }));
    assert.equal((await iam.send(new GetGroupCommand({ GroupName: "team" }))).Users?.length, 1);
    await iam.send(new RemoveUserFromGroupCommand({ GroupName: "team", UserName: "member" }));
    await iam.send(new DeleteGroupCommand({ GroupName: "team" }));
    await iam.send(new CreateGroupCommand({ GroupName: "team" }));
    assert.deepEqual((await iam.send(new GetGroupCommand({ GroupName: "team" }))).Users, []);
    assert.equal((await iam.send(new ListGroupsCommand({}))).Groups?.length, 1);
  });

  it("PutUserPolicy and AttachUserPolicy are listed, read back, and in the way of DeleteUser until they are gone", async () => {
    const UserName = "holder";
    await makeUser(UserName);
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "inline", PolicyDocument: ALLOW_LIST }));
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: READ_ONLY }));
    const read = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName: "inline" }));
    assert.equal(decodeURIComponent(read.PolicyDocument ?? ""), ALLOW_LIST);
    assert.deepEqual((await iam.send(new ListUserPoliciesCommand({ UserName }))).PolicyNames, ["inline"]);
    assert.deepEqual((await iam.send(new ListAttachedUserPoliciesCommand({ UserName }))).AttachedPolicies, [
      { PolicyName: "ReadOnlyAccess", PolicyArn: READ_ONLY },
    ]);
    await assert.rejects(iam.send(new DeleteUserCommand({ UserName })), {
      message: "Cannot delete entity, must detach all policies first.",
    });
    await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn: READ_ONLY }));
    await assert.rejects(iam.send(new DeleteUserCommand({ UserName })), {
      message: "Cannot delete entity, must delete policies first.",
    });
    await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: "inline" }));
    await iam.send(new DeleteUserCommand({ UserName }));
  });

  it("CreateLoginProfile holds the password against the account's policy and shows no more than its date", async () => {
    const UserName = "signing";
    await makeUser(UserName);
    await assert.rejects(iam.send(new CreateLoginProfileCommand({ UserName, Password: "weak" })), {
      name: "PasswordPolicyViolationException",
    });
    await iam.send(new CreateLoginProfileCommand({ UserName, Password: "Str0ng!enough", PasswordResetRequired: true }));
    await assert.rejects(iam.send(new CreateLoginProfileCommand({ UserName, Password: "Str0ng!enough" })), {
      message: "Login Profile for user signing already exists.",
    });
    await iam.send(new UpdateLoginProfileCommand({ UserName, PasswordResetRequired: false }));
    const { LoginProfile: login } = await iam.send(new GetLoginProfileCommand({ UserName }));
    assert.equal(login?.PasswordResetRequired, false);
    await assert.rejects(iam.send(new DeleteUserCommand({ UserName })), {
      message: "Cannot delete entity, must delete login profile first.",
    });
    await iam.send(new DeleteLoginProfileCommand({ UserName }));
    await assert.rejects(iam.send(new GetLoginProfileCommand({ UserName })), {
      message: "Login Profile for User signing cannot be found.",
    });
  });

  it("TagUser, UntagUser and ListUserTags keep tags, and PutUserPermissionsBoundary asks for a policy that is there", async () => {
    const UserName = "tagged";
    await makeUser(UserName);
    await iam.send(new TagUserCommand({ UserName, Tags: [{ Key: "a", Value: "1" }] }));
    await iam.send(new TagUserCommand({ UserName, Tags: [{ Key: "b", Value: "2" }] }));
    await iam.send(new UntagUserCommand({ UserName, TagKeys: ["a"] }));
    assert.deepEqual((await iam.send(new ListUserTagsCommand({ UserName }))).Tags, [{ Key: "b", Value: "2" }]);
    const PermissionsBoundary = "arn:aws:iam::000000000000:policy/none";
    await assert.rejects(iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary })), {
      name: "NoSuchEntityException",
      message: `Scope ARN: ${PermissionsBoundary} does not exist or is not attachable.`,
    });
    assert.deepEqual((await iam.send(new ListMFADevicesCommand({ UserName }))).MFADevices, []);
  });
});
