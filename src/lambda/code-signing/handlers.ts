/**
 * CreateCodeSigningConfig, GetCodeSigningConfig, UpdateCodeSigningConfig, DeleteCodeSigningConfig, ListCodeSigningConfigs,
 * ListFunctionsByCodeSigningConfig; PutFunctionCodeSigningConfig, GetFunctionCodeSigningConfig and
 * DeleteFunctionCodeSigningConfig.
 */
import {
  type CodeSigningConfig,
  CodeSigningConfigNotFoundException,
  ResourceNotFoundException,
} from "@aws-sdk/client-lambda";
import { type Handlers, type Place, partitionOf } from "../../wire/index.ts";
import {
  awsTime,
  type ControlPlane,
  changeFunction,
  getFunction,
  type LambdaModule,
  referTo,
} from "../control-plane.ts";
import { conflict } from "../errors.ts";
import { noSigningOfImages } from "../image-code.ts";
import { functionArn } from "../names.ts";
import { page } from "../pages.ts";
import { placePath } from "../records.ts";
import { requireTags } from "../tag-limits.ts";
import { findCodeSigning } from "./admission.ts";
import type { CodeSigningRecord } from "./records.ts";

type Operations =
  | "CreateCodeSigningConfig"
  | "GetCodeSigningConfig"
  | "UpdateCodeSigningConfig"
  | "DeleteCodeSigningConfig"
  | "ListCodeSigningConfigs"
  | "ListFunctionsByCodeSigningConfig"
  | "PutFunctionCodeSigningConfig"
  | "GetFunctionCodeSigningConfig"
  | "DeleteFunctionCodeSigningConfig";

const ID_BYTES = 8;

export function codeSigningHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  const find = (arn: string, place: Place): CodeSigningRecord => {
    const record = findCodeSigning(plane, place, arn);
    if (record === undefined) throw configMissing(arn);
    return record;
  };
  const usersOf = (place: Place, arn: string): string[] =>
    [...plane.directory.functions(place)]
      .filter((record) => record.codeSigningConfigArn === arn)
      .map((record) => functionArn(record, record.name))
      .sort();

  return {
    async CreateCodeSigningConfig(input, call) {
      const record: CodeSigningRecord = {
        // AWS's ids have 17 characters, the first of which is 0.
        id: `csc-0${plane.random.hex(ID_BYTES)}`,
        accountId: call.accountId,
        region: call.region,
        ...(input.Description !== undefined && { description: input.Description }),
        publishers: input.AllowedPublishers.SigningProfileVersionArns,
        policy: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? "Warn",
        lastModified: awsTime(plane.clock.now()),
        tags: requireTags(plane, input.Tags),
      };
      await plane.codeSigning.change(placePath(call, record.id), () => record);
      return { CodeSigningConfig: shown(record) };
    },

    async GetCodeSigningConfig(input, call) {
      return { CodeSigningConfig: shown(find(input.CodeSigningConfigArn, call)) };
    },

    async UpdateCodeSigningConfig(input, call) {
      const found = find(input.CodeSigningConfigArn, call);
      const changed = await plane.codeSigning.change(placePath(call, found.id), (current) => {
        if (current === undefined) throw configMissing(input.CodeSigningConfigArn);
        return {
          ...current,
          ...(input.Description !== undefined && { description: input.Description }),
          publishers: input.AllowedPublishers?.SigningProfileVersionArns ?? current.publishers,
          policy: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? current.policy,
          lastModified: awsTime(plane.clock.now()),
        };
      });
      return { CodeSigningConfig: shown(changed ?? found) };
    },

    async DeleteCodeSigningConfig(input, call) {
      const { id } = find(input.CodeSigningConfigArn, call);
      const users = usersOf(call, input.CodeSigningConfigArn);
      // The API's model has this code for it; AWS's words are not recorded.
      if (users.length > 0) throw conflict(`The code signing configuration is used by functions: ${users.join(", ")}`);
      await plane.codeSigning.remove(placePath(call, id), () => undefined);
      return {};
    },

    async ListCodeSigningConfigs(input, call) {
      const { items, nextMarker } = page(plane.codeSigning.list(call), {
        scope: `ListCodeSigningConfigs/${call.accountId}/${call.region}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: ({ id }) => id,
      });
      return {
        CodeSigningConfigs: items.map(shown),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },

    async ListFunctionsByCodeSigningConfig(input, call) {
      const arn = input.CodeSigningConfigArn;
      const { id } = find(arn, call);
      const { items, nextMarker } = page(usersOf(call, arn), {
        scope: `ListFunctionsByCodeSigningConfig/${call.accountId}/${call.region}/${id}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: (functionArn) => functionArn,
      });
      return { FunctionArns: [...items], ...(nextMarker !== undefined && { NextMarker: nextMarker }) };
    },

    async PutFunctionCodeSigningConfig(input, call) {
      const { CodeSigningConfigArn: arn } = input;
      requireCodeSigning(plane, call, arn);
      const reference = referTo(input.FunctionName, call);
      await changeFunction(plane, reference, (record) => {
        if (record.latest.code.kind === "image") throw noSigningOfImages();
        return { ...record, codeSigningConfigArn: arn };
      });
      return { CodeSigningConfigArn: arn, FunctionName: reference.name };
    },

    async GetFunctionCodeSigningConfig(input, call) {
      const { record } = await getFunction(plane, referTo(input.FunctionName, call));
      if (record.latest.code.kind === "image") throw noSigningOfImages();
      const { codeSigningConfigArn: arn } = record;
      if (arn === undefined) return { CodeSigningConfigArn: undefined, FunctionName: undefined };
      return { CodeSigningConfigArn: arn, FunctionName: record.name };
    },

    async DeleteFunctionCodeSigningConfig(input, call) {
      await changeFunction(plane, referTo(input.FunctionName, call), ({ codeSigningConfigArn, ...rest }) =>
        codeSigningConfigArn === undefined ? undefined : rest,
      );
      return {};
    },
  };
}

/** The configuration that a function is to have. Throws CodeSigningConfigNotFoundException. */
export function requireCodeSigning(plane: ControlPlane, place: Place, arn: string): CodeSigningRecord {
  const record = findCodeSigning(plane, place, arn);
  if (record !== undefined) return record;
  const message = `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`;
  throw new CodeSigningConfigNotFoundException({ $metadata: {}, Type: "User", message, Message: message });
}

/** AWS sends it without `Type`. */
function configMissing(arn: string): ResourceNotFoundException {
  const message = `The Lambda code signing configuration ${arn} can not be found.`;
  return new ResourceNotFoundException({ $metadata: {}, Type: "", message, Message: message });
}

function shown(record: CodeSigningRecord): CodeSigningConfig {
  const { id, region, accountId } = record;
  return {
    CodeSigningConfigId: id,
    CodeSigningConfigArn: `arn:${partitionOf(region)}:lambda:${region}:${accountId}:code-signing-config:${id}`,
    ...(record.description !== undefined && { Description: record.description }),
    AllowedPublishers: { SigningProfileVersionArns: [...record.publishers] },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: record.policy },
    LastModified: record.lastModified,
  };
}
