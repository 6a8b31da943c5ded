/**
 * The FunctionUrlConfig operations: an HTTP address for a function or one of its aliases. Kept in the function's head
 * record, so it goes with the function; where it leads is the data plane's business.
 */
import type { Cors, FunctionUrlAuthType, FunctionUrlConfig, InvokeMode } from "@aws-sdk/client-lambda";
import type { Random } from "../base/index.ts";
import type { Call, Handlers } from "../wire/index.ts";
import { type ControlPlane, changeFunction, findFunction, type LambdaModule, referTo } from "./control-plane.ts";
import { conflict, notFound, resourceDoesNotExist } from "./errors.ts";
import { type FunctionReference, qualifiedArn } from "./names.ts";
import { page } from "./pages.ts";
import type { CorsRecord, FunctionRecord, FunctionUrlRecord } from "./records.ts";
import { requireNoTenancy } from "./tenancy.ts";
import { functionUrlAddress } from "./url-address.ts";

type Operations =
  | "CreateFunctionUrlConfig"
  | "DeleteFunctionUrlConfig"
  | "GetFunctionUrlConfig"
  | "ListFunctionUrlConfigs"
  | "UpdateFunctionUrlConfig";

/** Settings as clients give them: what is missing stays, or gets its default. */
interface Given {
  readonly AuthType?: FunctionUrlAuthType | undefined;
  readonly Cors?: Cors | undefined;
  readonly InvokeMode?: InvokeMode | undefined;
}

export function functionUrlHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async CreateFunctionUrlConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const now = plane.clock.now();
      const fresh: FunctionUrlRecord = {
        id: newUrlId(plane.random),
        ...(reference.qualifier !== undefined && { alias: reference.qualifier }),
        authType: "NONE",
        invokeMode: "BUFFERED",
        createdMs: now,
        lastModifiedMs: now,
      };
      const url = withSettings(fresh, input);
      await changeFunction(
        plane,
        reference,
        (record) => {
          requireAlias(record, reference);
          if (urlOf(record, reference) !== undefined) throw urlExists(reference);
          requireNoTenancy(record.latest.settings, "Function URL");
          return withUrl(record, url);
        },
        { missing: noFunction },
      );
      const { LastModifiedTime: _, InvokeMode, ...created } = shown(plane, reference, url, call);
      return { ...created, ...(input.InvokeMode !== undefined && { InvokeMode }) };
    },

    async GetFunctionUrlConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const found = await findFunction(plane.records, reference, reference.name);
      const url = found && urlOf(found.record, reference);
      if (url === undefined) throw resourceDoesNotExist();
      return shown(plane, reference, url, call);
    },

    async UpdateFunctionUrlConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const record = await changeFunction(
        plane,
        reference,
        (current) => {
          requireAlias(current, reference);
          const before = urlOf(current, reference);
          if (before === undefined) throw resourceDoesNotExist();
          return withUrl(current, withSettings({ ...before, lastModifiedMs: plane.clock.now() }, input));
        },
        { missing: noFunction },
      );
      const url = urlOf(record, reference);
      if (url === undefined) throw new Error("a function URL was lost while it was changed");
      const { InvokeMode, ...updated } = shown(plane, reference, url, call);
      return { ...updated, ...(input.InvokeMode !== undefined && { InvokeMode }) };
    },

    async DeleteFunctionUrlConfig(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      await changeFunction(
        plane,
        reference,
        (record) => {
          const url = urlOf(record, reference);
          if (url === undefined) throw resourceDoesNotExist();
          return { ...record, urls: (record.urls ?? []).filter(({ id }) => id !== url.id) };
        },
        { missing: resourceDoesNotExist },
      );
      return {};
    },

    async ListFunctionUrlConfigs(input, call) {
      const reference = referTo(input.FunctionName, call);
      const found = await findFunction(plane.records, reference, reference.name);
      if (found === undefined) throw noFunction();
      const { items, nextMarker } = page(found.record.urls ?? [], {
        scope: `ListFunctionUrlConfigs/${call.accountId}/${call.region}/${reference.name}`,
        marker: input.Marker,
        maxItems: input.MaxItems,
        keyOf: ({ alias }) => alias ?? "",
      });
      return {
        FunctionUrlConfigs: items.map((url) => shown(plane, reference, url, call)),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },
  };
}

function noFunction(): Error {
  return notFound("Function does not exist");
}

function urlExists(reference: FunctionReference): Error {
  const arn = qualifiedArn(reference, reference.name, reference.qualifier);
  return conflict(
    `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
  );
}

function requireAlias(record: FunctionRecord, { qualifier }: FunctionReference): void {
  if (qualifier !== undefined && !record.aliases.some(({ name }) => name === qualifier)) throw noFunction();
}

function urlOf(record: FunctionRecord, { qualifier }: FunctionReference): FunctionUrlRecord | undefined {
  return record.urls?.find(({ alias }) => alias === qualifier);
}

/** In order of their aliases, $LATEST's first. */
function withUrl(record: FunctionRecord, url: FunctionUrlRecord): FunctionRecord {
  const others = (record.urls ?? []).filter(({ alias }) => alias !== url.alias);
  return { ...record, urls: [...others, url].sort((a, b) => ((a.alias ?? "") < (b.alias ?? "") ? -1 : 1)) };
}

function withSettings({ cors: before, ...url }: FunctionUrlRecord, given: Given): FunctionUrlRecord {
  const cors = given.Cors === undefined ? before : corsFrom(given.Cors);
  return {
    ...url,
    ...(given.AuthType !== undefined && { authType: given.AuthType }),
    ...(given.InvokeMode !== undefined && { invokeMode: given.InvokeMode }),
    ...(cors !== undefined && { cors }),
  };
}

/** An empty configuration is none. */
function corsFrom(given: Cors): CorsRecord | undefined {
  const cors: CorsRecord = {
    ...(given.AllowCredentials !== undefined && { allowCredentials: given.AllowCredentials }),
    ...(given.AllowHeaders !== undefined && { allowHeaders: given.AllowHeaders }),
    ...(given.AllowMethods !== undefined && { allowMethods: given.AllowMethods }),
    ...(given.AllowOrigins !== undefined && { allowOrigins: given.AllowOrigins }),
    ...(given.ExposeHeaders !== undefined && { exposeHeaders: given.ExposeHeaders }),
    ...(given.MaxAge !== undefined && { maxAgeSeconds: given.MaxAge }),
  };
  return Object.keys(cors).length === 0 ? undefined : cors;
}

function corsShown(cors: CorsRecord): Cors {
  return {
    ...(cors.allowCredentials !== undefined && { AllowCredentials: cors.allowCredentials }),
    ...(cors.allowHeaders !== undefined && { AllowHeaders: [...cors.allowHeaders] }),
    ...(cors.allowMethods !== undefined && { AllowMethods: [...cors.allowMethods] }),
    ...(cors.allowOrigins !== undefined && { AllowOrigins: [...cors.allowOrigins] }),
    ...(cors.exposeHeaders !== undefined && { ExposeHeaders: [...cors.exposeHeaders] }),
    ...(cors.maxAgeSeconds !== undefined && { MaxAge: cors.maxAgeSeconds }),
  };
}

function shown(
  plane: ControlPlane,
  reference: FunctionReference,
  url: FunctionUrlRecord,
  call: Call,
): FunctionUrlConfig {
  return {
    FunctionUrl: functionUrlAddress({ id: url.id, region: reference.region }, plane.functionUrlBase ?? call.endpoint),
    FunctionArn: qualifiedArn(reference, reference.name, url.alias),
    AuthType: url.authType,
    ...(url.cors && { Cors: corsShown(url.cors) }),
    CreationTime: new Date(url.createdMs).toISOString(),
    LastModifiedTime: new Date(url.lastModifiedMs).toISOString(),
    InvokeMode: url.invokeMode,
  };
}

const ID_LENGTH = 32;
const ID_BASE = 36;
/** More bits than the id holds, so that every character is drawn evenly enough. */
const ID_BYTES = 24;

/** 32 lower-case letters and digits. */
function newUrlId(random: Random): string {
  return BigInt(`0x${random.hex(ID_BYTES)}`)
    .toString(ID_BASE)
    .padStart(ID_LENGTH, "0")
    .slice(-ID_LENGTH);
}
