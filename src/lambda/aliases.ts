/** CreateAlias, GetAlias, UpdateAlias, DeleteAlias, ListAliases. Aliases live in their function's head record. */
import type { AliasConfiguration, AliasRoutingConfiguration } from "@aws-sdk/client-lambda";
import type { Handlers } from "../wire/index.ts";
import {
  type ControlPlane,
  changeFunction,
  findVersion,
  getFunction,
  type LambdaModule,
  referTo,
} from "./control-plane.ts";
import {
  alreadyProvisioned,
  conflict,
  functionNotFound,
  invalidParameter,
  notFound,
  preconditionFailed,
  untypedInvalidParameter,
} from "./errors.ts";
import { type FunctionReference, LATEST, qualifiedArn } from "./names.ts";
import { page } from "./pages.ts";
import { provisionedOf, withoutProvisioned } from "./provisioned-settings.ts";
import type { AliasRecord, FunctionRecord } from "./records.ts";

type Operations = "CreateAlias" | "GetAlias" | "UpdateAlias" | "DeleteAlias" | "ListAliases";

export function aliasHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async CreateAlias(input, call) {
      const reference = referTo(input.FunctionName, call);
      const routing = routingOf(input.RoutingConfig);
      const alias: AliasRecord = {
        name: input.Name,
        version: input.FunctionVersion,
        description: input.Description ?? "",
        revisionId: plane.random.uuid(),
        ...(routing && { routing }),
      };
      await changeFunction(
        plane,
        reference,
        async (record) => {
          await requireTargets(plane, record, reference, alias);
          if (record.aliases.some(({ name }) => name === alias.name)) {
            throw conflict(`Alias already exists: ${aliasArn(reference, alias.name)}`);
          }
          return withAlias(record, alias);
        },
        { missing: () => functionNotFound(qualifiedArn(reference, reference.name, input.FunctionVersion)) },
      );
      return shownAlias(reference, alias);
    },

    async GetAlias(input, call) {
      const reference = referTo(input.FunctionName, call);
      return shownAlias(reference, await getAlias(plane, reference, input.Name));
    },

    async UpdateAlias(input, call) {
      const reference = referTo(input.FunctionName, call);
      const record = await changeFunction(plane, reference, async (current) => {
        const alias = current.aliases.find(({ name }) => name === input.Name);
        if (alias === undefined) throw notFound(`Alias not found: ${aliasArn(reference, input.Name)}`);
        if (input.RevisionId !== undefined && input.RevisionId !== alias.revisionId) {
          throw preconditionFailed("GetFunction/GetAlias");
        }
        const { routing: before, ...rest } = alias;
        const routing = input.RoutingConfig === undefined ? before : routingOf(input.RoutingConfig);
        const next: AliasRecord = {
          ...rest,
          version: input.FunctionVersion ?? alias.version,
          description: input.Description ?? alias.description,
          revisionId: plane.random.uuid(),
          ...(routing && { routing }),
        };
        await requireTargets(plane, current, reference, next);
        if (provisionedOf(current, next.name) !== undefined && provisionedOf(current, next.version) !== undefined) {
          throw alreadyProvisioned();
        }
        return withAlias(current, next);
      });
      const changed = record.aliases.find(({ name }) => name === input.Name);
      if (changed === undefined) throw new Error("an alias was lost while it was changed");
      return shownAlias(reference, changed);
    },

    async DeleteAlias(input, call) {
      const reference = referTo(input.FunctionName, call);
      await changeFunction(plane, reference, (record) => {
        const aliases = record.aliases.filter(({ name }) => name !== input.Name);
        if (aliases.length === record.aliases.length) return undefined;
        return {
          ...withoutProvisioned(record, input.Name),
          aliases,
          policies: record.policies.filter(({ qualifier }) => qualifier !== input.Name),
          eventInvoke: record.eventInvoke.filter(({ qualifier }) => qualifier !== input.Name),
        };
      });
      return {};
    },

    async ListAliases(input, call) {
      const reference = referTo(input.FunctionName, call);
      const { record } = await getFunction(plane, reference);
      const { FunctionVersion: version } = input;
      const { items, nextMarker } = page(
        record.aliases.filter((alias) => version === undefined || alias.version === version),
        {
          scope: `ListAliases/${call.accountId}/${call.region}/${reference.name}/${version ?? ""}`,
          marker: input.Marker,
          maxItems: input.MaxItems,
          keyOf: ({ name }) => name,
        },
      );
      return {
        Aliases: items.map((alias) => shownAlias(reference, alias)),
        ...(nextMarker !== undefined && { NextMarker: nextMarker }),
      };
    },
  };
}

/** Throws AWS's text for an alias that is not there, whether or not its function is. */
export async function getAlias(plane: ControlPlane, reference: FunctionReference, alias: string): Promise<AliasRecord> {
  const missing = (): Error => notFound(`Cannot find alias arn: ${aliasArn(reference, alias)}`);
  const found = await getFunction(plane, reference).catch(() => {
    throw missing();
  });
  const record = found.record.aliases.find(({ name }) => name === alias);
  if (record === undefined) throw missing();
  return record;
}

function aliasArn(reference: FunctionReference, alias: string): string {
  return qualifiedArn(reference, reference.name, alias);
}

function withAlias(record: FunctionRecord, alias: AliasRecord): FunctionRecord {
  const others = record.aliases.filter(({ name }) => name !== alias.name);
  const aliases = [...others, alias].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...record, aliases };
}

function routingOf(given: AliasRoutingConfiguration | undefined): AliasRecord["routing"] {
  const weights = Object.entries(given?.AdditionalVersionWeights ?? {});
  if (weights.length > 1) {
    throw invalidParameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  const [first] = weights;
  return first && { version: first[0], weight: first[1] };
}

async function requireTargets(
  plane: ControlPlane,
  record: FunctionRecord,
  reference: FunctionReference,
  { version, routing }: AliasRecord,
): Promise<void> {
  if (routing !== undefined && routing.version === version) {
    throw invalidParameter(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    );
  }
  if (routing !== undefined && version === LATEST) {
    throw untypedInvalidParameter("$LATEST is not supported for an alias pointing to more than 1 version");
  }
  for (const target of routing === undefined ? [version] : [version, routing.version]) {
    const found = target === LATEST || record.versions.some((published) => published.version === target);
    if (!found || (await findVersion(plane.records, record, target)) === undefined) {
      throw functionNotFound(qualifiedArn(reference, reference.name, target));
    }
  }
}

function shownAlias(reference: FunctionReference, alias: AliasRecord): AliasConfiguration {
  return {
    AliasArn: aliasArn(reference, alias.name),
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    ...(alias.routing && {
      RoutingConfig: { AdditionalVersionWeights: { [alias.routing.version]: alias.routing.weight } },
    }),
    RevisionId: alias.revisionId,
  };
}
