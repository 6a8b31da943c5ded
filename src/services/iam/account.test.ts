/** The account as a whole, identity providers, and simulations, through the SDK client and the real wire. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddClientIDToOpenIDConnectProviderCommand,
  AddUserToGroupCommand,
  CreateAccountAliasCommand,
  CreateGroupCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateSAMLProviderCommand,
  CreateUserCommand,
  DeleteAccountAliasCommand,
  DeleteAccountPasswordPolicyCommand,
  DeleteOpenIDConnectProviderCommand,
  DeleteSAMLProviderCommand,
  GenerateCredentialReportCommand,
  GetAccountAuthorizationDetailsCommand,
  GetAccountPasswordPolicyCommand,
  GetAccountSummaryCommand,
  GetContextKeysForCustomPolicyCommand,
  GetContextKeysForPrincipalPolicyCommand,
  GetCredentialReportCommand,
  GetOpenIDConnectProviderCommand,
  GetSAMLProviderCommand,
  type IAMClient,
  ListAccountAliasesCommand,
  ListOpenIDConnectProvidersCommand,
  ListOpenIDConnectProviderTagsCommand,
  ListSAMLProvidersCommand,
  ListSAMLProviderTagsCommand,
  ListServerCertificatesCommand,
  ListVirtualMFADevicesCommand,
  PutGroupPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  paginateGetAccountAuthorizationDetails,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
  TagOpenIDConnectProviderCommand,
  TagSAMLProviderCommand,
  UntagOpenIDConnectProviderCommand,
  UntagSAMLProviderCommand,
  UpdateAccountPasswordPolicyCommand,
  UpdateOpenIDConnectProviderThumbprintCommand,
  UpdateSAMLProviderCommand,
} from "@aws-sdk/client-iam";
import { ALLOW_LIST, documentOf, type IamHouse, openIamHouse, TRUST } from "./testing/house.ts";

const METADATA = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com"
  validUntil="2030-01-02T03:04:05Z">${"x".repeat(1000)}</EntityDescriptor>`;

describe("the account", () => {
  let house: IamHouse;
  let iam: IAMClient;
  before(async () => {
    house = await openIamHouse();
    iam = house.iam;
    await iam.send(new CreateUserCommand({ UserName: "ursula" }));
    await iam.send(new CreateGroupCommand({ GroupName: "readers" }));
    await iam.send(new AddUserToGroupCommand({ GroupName: "readers", UserName: "ursula" }));
    await iam.send(new PutGroupPolicyCommand({ GroupName: "readers", PolicyName: "list", PolicyDocument: ALLOW_LIST }));
    await iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: TRUST }));
    await iam.send(new CreatePolicyCommand({ PolicyName: "own", PolicyDocument: ALLOW_LIST }));
  });
  after(() => house[Symbol.asyncDispose]());

  it("CreateAccountAlias keeps one alias, which ListAccountAliases shows", async () => {
    for (const AccountAlias of ["first-name", "second-name"]) {
      await iam.send(new CreateAccountAliasCommand({ AccountAlias }));
    }
    assert.deepEqual((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases, ["second-name"]);
    const other = house.iamAs({ accessKeyId: "111111111111", secretAccessKey: "x" });
    await assert.rejects(other.send(new CreateAccountAliasCommand({ AccountAlias: "second-name" })), {
      name: "EntityAlreadyExistsException",
      message: "The account alias second-name already exists.",
    });
    await assert.rejects(iam.send(new DeleteAccountAliasCommand({ AccountAlias: "first-name" })), {
      name: "NoSuchEntityException",
    });
    await iam.send(new DeleteAccountAliasCommand({ AccountAlias: "second-name" }));
    assert.deepEqual((await iam.send(new ListAccountAliasesCommand({}))).AccountAliases, []);
  });

  it("UpdateAccountPasswordPolicy is read back by GetAccountPasswordPolicy until it is deleted", async () => {
    const missing = {
      name: "NoSuchEntityException",
      message: "The Password Policy with domain name 000000000000 cannot be found.",
    };
    await assert.rejects(iam.send(new GetAccountPasswordPolicyCommand({})), missing);
    await iam.send(new UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 12, MaxPasswordAge: 90 }));
    const { PasswordPolicy: policy } = await iam.send(new GetAccountPasswordPolicyCommand({}));
    assert.equal(policy?.MinimumPasswordLength, 12);
    assert.equal(policy?.ExpirePasswords, true);
    assert.equal(policy?.RequireSymbols, false);
    await iam.send(new DeleteAccountPasswordPolicyCommand({}));
    await assert.rejects(iam.send(new DeleteAccountPasswordPolicyCommand({})), missing);
  });

  it("GetAccountSummary counts what there is, with AWS's quotas", async () => {
    const { SummaryMap: summary } = await iam.send(new GetAccountSummaryCommand({}));
    assert.deepEqual(
      [summary?.Users, summary?.Groups, summary?.Roles, summary?.Policies, summary?.AccessKeysPerUserQuota],
      [1, 1, 1, 1, 2],
    );
    assert.deepEqual((await iam.send(new ListVirtualMFADevicesCommand({}))).VirtualMFADevices, []);
    assert.deepEqual((await iam.send(new ListServerCertificatesCommand({}))).ServerCertificateMetadataList, []);
  });

  it("GetAccountAuthorizationDetails shows everything once, however it is paged", async () => {
    const whole = await iam.send(
      new GetAccountAuthorizationDetailsCommand({ Filter: ["User", "Group", "Role", "LocalManagedPolicy"] }),
    );
    assert.equal(whole.UserDetailList?.[0]?.GroupList?.[0], "readers");
    assert.equal(
      decodeURIComponent(whole.GroupDetailList?.[0]?.GroupPolicyList?.[0]?.PolicyDocument ?? ""),
      ALLOW_LIST,
    );
    assert.equal(whole.RoleDetailList?.[0]?.RoleName, "worker");
    assert.equal(whole.Policies?.[0]?.PolicyVersionList?.[0]?.IsDefaultVersion, true);
    let entries = 0;
    for await (const page of paginateGetAccountAuthorizationDetails({ client: iam, pageSize: 7 }, {})) {
      const { UserDetailList, GroupDetailList, RoleDetailList, Policies } = page;
      const lists = [UserDetailList, GroupDetailList, RoleDetailList, Policies];
      entries += lists.reduce((sum, list) => sum + (list?.length ?? 0), 0);
    }
    assert.ok(entries > 30, `${entries} entries`);
  });

  it("GenerateCredentialReport starts one, and GetCredentialReport has a row of each user", async () => {
    await assert.rejects(iam.send(new GetCredentialReportCommand({})), { name: "CredentialReportNotPresentException" });
    assert.equal((await iam.send(new GenerateCredentialReportCommand({}))).State, "STARTED");
    assert.equal((await iam.send(new GenerateCredentialReportCommand({}))).State, "COMPLETE");
    const report = await iam.send(new GetCredentialReportCommand({}));
    const rows = Buffer.from(report.Content ?? [])
      .toString()
      .trim()
      .split("\n");
    assert.deepEqual(
      rows.map((row) => row.split(",")[0]),
      ["user", "<root_account>", "ursula"],
    );
    for (const row of rows) assert.equal(row.split(",").length, 22, row);
  });

  it("CreateOpenIDConnectProvider keeps client ids, thumbprints and tags", async () => {
    const Url = "https://token.example.com/path";
    const { OpenIDConnectProviderArn } = await iam.send(
      new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ["one"], ThumbprintList: ["a".repeat(40)] }),
    );
    assert.equal(OpenIDConnectProviderArn, "arn:aws:iam::000000000000:oidc-provider/token.example.com/path");
    await assert.rejects(iam.send(new CreateOpenIDConnectProviderCommand({ Url })), {
      name: "EntityAlreadyExistsException",
      message: `Provider with url ${Url} already exists.`,
    });
    await assert.rejects(iam.send(new CreateOpenIDConnectProviderCommand({ Url: "http://token.example.com" })), {
      name: "ValidationError",
      message: "Invalid Open ID Connect Provider URL",
    });
    const named = { OpenIDConnectProviderArn };
    await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ ...named, ClientID: "two" }));
    await iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand({ ...named, ClientID: "one" }));
    const ThumbprintList = ["b".repeat(40)];
    await iam.send(new UpdateOpenIDConnectProviderThumbprintCommand({ ...named, ThumbprintList }));
    await iam.send(new TagOpenIDConnectProviderCommand({ ...named, Tags: [{ Key: "k", Value: "v" }] }));
    const read = await iam.send(new GetOpenIDConnectProviderCommand(named));
    assert.deepEqual([read.Url, read.ClientIDList, read.ThumbprintList], [Url.slice(8), ["two"], ThumbprintList]);
    await iam.send(new UntagOpenIDConnectProviderCommand({ ...named, TagKeys: ["k"] }));
    assert.deepEqual((await iam.send(new ListOpenIDConnectProviderTagsCommand(named))).Tags, []);
    const { OpenIDConnectProviderList: list } = await iam.send(new ListOpenIDConnectProvidersCommand({}));
    assert.deepEqual(list, [{ Arn: OpenIDConnectProviderArn }]);
    await iam.send(new DeleteOpenIDConnectProviderCommand(named));
    await assert.rejects(iam.send(new GetOpenIDConnectProviderCommand(named)), {
      message: `OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`,
    });
  });

  it("CreateSAMLProvider keeps metadata and how long it is good for", async () => {
    const { SAMLProviderArn } = await iam.send(
      new CreateSAMLProviderCommand({ Name: "idp", SAMLMetadataDocument: METADATA }),
    );
    const read = await iam.send(new GetSAMLProviderCommand({ SAMLProviderArn }));
    assert.equal(read.SAMLMetadataDocument, METADATA);
    assert.equal(read.ValidUntil?.toISOString(), "2030-01-02T03:04:05.000Z");
    await assert.rejects(
      iam.send(new UpdateSAMLProviderCommand({ SAMLProviderArn, SAMLMetadataDocument: "x".repeat(1000) })),
      { name: "InvalidInputException" },
    );
    await iam.send(new TagSAMLProviderCommand({ SAMLProviderArn, Tags: [{ Key: "k", Value: "v" }] }));
    await iam.send(new UntagSAMLProviderCommand({ SAMLProviderArn, TagKeys: ["none"] }));
    assert.equal((await iam.send(new ListSAMLProviderTagsCommand({ SAMLProviderArn }))).Tags?.length, 1);
    assert.equal((await iam.send(new ListSAMLProvidersCommand({}))).SAMLProviderList?.length, 1);
    await iam.send(new DeleteSAMLProviderCommand({ SAMLProviderArn }));
    await assert.rejects(iam.send(new DeleteSAMLProviderCommand({ SAMLProviderArn })), {
      name: "NoSuchEntityException",
    });
  });

  it("SimulateCustomPolicy decides each action on each resource, and says which context it missed", async () => {
    const policy = documentOf(
      { Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::a/*" },
      { Effect: "Deny", Action: "s3:Delete*", Resource: "*" },
      {
        Effect: "Allow",
        Action: "sqs:SendMessage",
        Resource: "*",
        Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } },
      },
    );
    const input = {
      PolicyInputList: [policy],
      ActionNames: ["s3:GetObject", "s3:DeleteObject", "sqs:SendMessage"],
      ResourceArns: ["arn:aws:s3:::a/x", "arn:aws:s3:::b/x"],
    };
    const { EvaluationResults: results } = await iam.send(new SimulateCustomPolicyCommand(input));
    assert.deepEqual(
      results?.map(({ EvalDecision }) => EvalDecision),
      ["allowed", "implicitDeny", "explicitDeny", "explicitDeny", "implicitDeny", "implicitDeny"],
    );
    assert.deepEqual(results?.[4]?.MissingContextValues, ["aws:SourceIp"]);
    assert.equal(results?.[0]?.MatchedStatements?.[0]?.SourcePolicyId, "PolicyInputList.1");
    const inside = await iam.send(
      new SimulateCustomPolicyCommand({
        ...input,
        ActionNames: ["sqs:SendMessage"],
        ContextEntries: [{ ContextKeyName: "aws:SourceIp", ContextKeyValues: ["10.1.2.3"], ContextKeyType: "ip" }],
        MaxItems: 1,
      }),
    );
    assert.equal(inside.EvaluationResults?.[0]?.EvalDecision, "allowed");
    assert.equal(inside.IsTruncated, true);
    const keys = await iam.send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList: [policy] }));
    assert.deepEqual(keys.ContextKeyNames, ["aws:SourceIp"]);
    await assert.rejects(iam.send(new SimulateCustomPolicyCommand({ ...input, PolicyInputList: ["{"] })), {
      name: "InvalidInputException",
    });
  });

  it("SimulatePrincipalPolicy asks a user's own policies, its groups' and its boundary", async () => {
    const PolicySourceArn = "arn:aws:iam::000000000000:user/ursula";
    const ask = async (...ActionNames: string[]) => {
      const answer = await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames }));
      return answer.EvaluationResults?.map(({ EvalDecision }) => EvalDecision);
    };
    assert.deepEqual(await ask("s3:ListBucket", "s3:GetObject"), ["allowed", "implicitDeny"]);
    const PolicyDocument = documentOf({
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "*",
      Condition: { StringEquals: { "aws:PrincipalTag/team": "red" } },
    });
    await iam.send(new PutUserPolicyCommand({ UserName: "ursula", PolicyName: "get", PolicyDocument }));
    const keys = await iam.send(new GetContextKeysForPrincipalPolicyCommand({ PolicySourceArn }));
    assert.deepEqual(keys.ContextKeyNames, ["aws:PrincipalTag/team"]);
    await iam.send(
      new PutUserPermissionsBoundaryCommand({
        UserName: "ursula",
        PermissionsBoundary: "arn:aws:iam::aws:policy/AmazonSQSFullAccess",
      }),
    );
    const bounded = await iam.send(
      new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ["s3:ListBucket"] }),
    );
    assert.equal(bounded.EvaluationResults?.[0]?.EvalDecision, "implicitDeny");
    assert.equal(
      bounded.EvaluationResults?.[0]?.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary,
      false,
    );
    await assert.rejects(
      iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: `${PolicySourceArn}2`, ActionNames: ["a:b"] })),
      { name: "NoSuchEntityException" },
    );
  });
});
