/** Every error of the room, as AWS words it. */
import { DashboardNotFoundError } from "@aws-sdk/client-cloudwatch";

export const dashboardNotFound = (name: string): DashboardNotFoundError =>
  new DashboardNotFoundError({ message: `Dashboard ${name} does not exist`, $metadata: {} });
