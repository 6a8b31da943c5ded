/** What IAM refuses, and its words: rows of operation, input, exception and text, called as the wire calls handlers. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock, systemRandom } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import { testCall, testStore } from "../kit/testing.ts";
import { iamService } from "./index.ts";
import { ALLOW_LIST, TRUST } from "./testing/house.ts";

const GONE = "NoSuchEntityException";
const OWN = "arn:aws:iam::000000000000:policy/gone";

const ROWS = [
  ["CreateUser", { UserName: "HERE" }, "EntityAlreadyExistsException", "User with name HERE already exists."],
  ["CreateGroup", { GroupName: "here" }, "EntityAlreadyExistsException", "Group with name here already exists."],
  [
    "CreateInstanceProfile",
    { InstanceProfileName: "here" },
    "EntityAlreadyExistsException",
    "Instance Profile here already exists.",
  ],
  ["GetGroup", { GroupName: "gone" }, GONE, "The group with name gone cannot be found."],
  ["GetInstanceProfile", { InstanceProfileName: "gone" }, GONE, "Instance Profile gone cannot be found."],
  ["GetUserPolicy", { UserName: "here", PolicyName: "gone" }, GONE, "The user policy with name gone cannot be found."],
  [
    "DeleteGroupPolicy",
    { GroupName: "here", PolicyName: "gone" },
    GONE,
    "The group policy with name gone cannot be found.",
  ],
  ["DetachUserPolicy", { UserName: "here", PolicyArn: OWN }, GONE, `Policy ${OWN} was not found.`],
  [
    "AttachGroupPolicy",
    { GroupName: "here", PolicyArn: OWN },
    GONE,
    `Policy ${OWN} does not exist or is not attachable.`,
  ],
  [
    "DeleteAccessKey",
    { UserName: "here", AccessKeyId: "AKIAGONEGONEGONEGONE" },
    GONE,
    "The Access Key with id AKIAGONEGONEGONEGONE cannot be found.",
  ],
  ["DeleteLoginProfile", { UserName: "here" }, GONE, "Login Profile for User here cannot be found."],
  [
    "PutUserPolicy",
    { UserName: "here", PolicyName: "large", PolicyDocument: ALLOW_LIST.replace("ListBucket", "a".repeat(2048)) },
    "LimitExceededException",
    "Maximum policy size of 2048 bytes exceeded for user here",
  ],
  [
    "RemoveRoleFromInstanceProfile",
    { InstanceProfileName: "here", RoleName: "here" },
    GONE,
    "The role with name here cannot be found.",
  ],
  [
    "CreateRole",
    { RoleName: "new", AssumeRolePolicyDocument: TRUST, PermissionsBoundary: OWN },
    GONE,
    `Scope ARN: ${OWN} does not exist or is not attachable.`,
  ],
] as const;

let store: Store;
before(async () => {
  store = await testStore(systemClock);
});
after(() => store[Symbol.asyncDispose]());

test("what is missing, doubled or too large is refused in AWS's words", async () => {
  const { handlers } = await iamService({ store, clock: systemClock, random: systemRandom }).load();
  const call = (operation: string) => testCall({ service: "iam", operation });
  await handlers.CreateUser?.({ UserName: "here" }, call("CreateUser"));
  await handlers.CreateGroup?.({ GroupName: "here" }, call("CreateGroup"));
  await handlers.CreateRole?.({ RoleName: "here", AssumeRolePolicyDocument: TRUST }, call("CreateRole"));
  await handlers.CreateInstanceProfile?.({ InstanceProfileName: "here" }, call("CreateInstanceProfile"));
  for (const [operation, input, name, message] of ROWS) {
    const handler: unknown = Reflect.get(handlers, operation);
    assert.ok(typeof handler === "function", operation);
    await assert.rejects(async () => Reflect.apply(handler, undefined, [input, call(operation)]), { name, message });
  }
});
