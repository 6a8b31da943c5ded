/** Sessions of roles, users and web identities through the SDK client, and what IAM's directory makes of them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddUserToGroupCommand,
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  type IAMClient,
  PutGroupPolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  AssumeRoleWithSAMLCommand,
  AssumeRoleWithWebIdentityCommand,
  type Credentials,
  DecodeAuthorizationMessageCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  type STSClient,
} from "@aws-sdk/client-sts";
import { systemRandom } from "../../base/index.ts";
import { ALLOW_LIST, documentOf, type IamHouse, type Keys, openIamHouse, TRUST } from "../iam/testing/house.ts";
import { createAuthorizationMessages } from "./authorization-messages.ts";
import { type IdentityProvider, openIdentityProvider } from "./testing/identity-provider.ts";

const ROLE = "arn:aws:iam::000000000000:role/jobs/worker";
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;

describe("sessions", () => {
  let house: IamHouse;
  let iam: IAMClient;
  let sts: STSClient;
  let provider: IdentityProvider;

  before(async () => {
    house = await openIamHouse();
    provider = await openIdentityProvider();
    ({ iam, sts } = house);
    await iam.send(
      new CreateRoleCommand({
        RoleName: "worker",
        Path: "/jobs/",
        AssumeRolePolicyDocument: TRUST,
        MaxSessionDuration: 7200,
        Tags: [{ Key: "team", Value: "red" }],
      }),
    );
    await iam.send(new PutRolePolicyCommand({ RoleName: "worker", PolicyName: "list", PolicyDocument: ALLOW_LIST }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: BASIC }));
  });
  after(async () => {
    await provider[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  const assume = (more: Partial<AssumeRoleCommandInput> = {}, client = sts) =>
    client.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "job", ...more }));
  const policiesOf = async (keys: Keys) => {
    const secret = await house.directory.secretOf(keys.accessKeyId);
    assert.equal(secret?.secretAccessKey, keys.secretAccessKey);
    return house.directory.policiesOf(secret.principal);
  };

  it("AssumeRole keeps session policies, tags and source identity, which the directory gathers with the role's", async () => {
    const PolicyArn = (await iam.send(new CreatePolicyCommand({ PolicyName: "limit", PolicyDocument: ALLOW_LIST })))
      .Policy?.Arn;
    const answer = await assume({
      Policy: ALLOW_LIST,
      PolicyArns: [{ arn: PolicyArn }],
      Tags: [
        { Key: "team", Value: "blue" },
        { Key: "cost", Value: "7" },
      ],
      TransitiveTagKeys: ["cost"],
      SourceIdentity: "anna",
    });
    assert.equal(answer.SourceIdentity, "anna");
    assert.ok((answer.PackedPolicySize ?? 0) > 0 && (answer.PackedPolicySize ?? 0) < 100);
    const gathered = await policiesOf(keysOf(answer.Credentials));
    assert.deepEqual(gathered?.principal, {
      kind: "assumed-role",
      accountId: "000000000000",
      arn: "arn:aws:sts::000000000000:assumed-role/worker/job",
      roleArn: ROLE,
    });
    assert.deepEqual(
      gathered.identity.map(({ id }) => id),
      ["list", BASIC],
    );
    assert.equal(gathered.session?.length, 2);
    assert.deepEqual(Object.fromEntries(gathered.tags), { team: "blue", cost: "7" });
    assert.equal(gathered.facts?.sourceIdentity, "anna");

    const chained = house.stsAs(keysOf(answer.Credentials));
    await assert.rejects(assume({ DurationSeconds: 3601 }, chained), {
      name: "ValidationError",
      message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    });
    await assert.rejects(assume({ Tags: [{ Key: "Cost", Value: "8" }] }, chained), { name: "InvalidParameterValue" });
    const next = await policiesOf(keysOf((await assume({}, chained)).Credentials));
    assert.deepEqual(Object.fromEntries(next?.tags ?? []), { team: "red", cost: "7" });
    assert.equal(next?.facts?.sourceIdentity, "anna");
    assert.equal(next?.session, undefined);
  });

  it("AssumeRole refuses sessions that are too long, policies that are none or too large, in AWS's words", async () => {
    await assert.rejects(assume({ DurationSeconds: 7201 }), {
      name: "ValidationError",
      message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    });
    await assert.rejects(assume({ Policy: "{}" }), { name: "MalformedPolicyDocumentException" });
    const random = () => systemRandom.hex(60);
    const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `${index}${random()}`, Value: random() }));
    await assert.rejects(assume({ Tags }), {
      name: "PackedPolicyTooLargeException",
      message: /^Packed policy consumes \d{3}% of allotted space, please use smaller policy\.$/,
    });
  });

  it("what is gathered follows every change of a policy, a boundary and a membership", async () => {
    const keys = keysOf((await assume()).Credentials);
    const PolicyArn = (await iam.send(new CreatePolicyCommand({ PolicyName: "changing", PolicyDocument: ALLOW_LIST })))
      .Policy?.Arn;
    await iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn }));
    const action = async () =>
      (await policiesOf(keys))?.identity.find(({ id }) => id === PolicyArn)?.statements[0]?.effect;
    assert.equal(await action(), "Allow");
    const PolicyDocument = documentOf({ Effect: "Deny", Action: "s3:*", Resource: "*" });
    await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
    assert.equal(await action(), "Deny");
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: "worker", PermissionsBoundary: PolicyArn }));
    assert.equal((await policiesOf(keys))?.boundary?.id, PolicyArn);
    assert.equal(house.directory.trustPolicyOf(ROLE)?.statements.length, 1);
    assert.equal(house.directory.trustPolicyOf(`${ROLE}2`), undefined);
  });

  it("GetSessionToken and GetFederationToken are for users: a token has the user's groups, a federated user only what both allow", async () => {
    await iam.send(new CreateUserCommand({ UserName: "ulla" }));
    await iam.send(new CreateGroupCommand({ GroupName: "listers" }));
    await iam.send(
      new PutGroupPolicyCommand({ GroupName: "listers", PolicyName: "listing", PolicyDocument: ALLOW_LIST }),
    );
    await iam.send(new AddUserToGroupCommand({ GroupName: "listers", UserName: "ulla" }));
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: "ulla" }));
    const ulla = house.stsAs({ accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" });
    const token = keysOf((await ulla.send(new GetSessionTokenCommand({}))).Credentials);
    const ofToken = await policiesOf(token);
    assert.deepEqual(
      ofToken?.identity.map(({ id }) => id),
      ["listing"],
    );
    assert.equal(ofToken?.session, undefined);
    const session = house.stsAs(token);
    assert.equal((await session.send(new GetCallerIdentityCommand({}))).Arn, "arn:aws:iam::000000000000:user/ulla");
    await assert.rejects(session.send(new GetSessionTokenCommand({})), {
      name: "AccessDenied",
      message: "Cannot call GetSessionToken with session credentials",
    });
    const federated = await ulla.send(new GetFederationTokenCommand({ Name: "guest" }));
    assert.deepEqual(federated.FederatedUser, {
      FederatedUserId: "000000000000:guest",
      Arn: "arn:aws:sts::000000000000:federated-user/guest",
    });
    const ofGuest = await policiesOf(keysOf(federated.Credentials));
    assert.equal(ofGuest?.principal.kind, "federated-user");
    assert.deepEqual(ofGuest?.session, []);
    assert.equal(
      (await house.stsAs(keysOf(federated.Credentials)).send(new GetCallerIdentityCommand({}))).UserId,
      "000000000000:guest",
    );
  });

  it("AssumeRoleWithWebIdentity takes what a stored provider signed for one of its clients and the role trusts", async () => {
    const { issuer } = provider;
    const { OpenIDConnectProviderArn: Federated } = await iam.send(
      new CreateOpenIDConnectProviderCommand({
        Url: issuer,
        ClientIDList: ["app"],
        ThumbprintList: [provider.thumbprint],
      }),
    );
    const host = issuer.slice("https://".length);
    const AssumeRolePolicyDocument = documentOf({
      Effect: "Allow",
      Principal: { Federated },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: { StringEquals: { [`${host}:sub`]: "repo:ours" } },
    });
    const { Role: role } = await iam.send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument }));
    const assumeWith = (WebIdentityToken: string) =>
      sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: role?.Arn, RoleSessionName: "ci", WebIdentityToken }));
    const claims = { sub: "repo:ours", aud: "app", exp: IN_AN_HOUR };
    const answer = await assumeWith(provider.token(claims));
    assert.equal(answer.SubjectFromWebIdentityToken, "repo:ours");
    assert.equal(answer.Provider, Federated);
    const identity = await house.stsAs(keysOf(answer.Credentials)).send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Arn, "arn:aws:sts::000000000000:assumed-role/web/ci");

    const refusals = [
      ["InvalidIdentityTokenException", /^The ID Token provided is not a valid JWT\./, "not.a"],
      ["InvalidIdentityTokenException", /^Incorrect token audience$/, provider.token({ ...claims, aud: "other" })],
      [
        "ExpiredTokenException",
        /^Token expired: current date\/time \d+ must be/,
        provider.token({ ...claims, exp: 1 }),
      ],
      ["InvalidIdentityTokenException", /signature/, provider.token(claims, "another")],
      [
        "InvalidIdentityTokenException",
        /^No OpenIDConnect provider found in your account for https:\/\/none\.example$/,
        provider.token({ ...claims, iss: "https://none.example" }),
      ],
      [
        "AccessDenied",
        /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/,
        provider.token({ ...claims, sub: "repo:theirs" }),
      ],
    ] as const;
    for (const [name, message, token] of refusals) await assert.rejects(assumeWith(token), { name, message });
  });

  it("a provider whose certificate nobody vouches for is not asked for its keys", async () => {
    await using stranger = await openIdentityProvider();
    const ThumbprintList = ["0".repeat(40)];
    await iam.send(
      new CreateOpenIDConnectProviderCommand({ Url: stranger.issuer, ClientIDList: ["app"], ThumbprintList }),
    );
    const WebIdentityToken = stranger.token({ sub: "s", aud: "app", exp: IN_AN_HOUR });
    await assert.rejects(
      sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: ROLE, RoleSessionName: "ci", WebIdentityToken })),
      { name: "InvalidIdentityTokenException", message: /^Couldn't retrieve verification key/ },
    );
  });

  it("AssumeRoleWithSAML is refused as AWS refuses an assertion that nobody signed", async () => {
    const saml = (SAMLAssertion: string) =>
      sts.send(
        new AssumeRoleWithSAMLCommand({
          RoleArn: ROLE,
          PrincipalArn: "arn:aws:iam::000000000000:saml-provider/idp",
          SAMLAssertion,
        }),
      );
    await assert.rejects(saml("no xml at all"), { message: "Invalid base64 SAMLResponse" });
    await assert.rejects(saml(Buffer.from("<samlp:Response/>").toString("base64")), {
      name: "InvalidIdentityTokenException",
      message: "Response signature invalid",
    });
  });

  it("DecodeAuthorizationMessage reads what was encoded with this store, and nothing else", async () => {
    const messages = createAuthorizationMessages({ records: house.store.records, random: systemRandom });
    const message = { allowed: false, action: "ec2:RunInstances" };
    const EncodedMessage = await messages.encode(message);
    const { DecodedMessage } = await sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }));
    assert.deepEqual(JSON.parse(DecodedMessage ?? ""), message);
    for (const tampered of ["x", `A${EncodedMessage.slice(1)}B`]) {
      await assert.rejects(sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: tampered })), {
        name: "InvalidAuthorizationMessageException",
      });
    }
  });
});

function keysOf(credentials: Credentials | undefined): Keys & { readonly sessionToken: string } {
  const { AccessKeyId: accessKeyId = "", SecretAccessKey: secretAccessKey = "", SessionToken = "" } = credentials ?? {};
  return { accessKeyId, secretAccessKey, sessionToken: SessionToken };
}
