/** PutImageTagMutability, PutImageScanningConfiguration, and lifecycle policies, which are kept and shown. */
import type { ImageTagMutability } from "@aws-sdk/client-ecr";
import type { Handlers } from "../../wire/index.ts";
import { invalidParameter, lifecyclePolicyNotFound } from "./errors.ts";
import { changeRepository, type EcrClient, type EcrPorts, getRepository } from "./state.ts";

type Operations =
  | "PutImageTagMutability"
  | "PutImageScanningConfiguration"
  | "PutLifecyclePolicy"
  | "GetLifecyclePolicy"
  | "DeleteLifecyclePolicy";

export function repositorySettingHandlers(ports: EcrPorts): Pick<Handlers<EcrClient>, Operations> {
  return {
    async PutImageTagMutability(input, call) {
      const { imageTagMutability, imageTagMutabilityExclusionFilters: filters } = input;
      const record = await changeRepository(ports, input, call, ({ mutabilityExclusions: _before, ...rest }) => ({
        ...rest,
        mutability: imageTagMutability,
        ...(filters !== undefined && { mutabilityExclusions: filters.map((filter) => ({ ...filter })) }),
      }));
      return {
        registryId: record.accountId,
        repositoryName: record.name,
        imageTagMutability: record.mutability as ImageTagMutability,
        ...(filters !== undefined && { imageTagMutabilityExclusionFilters: filters }),
      };
    },

    async PutImageScanningConfiguration(input, call) {
      const scanOnPush = input.imageScanningConfiguration.scanOnPush ?? false;
      const record = await changeRepository(ports, input, call, (current) => ({ ...current, scanOnPush }));
      return {
        registryId: record.accountId,
        repositoryName: record.name,
        imageScanningConfiguration: { scanOnPush },
      };
    },

    async PutLifecyclePolicy(input, call) {
      requireJson(input.lifecyclePolicyText);
      const lifecycle = { text: input.lifecyclePolicyText, setMs: ports.clock.now() };
      const record = await changeRepository(ports, input, call, (current) => ({ ...current, lifecycle }));
      return { registryId: record.accountId, repositoryName: record.name, lifecyclePolicyText: lifecycle.text };
    },

    async GetLifecyclePolicy(input, call) {
      const record = await getRepository(ports, input, call);
      if (record.lifecycle === undefined) throw lifecyclePolicyNotFound(record);
      return {
        registryId: record.accountId,
        repositoryName: record.name,
        lifecyclePolicyText: record.lifecycle.text,
        lastEvaluatedAt: new Date(record.lifecycle.setMs),
      };
    },

    async DeleteLifecyclePolicy(input, call) {
      let removed: { readonly text: string; readonly setMs: number } | undefined;
      const record = await changeRepository(ports, input, call, (current) => {
        const { lifecycle, ...rest } = current;
        if (lifecycle === undefined) throw lifecyclePolicyNotFound(current);
        removed = lifecycle;
        return rest;
      });
      return {
        registryId: record.accountId,
        repositoryName: record.name,
        ...(removed && { lifecyclePolicyText: removed.text, lastEvaluatedAt: new Date(removed.setMs) }),
      };
    },
  };
}

function requireJson(text: string): void {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && Array.isArray(Reflect.get(value, "rules"))) return;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalidParameter(
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure'",
  );
}
