/** Roles and policies, called as the wire calls them, over a real store. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemRandom } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import { type TestCaller, testCall, testCaller, testClock, testStore } from "../kit/testing.ts";
import { type IamClient, iamService } from "./index.ts";

const NOW = Date.UTC(2026, 4, 1, 12);
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const PERMISSION = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::example(bucket)" },
});
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

describe("IAM", () => {
  let store: Store;
  let iam: TestCaller<IamClient>;

  before(async () => {
    const clock = testClock(NOW);
    store = await testStore(clock);
    iam = await testCaller(iamService({ store, clock, random: systemRandom }));
  });
  after(() => store[Symbol.asyncDispose]());

  const makeRole = (RoleName: string) => iam("CreateRole", { RoleName, AssumeRolePolicyDocument: TRUST });

  it("creates a role with an id, an ARN with its path, and an encoded trust policy", async () => {
    const { Role: created } = await iam("CreateRole", {
      RoleName: "worker",
      Path: "/service-role/",
      AssumeRolePolicyDocument: TRUST,
      Tags: [{ Key: "team", Value: "a" }],
    });
    assert.match(created?.RoleId ?? "", /^AROA[A-Z2-7]{17}$/);
    assert.deepEqual(created, {
      Path: "/service-role/",
      RoleName: "worker",
      RoleId: created?.RoleId,
      Arn: "arn:aws:iam::000000000000:role/service-role/worker",
      CreateDate: new Date(NOW),
      AssumeRolePolicyDocument: encodeURIComponent(TRUST),
      Tags: [{ Key: "team", Value: "a" }],
    });
    const { Role: read } = await iam("GetRole", { RoleName: "worker" });
    assert.deepEqual(read, { ...created, MaxSessionDuration: 3600, RoleLastUsed: {} });
  });

  it("refuses missing and doubled roles with AWS's words, whatever the case of the name", async () => {
    await makeRole("Doubled");
    await assert.rejects(makeRole("doubled"), {
      name: "EntityAlreadyExistsException",
      message: "Role with name doubled already exists.",
    });
    const missing = { name: "NoSuchEntityException", message: "The role with name none cannot be found." };
    await assert.rejects(iam("GetRole", { RoleName: "none" }), missing);
    await assert.rejects(iam("DeleteRole", { RoleName: "none" }), missing);
    await assert.rejects(iam("TagRole", { RoleName: "none", Tags: [] }), missing);
  });

  it("checks trust policies as AWS does", async () => {
    const update = (PolicyDocument: string) => iam("UpdateAssumeRolePolicy", { RoleName: "worker", PolicyDocument });
    const statement = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
    const policy = (changes: object) =>
      JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...changes }] });
    const refusals = [
      ["{not json", "This policy contains invalid Json"],
      [policy({ Action: "s3:GetObject" }), "AssumeRole policy may only specify STS AssumeRole actions."],
      [policy({ Resource: "*" }), "Has prohibited field Resource"],
    ] as const;
    for (const [document, message] of refusals) {
      await assert.rejects(update(document), { name: "MalformedPolicyDocumentException", message });
    }
    await update(policy({ Action: ["sts:AssumeRole", "sts:TagSession"] }));
  });

  it("changes description and session length, and leaves out what is not given", async () => {
    await makeRole("changing");
    await iam("UpdateRole", { RoleName: "changing", Description: "new", MaxSessionDuration: 7200 });
    await iam("UpdateRole", { RoleName: "changing" });
    const { Role: role } = await iam("GetRole", { RoleName: "changing" });
    assert.equal(role?.Description, "new");
    assert.equal(role?.MaxSessionDuration, 7200);
  });

  it("keeps inline policies with the role and refuses to delete it while it has any", async () => {
    await makeRole("inline");
    await iam("PutRolePolicy", { RoleName: "inline", PolicyName: "p", PolicyDocument: PERMISSION });
    const { PolicyDocument: document } = await iam("GetRolePolicy", { RoleName: "inline", PolicyName: "p" });
    assert.equal(decodeURIComponent(document ?? ""), PERMISSION);
    assert.doesNotMatch(document ?? "", /[()]/);
    assert.deepEqual(await iam("ListRolePolicies", { RoleName: "inline" }), { PolicyNames: ["p"], IsTruncated: false });
    await assert.rejects(iam("DeleteRole", { RoleName: "inline" }), {
      name: "DeleteConflictException",
      message: "Cannot delete entity, must delete policies first.",
    });
    await iam("DeleteRolePolicy", { RoleName: "inline", PolicyName: "p" });
    await assert.rejects(iam("DeleteRolePolicy", { RoleName: "inline", PolicyName: "p" }), {
      message: "The role policy with name p cannot be found.",
    });
    await iam("DeleteRole", { RoleName: "inline" });
  });

  it("attaches managed policies once, AWS's too, and refuses unknown and malformed ones", async () => {
    await makeRole("attached");
    const attach = (PolicyArn: string) => iam("AttachRolePolicy", { RoleName: "attached", PolicyArn });
    await attach(BASIC);
    await attach(BASIC);
    assert.deepEqual((await iam("ListAttachedRolePolicies", { RoleName: "attached" })).AttachedPolicies, [
      { PolicyName: "AWSLambdaBasicExecutionRole", PolicyArn: BASIC },
    ]);
    await assert.rejects(attach("longpolicynamebutnoarn"), {
      code: "ValidationError",
      message: "ARN longpolicynamebutnoarn is not valid.",
    });
    await assert.rejects(attach("arn:aws:iam::000000000000:policy/none"), {
      message: "Policy arn:aws:iam::000000000000:policy/none does not exist or is not attachable.",
    });
    await assert.rejects(iam("DeleteRole", { RoleName: "attached" }), {
      message: "Cannot delete entity, must detach all policies first.",
    });
    await iam("DetachRolePolicy", { RoleName: "attached", PolicyArn: BASIC });
    await assert.rejects(iam("DetachRolePolicy", { RoleName: "attached", PolicyArn: BASIC }), {
      message: `Policy ${BASIC} was not found.`,
    });
  });

  it("loses no attachment when many are made at once", async () => {
    await makeRole("busy");
    const names = ["A", "B", "C", "D", "E"].map((name) => `arn:aws:iam::aws:policy/${name}`);
    await Promise.all(names.map((PolicyArn) => iam("AttachRolePolicy", { RoleName: "busy", PolicyArn })));
    const { AttachedPolicies: attached } = await iam("ListAttachedRolePolicies", { RoleName: "busy" });
    assert.deepEqual(
      attached?.map((policy) => policy.PolicyArn),
      names,
    );
  });

  it("gives markers that it takes back, however long the paths are", async () => {
    await makeRole("paged");
    const arns: (string | undefined)[] = [];
    for (const PolicyName of ["a".repeat(128), "b".repeat(128)]) {
      const Path = `/${"p".repeat(510)}/`;
      const { Policy: policy } = await iam("CreatePolicy", { PolicyName, Path, PolicyDocument: PERMISSION });
      await iam("AttachRolePolicy", { RoleName: "paged", PolicyArn: policy?.Arn ?? "" });
      arns.push(policy?.Arn);
    }
    const first = await iam("ListAttachedRolePolicies", { RoleName: "paged", MaxItems: 1 });
    const { Marker = "" } = first;
    assert.ok(Marker.length > 0 && Marker.length <= 320, `${Marker.length} characters`);
    const rest = await iam("ListAttachedRolePolicies", { RoleName: "paged", Marker });
    const shown = [...(first.AttachedPolicies ?? []), ...(rest.AttachedPolicies ?? [])];
    assert.deepEqual(
      shown.map(({ PolicyArn }) => PolicyArn),
      arns,
    );
  });

  it("versions managed policies, five at most, and never deletes the default", async () => {
    const { Policy: policy } = await iam("CreatePolicy", { PolicyName: "versions", PolicyDocument: PERMISSION });
    const PolicyArn = policy?.Arn ?? "";
    assert.equal(PolicyArn, "arn:aws:iam::000000000000:policy/versions");
    assert.match(policy?.PolicyId ?? "", /^ANPA[A-Z2-7]{17}$/);
    const add = (SetAsDefault: boolean) =>
      iam("CreatePolicyVersion", { PolicyArn, PolicyDocument: PERMISSION, SetAsDefault });
    assert.equal((await add(true)).PolicyVersion?.VersionId, "v2");
    for (let count = 3; count <= 5; count++) await add(false);
    await assert.rejects(add(false), { name: "LimitExceededException" });
    await assert.rejects(iam("DeletePolicyVersion", { PolicyArn, VersionId: "v2" }), {
      message: "Cannot delete the default version of a policy.",
    });
    await iam("DeletePolicyVersion", { PolicyArn, VersionId: "v5" });
    assert.equal((await add(false)).PolicyVersion?.VersionId, "v6");
    const { Versions: versions } = await iam("ListPolicyVersions", { PolicyArn });
    assert.deepEqual(
      versions?.map((version) => version.VersionId),
      ["v6", "v4", "v3", "v2", "v1"],
    );
    await assert.rejects(iam("GetPolicyVersion", { PolicyArn, VersionId: "v9" }), {
      message: `Policy ${PolicyArn} version v9 does not exist or is not attachable.`,
    });
    await assert.rejects(iam("DeletePolicy", { PolicyArn }), { name: "DeleteConflictException" });
  });

  it("checks what an identity policy says", async () => {
    const put = (PolicyDocument: string) =>
      iam("PutRolePolicy", { RoleName: "worker", PolicyName: "checked", PolicyDocument });
    const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
    const refusals = [
      [{ Principal: "*" }, "Policy document should not specify a principal."],
      [{ Action: [] }, "Policy statement must contain actions."],
      [{ Action: "GetObject" }, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."],
      [{ Resource: [] }, "Policy statement must contain resources."],
      [{ Resource: "bucket" }, 'Resource bucket must be in ARN format or "*".'],
      [{ Effect: "Maybe" }, "Syntax errors in policy."],
    ] as const;
    for (const [changes, message] of refusals) {
      const document = JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...changes }] });
      await assert.rejects(put(document), { name: "MalformedPolicyDocumentException", message });
    }
  });

  it("does not let another account or anybody change a policy that is not its own", async () => {
    const { Policy: policy } = await iam("CreatePolicy", { PolicyName: "mine", PolicyDocument: PERMISSION });
    const PolicyArn = policy?.Arn ?? "";
    const stranger = testCall({ accountId: "111111111111" });
    await assert.rejects(iam("DeletePolicy", { PolicyArn }, stranger), { name: "NoSuchEntityException" });
    await assert.rejects(iam("CreatePolicyVersion", { PolicyArn, PolicyDocument: PERMISSION }, stranger), {
      name: "NoSuchEntityException",
    });
    await assert.rejects(iam("DeletePolicy", { PolicyArn: BASIC }), { name: "NoSuchEntityException" });
    await iam("GetPolicy", { PolicyArn });
  });

  it("counts where a policy is attached and keeps it until it is not", async () => {
    const { Policy: policy } = await iam("CreatePolicy", { PolicyName: "counted", PolicyDocument: PERMISSION });
    const PolicyArn = policy?.Arn ?? "";
    await makeRole("counting");
    await iam("AttachRolePolicy", { RoleName: "counting", PolicyArn });
    assert.equal((await iam("GetPolicy", { PolicyArn })).Policy?.AttachmentCount, 1);
    assert.equal((await iam("ListEntitiesForPolicy", { PolicyArn })).PolicyRoles?.at(0)?.RoleName, "counting");
    await assert.rejects(iam("DeletePolicy", { PolicyArn }), {
      message: "Cannot delete a policy attached to entities.",
    });
    await iam("DetachRolePolicy", { RoleName: "counting", PolicyArn });
    await iam("DeletePolicy", { PolicyArn });
    await assert.rejects(iam("GetPolicy", { PolicyArn }), { name: "NoSuchEntityException" });
  });

  it("pages through roles of a path", async () => {
    for (const name of ["p1", "p2", "p3"]) {
      await iam("CreateRole", { RoleName: name, Path: "/pages/", AssumeRolePolicyDocument: TRUST });
    }
    const first = await iam("ListRoles", { PathPrefix: "/pages/", MaxItems: 2 });
    assert.deepEqual(
      first.Roles?.map((role) => role.RoleName),
      ["p1", "p2"],
    );
    assert.equal(first.IsTruncated, true);
    const rest = await iam("ListRoles", { PathPrefix: "/pages/", Marker: first.Marker });
    assert.deepEqual(
      rest.Roles?.map((role) => role.RoleName),
      ["p3"],
    );
    assert.equal(rest.IsTruncated, false);
  });

  it("merges tags by key and refuses doubled ones in any case", async () => {
    await makeRole("tagged");
    const tag = (Key: string, Value: string) => ({ Key, Value });
    await iam("TagRole", { RoleName: "tagged", Tags: [tag("a", "1"), tag("b", "2")] });
    await iam("TagRole", { RoleName: "tagged", Tags: [tag("a", "3")] });
    await iam("UntagRole", { RoleName: "tagged", TagKeys: ["b"] });
    assert.deepEqual((await iam("ListRoleTags", { RoleName: "tagged" })).Tags, [tag("a", "3")]);
    await assert.rejects(iam("TagRole", { RoleName: "tagged", Tags: [tag("x", "1"), tag("X", "2")] }), {
      name: "InvalidInputException",
      message: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    });
  });

  it("tells the caller who it is", async () => {
    assert.equal((await iam("GetUser", {})).User?.UserName, "lambent");
    await assert.rejects(iam("GetUser", { UserName: "other" }), {
      message: "The user with name other cannot be found.",
    });
  });
});
