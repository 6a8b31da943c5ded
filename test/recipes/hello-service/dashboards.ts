/** Dashboards: put, get, list, delete. */
import type { Call, Handlers } from "../../../src/wire/index.ts";
import { dashboardNotFound } from "./errors.ts";
import { dashboardPath, dashboardTable } from "./records.ts";
import type { CloudWatchClient, HelloPorts } from "./state.ts";

export function dashboardHandlers({ store, clock }: HelloPorts): Handlers<CloudWatchClient> {
  const dashboards = dashboardTable(store);
  return {
    async PutDashboard(input, call) {
      const path = dashboardPath(call.accountId, input.DashboardName);
      const record = { name: input.DashboardName, body: input.DashboardBody, changedAt: clock.now() };
      if (!(await dashboards.create(path, record))) await dashboards.update(path, () => record);
      return { DashboardValidationMessages: [] };
    },

    async GetDashboard(input, call) {
      const found = await dashboards.get(dashboardPath(call.accountId, input.DashboardName));
      if (found === undefined) throw dashboardNotFound(input.DashboardName);
      return { DashboardName: found.name, DashboardArn: dashboardArn(call, found.name), DashboardBody: found.body };
    },

    async ListDashboards(input, call) {
      const entries = [];
      for await (const { value } of dashboards.scan(dashboardPath(call.accountId, input.DashboardNamePrefix ?? ""))) {
        entries.push({ DashboardName: value.name, LastModified: new Date(value.changedAt), Size: value.body.length });
      }
      return { DashboardEntries: entries };
    },

    async DeleteDashboards(input, call) {
      for (const name of input.DashboardNames) {
        if (!(await dashboards.delete(dashboardPath(call.accountId, name)))) throw dashboardNotFound(name);
      }
      return {};
    },
  };
}

const dashboardArn = (call: Call, name: string): string =>
  `arn:${call.partition}:cloudwatch::${call.accountId}:dashboard/${name}`;
