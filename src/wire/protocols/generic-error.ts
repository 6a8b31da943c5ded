/** Errors of requests whose service, and so whose protocol, is not known: worded in what the client seems to speak. */
import type { IncomingHttpHeaders } from "node:http";
import { queryError } from "./aws-query.ts";
import type { ErrorReply, Reply } from "./protocol.ts";

export function genericError(headers: IncomingHttpHeaders, error: ErrorReply): Reply {
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/x-www-form-urlencoded")) return queryError(error, "");
  const isRpc = headers["x-amz-target"] !== undefined;
  return {
    status: error.status,
    headers: { "Content-Type": isRpc && type !== "" ? type : "application/json", "x-amzn-ErrorType": error.name },
    body: JSON.stringify({ __type: error.name, message: error.message }),
  };
}
