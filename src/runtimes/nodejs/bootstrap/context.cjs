/** The context object's data, in AWS's order of members, which changed with Node.js 24. */
"use strict";

const { PlatformError } = require("./errors.cjs");

const W3C_FIELDS = ["traceparent", "tracestate", "baggage"];

/** Adds what every invocation of Node.js up to 22 sees to `base` (which holds done, succeed, fail). */
function contextBefore24(base, header) {
  const variables = process.env;
  base.functionVersion = variables.AWS_LAMBDA_FUNCTION_VERSION;
  base.functionName = variables.AWS_LAMBDA_FUNCTION_NAME;
  base.memoryLimitInMB = variables.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
  base.logGroupName = variables.AWS_LAMBDA_LOG_GROUP_NAME;
  base.logStreamName = variables.AWS_LAMBDA_LOG_STREAM_NAME;
  base.clientContext = parse(
    header.clientContext,
    (error) => new Error(`Cannot parse ClientContext as json: ${error}`),
  );
  base.identity = parse(header.cognitoIdentity, (error) => new Error(`Cannot parse CognitoIdentity as json: ${error}`));
  base.invokedFunctionArn = header.invokedFunctionArn;
  base.awsRequestId = header.requestId;
  base.tenantId = header.tenantId;
  base.getRemainingTimeInMillis = () => header.deadlineMs - Date.now();
  return base;
}

/** What an invocation of Node.js 24 and later sees. */
function contextSince24(header) {
  const variables = process.env;
  const clientContext = parse(header.clientContext, platformError("lambda-runtime-client-context"));
  const w3c = takeW3c(clientContext);
  return {
    clientContext,
    identity: parse(header.cognitoIdentity, platformError("lambda-runtime-cognito-identity")),
    invokedFunctionArn: header.invokedFunctionArn,
    awsRequestId: header.requestId,
    tenantId: header.tenantId,
    xRayTraceId: header.traceId,
    getRemainingTimeInMillis: () => header.deadlineMs - Date.now(),
    w3c: () => w3c,
    functionName: variables.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: variables.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: variables.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: variables.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: variables.AWS_LAMBDA_LOG_STREAM_NAME,
  };
}

function parse(text, failure) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failure(error);
  }
}

function platformError(name) {
  return (error) => new PlatformError(`Failed to parse ${name} as JSON: ${error.message}`);
}

/** Trace context that came inside the client context is moved out of it, known fields only. */
function takeW3c(clientContext) {
  const fields = {};
  if (typeof clientContext === "object" && clientContext !== null && "w3c" in clientContext) {
    const source = clientContext.w3c;
    delete clientContext.w3c;
    for (const name of W3C_FIELDS) {
      if (typeof source?.[name] === "string") fields[name] = source[name];
    }
  }
  return Object.freeze(fields);
}

module.exports = { contextBefore24, contextSince24 };
