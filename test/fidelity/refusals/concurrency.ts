/** Reserved concurrency. */
import { ABSENT, CONCURRENCY, missing, PARAMETER, type Row } from "../support/refusal.ts";

export const concurrency: readonly Row[] = [
  [
    "reserve for a missing function",
    ["PUT", `${CONCURRENCY}/none/concurrency`, { ReservedConcurrentExecutions: 1 }],
    404,
    ABSENT,
    missing("none:$LATEST"),
  ],
  [
    "reserve for a version",
    ["PUT", `${CONCURRENCY}/here:1/concurrency`, { ReservedConcurrentExecutions: 1 }],
    400,
    PARAMETER,
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
  ],
  [
    "reserve too much",
    ["PUT", `${CONCURRENCY}/here/concurrency`, { ReservedConcurrentExecutions: 901 }],
    400,
    PARAMETER,
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
  ],
];
