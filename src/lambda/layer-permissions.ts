/** AddLayerVersionPermission, GetLayerVersionPolicy, RemoveLayerVersionPermission: who may use a layer's version. */
import type { Call, Handlers } from "../wire/index.ts";
import type { ControlPlane, LambdaModule } from "./control-plane.ts";
import { notFound } from "./errors.ts";
import { changeLayer, findLayer, layerName, requireVersionNumber } from "./layers.ts";
import { layerArn } from "./names.ts";
import { noPolicy, requireRevision, withoutStatement, withStatement } from "./policy-changes.ts";
import { statementJson } from "./policy-document.ts";
import type { LayerRecord, LayerVersionRecord, PolicyRecord } from "./records.ts";
import { policyText } from "./resource-policy.ts";

type Operations = "AddLayerVersionPermission" | "GetLayerVersionPolicy" | "RemoveLayerVersionPermission";

interface VersionInput {
  readonly LayerName: string;
  readonly VersionNumber: number;
}

export function layerPermissionHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  const { random } = plane;
  return {
    async AddLayerVersionPermission(input, call) {
      const { name, arn } = refer(input, call);
      const json = statementJson({
        sid: input.StatementId,
        principal: accountOf(input.Principal),
        action: input.Action,
        resource: arn,
        partition: call.partition,
        principalOrgId: input.OrganizationId,
      });
      let added: PolicyRecord | undefined;
      await changeLayer(plane, call, name, (record) =>
        changePolicy(record, input, arn, (policy) => {
          requireRevision(policy, input.RevisionId, "GetLayerPolicy");
          added = withStatement(policy, { sid: input.StatementId, json }, plane);
          return added;
        }),
      );
      return { Statement: json, RevisionId: added?.revisionId };
    },

    async GetLayerVersionPolicy(input, call) {
      const { name, arn } = refer(input, call);
      const { policy } = versionOf(await findLayer(plane, call, name), input, arn);
      if (policy === undefined) throw noPolicy();
      return { Policy: policyText(policy), RevisionId: policy.revisionId };
    },

    async RemoveLayerVersionPermission(input, call) {
      const { name, arn } = refer(input, call);
      await changeLayer(plane, call, name, (record) =>
        changePolicy(record, input, arn, (policy) => {
          if (policy !== undefined) requireRevision(policy, input.RevisionId, "GetLayerPolicy");
          return withoutStatement(policy, input.StatementId, random);
        }),
      );
      return {};
    },
  };
}

function refer(input: VersionInput, call: Call): { readonly name: string; readonly arn: string } {
  const name = layerName(input.LayerName, call);
  requireVersionNumber(input.VersionNumber);
  return { name, arn: `${layerArn(call, name)}:${input.VersionNumber}` };
}

/** The model also takes the ARN of an account's root user. */
function accountOf(principal: string): string {
  return /^arn:[^:]+:iam::(\d{12}):root$/.exec(principal)?.[1] ?? principal;
}

function versionOf(layer: LayerRecord | undefined, { VersionNumber }: VersionInput, arn: string): LayerVersionRecord {
  const found = layer?.versions.find(({ version }) => version === VersionNumber);
  if (found === undefined) throw notFound(`Layer version ${arn} does not exist.`);
  return found;
}

function changePolicy(
  layer: LayerRecord | undefined,
  input: VersionInput,
  arn: string,
  change: (policy: PolicyRecord | undefined) => PolicyRecord | undefined,
): LayerRecord | undefined {
  const changed = versionOf(layer, input, arn);
  const { policy, ...rest } = changed;
  const next = change(policy);
  const version = { ...rest, ...(next && { policy: next }) };
  return layer && { ...layer, versions: layer.versions.map((other) => (other === changed ? version : other)) };
}
