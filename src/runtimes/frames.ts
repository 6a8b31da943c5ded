/**
 * The framed channel between an environment and Lambent's own bootstraps, on file descriptor 3 of the first process.
 *
 *   frame   = length:u32 type:u8 headerLength:u32 header:JSON body:bytes      (big-endian; length counts all after itself)
 *
 *   host → bootstrap
 *     1 INIT          {handler, taskRoot, variables?}  once, to a waiting process: set variables, import the handler; without
 *                     variables the process was started with them, and what a wrapper made of them counts
 *     2 INVOKE        {requestId, deadlineMs, invokedFunctionArn, traceId, clientContext?, cognitoIdentity?, tenantId?}
 *                     clientContext and cognitoIdentity are JSON texts; body: the event
 *   bootstrap → host
 *     16 WAITING      {}                       up, nothing of the function loaded yet
 *     17 INIT_DONE    {}
 *     18 INIT_ERROR   {errorType}              body: AWS's error JSON; the process then exits 1
 *     19 RESPONSE     {requestId}              body: the function's output; the environment is free again
 *     20 ERROR        {requestId, errorType}   body: AWS's error JSON; the environment is free again
 *     21 STREAM_START {requestId, contentType}
 *     22 STREAM_CHUNK {requestId}              body: bytes
 *     23 STREAM_END   {requestId, errorType?, errorBody?, working?}   ends the response; the environment is free again,
 *                     or, when the handler is still working, with the DONE that follows
 *     24 LOG          {timeMs, level?, json?}  body: one log event's text, without a trailing newline
 *     25 DONE         {requestId}              the handler has worked on after its stream, and the environment is free again
 *     26 EXTENSION_EXIT {index, status}        from the shell around an extension (extension-line.ts)
 *
 * One write per invocation and one per response. Bootstraps cut bodies that could not fit at BODY_BYTES_MAX, which is more
 * than AWS's limit, so that the host sees that it was exceeded; streams are split instead. A frame longer than MAX_FRAME_BYTES or of unknown type ends the
 * environment: the other side is hostile code. requestId is checked: an answer to another invocation is dropped.
 */
export const FrameType = {
  init: 1,
  invoke: 2,
  waiting: 16,
  initDone: 17,
  initError: 18,
  response: 19,
  error: 20,
  streamStart: 21,
  streamChunk: 22,
  streamEnd: 23,
  log: 24,
  done: 25,
  extensionExit: 26,
} as const;

export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** Where bootstraps cut a body (each has the number written out). */
export const BODY_BYTES_MAX: number = 7 * 1024 * 1024;

/** Headers are parsed at once, while everybody waits. The longest hold the JSON of an error that ends a stream. */
export const HEADER_BYTES_MAX: number = 1024 * 1024;

/** 6 MiB + 100 bytes of payload is AWS's limit; the rest is room for headers and for seeing that it was exceeded. */
export const MAX_FRAME_BYTES: number = 8 * 1024 * 1024;
