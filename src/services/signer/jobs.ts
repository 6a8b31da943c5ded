/** Signing jobs: of a package in S3, or of a package's digests; shown, listed, revoked. */
import type { DescribeSigningJobCommandOutput, SigningJob } from "@aws-sdk/client-signer";
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import { digestsOf, ZIP_PAYLOAD_FORMAT, type ZipDigests } from "../../signed-code/index.ts";
import type { Call, Handlers, Place } from "../../wire/index.ts";
import {
  alreadyRevoked,
  bucketNotFound,
  invalidToken,
  jobNotFound,
  payloadFormat,
  profileNotActive,
  sourceMissing,
} from "./errors.ts";
import { LIMITS, PLATFORM, PLATFORM_NAME } from "./limits.ts";
import { newest, requirePermission } from "./profiles.ts";
import { type JobRecord, type ProfileRecord, placePath, rowPath } from "./records.ts";
import { signObject } from "./s3-objects.ts";
import { signDigests } from "./sign.ts";
import { getProfile, type SignerClient, type SignerState, statusOf } from "./state.ts";

type Operations = "StartSigningJob" | "SignPayload" | "DescribeSigningJob" | "ListSigningJobs" | "RevokeSignature";

export function jobHandlers(state: SignerState): Pick<Handlers<SignerClient>, Operations> {
  async function usable(
    input: { readonly profileName: string; readonly profileOwner?: string | undefined },
    call: Call,
    action: string,
  ): Promise<ProfileRecord> {
    const owner = input.profileOwner ?? call.accountId;
    const profile = await getProfile(state, { accountId: owner, region: call.region }, input.profileName);
    requirePermission(profile, call.accountId, action);
    const status = statusOf(profile);
    if (status !== "Active") throw profileNotActive(profile.name, status);
    return profile;
  }

  function newJob(profile: ProfileRecord, call: Call): JobRecord {
    return {
      id: state.random.uuid(),
      accountId: profile.accountId,
      region: profile.region,
      invoker: call.accountId,
      requestedBy: call.principal.arn,
      profileName: profile.name,
      profileVersion: newest(profile).version,
      createdAt: state.clock.now(),
      status: "InProgress",
    };
  }

  return {
    async SignPayload(input, call) {
      const profile = await usable(input, call, "signer:SignPayload");
      const digests: ZipDigests | undefined =
        input.payloadFormat === ZIP_PAYLOAD_FORMAT ? digestsOf(input.payload) : undefined;
      if (digests === undefined) throw payloadFormat(ZIP_PAYLOAD_FORMAT);
      const job = newJob(profile, call);
      const { pem, expiresAt, profileVersionArn } = await signDigests(state, profile, job, digests);
      const done: JobRecord = { ...job, status: "Succeeded", completedAt: state.clock.now(), expiresAt };
      await state.jobs.create(rowPath(job, job.id), done);
      return {
        jobId: job.id,
        jobOwner: job.accountId,
        metadata: { profileVersionArn, expiresAt: new Date(expiresAt).toISOString() },
        signature: Buffer.from(pem),
      };
    },

    async StartSigningJob(input, call) {
      const source = input.source.s3;
      const bucket = input.destination.s3?.bucketName;
      if (source === undefined || bucket === undefined) throw sourceMissing();
      const profile = await usable(input, call, "signer:StartSigningJob");
      const s3 = state.s3({ principal: call.principal, region: call.region });
      if (s3 === undefined) throw bucketNotFound(source.bucketName);
      const job: JobRecord = {
        ...newJob(profile, call),
        source: { bucket: source.bucketName, key: source.key, version: source.version },
      };
      const token = rowPath(call, input.clientRequestToken ?? job.id);
      if (!(await state.tokens.create(token, { jobId: job.id }, { ttlMs: 86_400_000 }))) {
        const before = await state.tokens.get(token);
        if (before !== undefined) return { jobId: before.jobId, jobOwner: job.accountId };
      }
      await state.jobs.create(rowPath(job, job.id), job);
      const key = `${input.destination.s3?.prefix ?? ""}${job.id}.zip`;
      const change = await signObject(state, { s3, profile, job, to: { bucket, key } });
      await state.jobs.update(rowPath(job, job.id), (current) => ({ ...current, ...change }));
      return { jobId: job.id, jobOwner: job.accountId };
    },

    async DescribeSigningJob(input, call) {
      return described(await getJob(state, call, input.jobId));
    },

    async ListSigningJobs(input, call) {
      const list = `jobs/${call.accountId}/${call.region}`;
      const from = input.nextToken === undefined ? undefined : decodePageToken(list, input.nextToken);
      if (input.nextToken !== undefined && from === undefined) throw invalidToken();
      const limit = input.maxResults ?? LIMITS.pageSize;
      const jobs: SigningJob[] = [];
      let last = "";
      const start = from === undefined ? undefined : rowPath(call, from);
      for await (const { value } of state.jobs.scan(placePath(call), start)) {
        if (!isWanted(value, input)) continue;
        if (jobs.length === limit) return { jobs, nextToken: encodePageToken(list, last) };
        jobs.push(listed(value));
        last = value.id;
      }
      return { jobs };
    },

    async RevokeSignature(input, call) {
      const owner = { accountId: input.jobOwner ?? call.accountId, region: call.region };
      const job = await getJob(state, owner, input.jobId);
      requirePermission(await getProfile(state, job, job.profileName), call.accountId, "signer:RevokeSignature");
      const revoked = { reason: input.reason, revokedAt: state.clock.now(), revokedBy: call.principal.arn };
      await state.jobs.update(rowPath(job, job.id), (current) => {
        if (current.revoked !== undefined) throw alreadyRevoked();
        return { ...current, revoked };
      });
      return {};
    },
  };
}

async function getJob(state: SignerState, place: Place, id: string): Promise<JobRecord> {
  const job = await state.jobs.get(rowPath(place, id));
  if (job === undefined) throw jobNotFound(id);
  return job;
}

function isWanted(
  job: JobRecord,
  wanted: {
    readonly status?: string | undefined;
    readonly platformId?: string | undefined;
    readonly requestedBy?: string | undefined;
    readonly isRevoked?: boolean | undefined;
    readonly signatureExpiresBefore?: Date | undefined;
    readonly signatureExpiresAfter?: Date | undefined;
    readonly jobInvoker?: string | undefined;
  },
): boolean {
  const { expiresAt } = job;
  const { signatureExpiresBefore: before, signatureExpiresAfter: after } = wanted;
  return (
    (wanted.status ?? job.status) === job.status &&
    (wanted.platformId ?? PLATFORM) === PLATFORM &&
    (wanted.requestedBy ?? job.requestedBy) === job.requestedBy &&
    (wanted.jobInvoker ?? job.invoker) === job.invoker &&
    (wanted.isRevoked ?? job.revoked !== undefined) === (job.revoked !== undefined) &&
    (before === undefined || (expiresAt !== undefined && expiresAt < before.getTime())) &&
    (after === undefined || (expiresAt !== undefined && expiresAt > after.getTime()))
  );
}

function listed(job: JobRecord): SigningJob {
  const { source, signedObject } = job;
  return {
    jobId: job.id,
    ...(source && { source: { s3: { bucketName: source.bucket, key: source.key, version: source.version } } }),
    ...(signedObject && { signedObject: { s3: { bucketName: signedObject.bucket, key: signedObject.key } } }),
    createdAt: new Date(job.createdAt),
    status: job.status,
    isRevoked: job.revoked !== undefined,
    profileName: job.profileName,
    profileVersion: job.profileVersion,
    platformId: PLATFORM,
    platformDisplayName: PLATFORM_NAME,
    ...(job.expiresAt !== undefined && { signatureExpiresAt: new Date(job.expiresAt) }),
    jobOwner: job.accountId,
    jobInvoker: job.invoker,
  };
}

function described(job: JobRecord): Omit<DescribeSigningJobCommandOutput, "$metadata"> {
  const { isRevoked: _listedOnly, ...rest } = listed(job);
  const { revoked } = job;
  return {
    ...rest,
    requestedBy: job.requestedBy,
    ...(job.completedAt !== undefined && { completedAt: new Date(job.completedAt) }),
    ...(job.statusReason !== undefined && { statusReason: job.statusReason }),
    ...(revoked && {
      revocationRecord: {
        reason: revoked.reason,
        revokedAt: new Date(revoked.revokedAt),
        revokedBy: revoked.revokedBy,
      },
    }),
  };
}
