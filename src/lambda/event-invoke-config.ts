/** The FunctionEventInvokeConfig operations: retries, age and destinations of asynchronous invocations, per qualifier. */
import type { DestinationConfig, FunctionEventInvokeConfig } from "@aws-sdk/client-lambda";
import { type Arn, type Handlers, parseArn } from "../wire/index.ts";
import {
  type ControlPlane,
  changeFunction,
  findFunction,
  findVersion,
  getFunction,
  type LambdaModule,
  referTo,
} from "./control-plane.ts";
import { invalidParameter, notFound } from "./errors.ts";
import { type FunctionReference, functionArn, LATEST, parseReference, qualifiedArn } from "./names.ts";
import { page } from "./pages.ts";
import type { EventInvokeRecord, FunctionRecord } from "./records.ts";

type Operations =
  | "PutFunctionEventInvokeConfig"
  | "UpdateFunctionEventInvokeConfig"
  | "GetFunctionEventInvokeConfig"
  | "DeleteFunctionEventInvokeConfig"
  | "ListFunctionEventInvokeConfigs";

interface Given {
  readonly MaximumRetryAttempts?: number | undefined;
  readonly MaximumEventAgeInSeconds?: number | undefined;
  readonly DestinationConfig?: DestinationConfig | undefined;
}

export function eventInvokeHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  const write = async (
    reference: FunctionReference,
    input: Given,
    merge: boolean,
  ): Promise<FunctionEventInvokeConfig> => {
    const qualifier = reference.qualifier ?? LATEST;
    requireDestinations(plane, reference, input.DestinationConfig);
    const missing = (): Error => notFound("The function doesn't exist.");
    const record = await changeFunction(
      plane,
      reference,
      async (current) => {
        if ((await findVersion(plane.records, current, qualifier)) === undefined) throw missing();
        const before = configOf(current, qualifier);
        if (merge && before === undefined) throw noConfig(reference);
        const next = configFrom(input, qualifier, plane.clock.now());
        return withConfig(current, merge ? { ...before, ...next } : next);
      },
      { missing },
    );
    return shown(reference, configOf(record, qualifier));
  };

  return {
    async PutFunctionEventInvokeConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      requireSomething(input);
      return write(reference, input, false);
    },

    async UpdateFunctionEventInvokeConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      requireSomething(input);
      return write(reference, input, true);
    },

    async GetFunctionEventInvokeConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const found = await findFunction(plane.records, reference, reference.name);
      const config = found && configOf(found.record, reference.qualifier ?? LATEST);
      if (config === undefined) throw noConfig(reference);
      return shown(reference, config);
    },

    async DeleteFunctionEventInvokeConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const qualifier = reference.qualifier ?? LATEST;
      await changeFunction(
        plane,
        reference,
        (record) => {
          if (configOf(record, qualifier) === undefined) throw noConfig(reference);
          return { ...record, eventInvoke: record.eventInvoke.filter((config) => config.qualifier !== qualifier) };
        },
        { missing: () => noConfig(reference) },
      );
      return {};
    },

    async ListFunctionEventInvokeConfigs(input, call) {
      const reference = referTo(input.FunctionName, call);
      const { record } = await getFunction(plane, reference).catch(() => {
        throw notFound("The function doesn't exist.");
      });
      const { items, nextMarker } = page(record.eventInvoke, {
        scope: `ListFunctionEventInvokeConfigs/${call.accountId}/${call.region}/${reference.name}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: ({ qualifier }) => qualifier,
      });
      return {
        FunctionEventInvokeConfigs: items.map((config) => shown(reference, config)),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },
  };
}

function requireSomething(input: Given): void {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig: destinations } = input;
  if (MaximumRetryAttempts !== undefined || MaximumEventAgeInSeconds !== undefined || destinations !== undefined)
    return;
  throw invalidParameter("You must specify at least one of error handling or destination setting.");
}

/** Services that records of an asynchronous invocation may go to. */
const DESTINATIONS = {
  OnSuccess: ["lambda", "sqs", "sns", "events"],
  OnFailure: ["lambda", "sqs", "sns", "events", "s3"],
} as const;

/** A function as destination must exist and not be the function itself; other services are taken at their word. */
function requireDestinations(
  plane: ControlPlane,
  reference: FunctionReference,
  given: DestinationConfig | undefined,
): void {
  for (const outcome of ["OnSuccess", "OnFailure"] as const) {
    const arn = given?.[outcome]?.Destination;
    if (!arn) continue;
    const parts = parseArn(arn);
    if (parts === undefined || !DESTINATIONS[outcome].some((service) => service === parts.service)) {
      throw invalidParameter(`The provided destination config ${javaText(given)} is invalid.`);
    }
    requireForm(arn, parts);
    if (parts.service !== "lambda") continue;
    if (arn === functionArn(reference, reference.name)) {
      throw invalidParameter("You can't specify the function as a destination for itself.");
    }
    const target = parseReference(arn, reference);
    // Whether another account has such a function, and lets it be invoked, is asked when there is something to send.
    if (target.kind === "other-account") continue;
    const known = target.kind === "reference" && plane.directory.shownRevision(target, target.name) !== undefined;
    if (!known) throw invalidParameter(`The destination ARN ${arn} is invalid.`);
  }
}

/** FIFO queues and topics, and buses and buckets that are none, are no destinations. */
function requireForm(arn: string, { service, resource }: Arn): void {
  if (service === "sns" && resource.endsWith(".fifo")) {
    throw invalidParameter("FIFO-type Amazon SNS topics aren't supported as a destination.");
  }
  const isFormed =
    (service === "sqs" && !resource.endsWith(".fifo")) ||
    service === "sns" ||
    service === "lambda" ||
    (service === "events" && /^event-bus\/./.test(resource)) ||
    (service === "s3" && /^[^:/*?]+$/.test(resource));
  if (!isFormed) throw invalidParameter(`The destination ARN ${arn} is invalid.`);
}

/** The setting as AWS's service prints it. */
function javaText(given: DestinationConfig | undefined): string {
  const part = (name: "OnSuccess" | "OnFailure"): string => {
    const arn = given?.[name]?.Destination;
    return arn === undefined ? "null" : `${name}(destination=${arn})`;
  };
  return `DestinationConfig(onSuccess=${part("OnSuccess")}, onFailure=${part("OnFailure")})`;
}

function noConfig(reference: FunctionReference): Error {
  const arn = qualifiedArn(reference, reference.name, reference.qualifier ?? LATEST);
  return notFound(`The function ${arn} doesn't have an EventInvokeConfig`);
}

function configOf(record: FunctionRecord, qualifier: string): EventInvokeRecord | undefined {
  return record.eventInvoke.find((config) => config.qualifier === qualifier);
}

function withConfig(record: FunctionRecord, config: EventInvokeRecord): FunctionRecord {
  const others = record.eventInvoke.filter(({ qualifier }) => qualifier !== config.qualifier);
  return { ...record, eventInvoke: [...others, config].sort((a, b) => (a.qualifier < b.qualifier ? -1 : 1)) };
}

function configFrom(input: Given, qualifier: string, lastModifiedMs: number): EventInvokeRecord {
  const onSuccess = input.DestinationConfig?.OnSuccess?.Destination;
  const onFailure = input.DestinationConfig?.OnFailure?.Destination;
  return {
    qualifier,
    lastModifiedMs,
    ...(input.MaximumRetryAttempts !== undefined && { maximumRetryAttempts: input.MaximumRetryAttempts }),
    ...(input.MaximumEventAgeInSeconds !== undefined && { maximumEventAgeSeconds: input.MaximumEventAgeInSeconds }),
    ...(onSuccess !== undefined && { onSuccess }),
    ...(onFailure !== undefined && { onFailure }),
  };
}

function shown(reference: FunctionReference, config: EventInvokeRecord | undefined): FunctionEventInvokeConfig {
  if (config === undefined) throw noConfig(reference);
  const destination = (arn: string | undefined): { Destination?: string } =>
    arn === undefined ? {} : { Destination: arn };
  return {
    LastModified: new Date(config.lastModifiedMs),
    FunctionArn: qualifiedArn(reference, reference.name, config.qualifier),
    ...(config.maximumRetryAttempts !== undefined && { MaximumRetryAttempts: config.maximumRetryAttempts }),
    ...(config.maximumEventAgeSeconds !== undefined && { MaximumEventAgeInSeconds: config.maximumEventAgeSeconds }),
    DestinationConfig: { OnSuccess: destination(config.onSuccess), OnFailure: destination(config.onFailure) },
  };
}
