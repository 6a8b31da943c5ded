/**
 * FileSystemConfigs: an access point of EFS or S3 Files that appears below /mnt in every environment of the function. What
 * AWS refuses around it; which folder stands for an access point is file-system-folders.ts.
 */
import type { FileSystemConfig } from "@aws-sdk/client-lambda";
import { invalidParameter } from "./errors.ts";
import { fileSystemsOf } from "./file-system-uses.ts";
import { memberOf, stringsOf } from "./json-members.ts";
import type { FileSystemUse, FunctionSettings } from "./records.ts";

/** Settings with these file systems, or with those they had. Throws where AWS would not let them be reached. */
export function withFileSystems(
  settings: FunctionSettings,
  given: readonly FileSystemConfig[] | undefined,
): FunctionSettings {
  const { fileSystems: _before, ...rest } = settings;
  const { FileSystemConfigs: _kept, ...withoutEffect } = rest.withoutEffect;
  const uses = given === undefined ? fileSystemsOf(settings) : given.map(useOf);
  const [first] = uses;
  if (first !== undefined && stringsOf(memberOf(withoutEffect["VpcConfig"], "SubnetIds")).length === 0) {
    throw given === undefined ? vpcInUse(first.arn) : vpcMissing(first.arn);
  }
  return { ...rest, withoutEffect, ...(uses.length > 0 && { fileSystems: uses }) };
}

export function shownFileSystems(settings: FunctionSettings): { FileSystemConfigs?: FileSystemConfig[] } {
  const uses = fileSystemsOf(settings);
  if (uses.length === 0) return {};
  return {
    FileSystemConfigs: uses.map(({ arn: Arn, path: LocalMountPath, directS3Read }) => ({
      Arn,
      LocalMountPath,
      ...(directS3Read !== undefined && { S3FilesConfig: { DirectS3Read: directS3Read } }),
    })),
  };
}

function useOf({ Arn, LocalMountPath, S3FilesConfig }: FileSystemConfig): FileSystemUse {
  const directS3Read = S3FilesConfig?.DirectS3Read;
  return { arn: Arn ?? "", path: LocalMountPath ?? "", ...(directS3Read !== undefined && { directS3Read }) };
}

function vpcMissing(arn: string): Error {
  return invalidParameter(
    `Function must be configured to execute in a VPC to reference access point ${arn}. Please update the function configuration to include VPC subnets and security groups.`,
  );
}

function vpcInUse(arn: string): Error {
  return invalidParameter(`Function VPC configuration cannot be removed with access point ${arn} referenced.`);
}
