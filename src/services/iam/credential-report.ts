/** The credential report: users and the state of their credentials as CSV. Made when it is read, so that it is never old. */
import type { Call, Handlers } from "../../wire/index.ts";
import { changeAccount } from "./accounts.ts";
import { reportNotFound } from "./errors.ts";
import type { LastUse, StoredAccessKey, UserRecord } from "./records.ts";
import { entityArn, type IamClient, type IamState } from "./state.ts";

const COLUMNS = [
  ...["user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed"],
  ...["password_next_rotation", "mfa_active"],
  ...[1, 2].flatMap((key) => [
    ...[`access_key_${key}_active`, `access_key_${key}_last_rotated`, `access_key_${key}_last_used_date`],
    ...[`access_key_${key}_last_used_region`, `access_key_${key}_last_used_service`],
  ]),
  ...["cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated"],
];
const MISSING = "N/A";

export function credentialReportHandlers(state: IamState): Handlers<IamClient> {
  return {
    async GenerateCredentialReport(_input, { accountId }) {
      const reportedAt = state.clock.now();
      const before = (await state.accounts.get(accountId))?.reportedAt;
      await changeAccount(state, accountId, (account) => ({ ...account, reportedAt }));
      return before === undefined
        ? { State: "STARTED", Description: "No report exists. Starting a new report generation task" }
        : { State: "COMPLETE" };
    },

    async GetCredentialReport(_input, call) {
      const reportedAt = (await state.accounts.get(call.accountId))?.reportedAt;
      if (reportedAt === undefined) throw reportNotFound();
      const rows = [COLUMNS, rootRow(call)];
      for (const user of await state.users.all(call)) rows.push(await userRow(state, call, user));
      return {
        Content: Buffer.from(`${rows.map((row) => row.join(",")).join("\n")}\n`),
        ReportFormat: "text/csv",
        GeneratedTime: new Date(reportedAt),
      };
    },
  };
}

function rootRow({ partition, accountId }: Call): string[] {
  const row = ["<root_account>", `arn:${partition}:iam::${accountId}:root`];
  return [...row, ...COLUMNS.slice(row.length).map((column) => (column.endsWith("active") ? "false" : MISSING))];
}

async function userRow(state: IamState, call: Call, user: UserRecord): Promise<string[]> {
  const keys = await Promise.all(
    [0, 1].map(async (index) => {
      const key = user.accessKeys[index];
      return keyColumns(key, key && (await state.lastUses.get(key.id)));
    }),
  );
  const { login } = user;
  return [
    ...[user.name, entityArn(call, "user", user), iso(user.createdAt), String(login !== undefined)],
    ...(login === undefined ? [MISSING, MISSING, MISSING] : ["no_information", iso(login.createdAt), MISSING]),
    ...["false", ...keys.flat(), "false", MISSING, "false", MISSING],
  ];
}

function keyColumns(key: StoredAccessKey | undefined, last: LastUse | undefined): string[] {
  if (key === undefined) return ["false", MISSING, MISSING, MISSING, MISSING];
  const used = last === undefined ? [MISSING, MISSING, MISSING] : [iso(last.at), last.region, last.service];
  return [String(key.active), iso(key.createdAt), ...used];
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString().replace(/\.\d+Z$/, "+00:00");
