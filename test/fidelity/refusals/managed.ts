/** Runtime management, capacity providers and durable executions. */
import { ACCOUNT } from "../support/house.ts";
import { ABSENT, create, encoded, F, missing, one, P, PARAMETER, type Row, VALIDATION } from "../support/refusal.ts";

const PROVIDERS = "/2025-11-30/capacity-providers";
const DURABLE = "/2025-12-01/durable-executions";
const EXECUTION = encoded(`${F}:here:1/durable-execution/order/0123`);
const PROVIDER = `arn:aws:lambda:us-east-1:${ACCOUNT}:capacity-provider:none`;

export const managed: readonly Row[] = [
  [
    "the runtime management of a missing function",
    ["GET", "/2021-07-20/functions/none/runtime-management-config"],
    404,
    ABSENT,
    missing("none"),
  ],
  [
    "manage the runtime of a missing version",
    ["PUT", "/2021-07-20/functions/here/runtime-management-config?Qualifier=9", { UpdateRuntimeOn: "Auto" }],
    404,
    ABSENT,
    missing("here:9"),
  ],
  [
    "manage the runtime in an unknown way",
    ["PUT", "/2021-07-20/functions/here/runtime-management-config", { UpdateRuntimeOn: "Never" }],
    400,
    VALIDATION,
    one("updateRuntimeOn", "Never", "Member must satisfy enum value set: [Auto, Manual, FunctionUpdate]"),
  ],
  [
    "get a missing capacity provider",
    ["GET", `${PROVIDERS}/none`],
    404,
    ABSENT,
    `Capacity provider not found: ${PROVIDER}`,
  ],
  [
    "update a missing capacity provider",
    ["PUT", `${PROVIDERS}/none`, {}],
    404,
    ABSENT,
    `Capacity provider not found: ${PROVIDER}`,
  ],
  [
    "delete a missing capacity provider",
    ["DELETE", `${PROVIDERS}/none`],
    404,
    ABSENT,
    `Capacity provider not found: ${PROVIDER}`,
  ],
  [
    "create a function on a missing capacity provider",
    create({
      CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: PROVIDER } },
    }),
    404,
    ABSENT,
    `Capacity provider not found: ${PROVIDER}`,
  ],
  [
    "a durable execution that is none",
    ["POST", `${DURABLE}/${EXECUTION}/checkpoint`, { CheckpointToken: "YWJj" }],
    400,
    PARAMETER,
    "Invalid Checkpoint Token",
  ],
  [
    "durable executions of a missing function",
    ["GET", "/2025-12-01/functions/none/durable-executions"],
    404,
    ABSENT,
    missing("none"),
  ],
  [
    "make a function durable",
    ["PUT", `${P}/here/configuration`, { DurableConfig: { ExecutionTimeout: 60 } }],
    400,
    PARAMETER,
    "DurableConfig can only be set when the function is created.",
  ],
];
