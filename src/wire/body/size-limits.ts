/**
 * AWS's request size limits, as data: one table for all services, by signing name and operation. Operations that are not
 * listed have the wire's own bound (limits.ts). Sources: behaviour of Lambda's front end (70167211 bytes is 50 MB of zip
 * in base64 with room for the rest), service quotas pages for Lambda, DynamoDB and Kinesis.
 */

export interface SizeLimit {
  readonly bytes: number;
  /** AWS's error code, status 413. */
  readonly code: string;
  /** The operation's name in the message, where it is not the API's. */
  readonly operationInMessage?: string;
}

const LAMBDA_UPLOAD: SizeLimit = { bytes: 70_167_211, code: "RequestEntityTooLargeException" };
const LAMBDA_INVOKE: SizeLimit = {
  bytes: 6_291_456,
  code: "RequestEntityTooLargeException",
  operationInMessage: "InvokeFunction",
};

const SIZE_LIMITS: Readonly<Record<string, Readonly<Record<string, SizeLimit>>>> = {
  lambda: {
    CreateFunction: LAMBDA_UPLOAD,
    UpdateFunctionCode: LAMBDA_UPLOAD,
    PublishLayerVersion: LAMBDA_UPLOAD,
    Invoke: LAMBDA_INVOKE,
    InvokeWithResponseStream: LAMBDA_INVOKE,
    InvokeAsync: { bytes: 6_291_456, code: "RequestEntityTooLargeException" },
  },
  dynamodb: {
    BatchWriteItem: { bytes: 25_165_824, code: "RequestEntityTooLargeException" },
    TransactWriteItems: { bytes: 25_165_824, code: "RequestEntityTooLargeException" },
  },
  kinesis: {
    PutRecords: { bytes: 16_777_216, code: "RequestEntityTooLargeException" },
    PutRecord: { bytes: 16_777_216, code: "RequestEntityTooLargeException" },
  },
};

/** The limit of one operation; undefined when only the wire's own bound applies. */
export function sizeLimitOf(service: string, operation: string): SizeLimit | undefined {
  const operations = Object.hasOwn(SIZE_LIMITS, service) ? SIZE_LIMITS[service] : undefined;
  return operations && Object.hasOwn(operations, operation) ? operations[operation] : undefined;
}
