/**
 * Functions that fail, and what AWS answers: rows of runtime, source, settings and payload. `ID` stands for the request
 * id. Stack traces are the runtime's own and are compared where AWS's text does not depend on its files.
 */

export interface FailingFunction {
  readonly when: string;
  readonly runtime: string;
  readonly source: string;
  readonly handler?: string;
  readonly settings?: object;
  /** Members of the payload; a trace is left out where it names the runtime's own files. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The payload has exactly the members of `payload` and this one. */
  readonly trace?: "trace" | "stackTrace";
  /** `Status` and `Error Type` of REPORT: failures that the platform or an init found. */
  readonly report?: string;
  /** The failure comes while the function is loaded. */
  readonly init?: boolean;
}

const NODE = "nodejs22.x";
const NODE_24 = "nodejs24.x";
const PYTHON = "python3.13";
const EXITED = "RequestId: ID Error: Runtime exited";
const exitError = (how: string): Readonly<Record<string, unknown>> => ({
  errorType: "Runtime.ExitError",
  errorMessage: `${EXITED} ${how}`,
});
const EXIT_REPORT = "Status: error\tError Type: Runtime.ExitError";
const initReport = (type: string): { readonly report: string; readonly init: true } => ({
  report: `Status: error\tError Type: ${type}`,
  init: true,
});
const python = (errorType: string, errorMessage: string, requestId: string): Readonly<Record<string, unknown>> => ({
  errorMessage,
  errorType,
  requestId,
});

export const FAILING: readonly FailingFunction[] = [
  {
    when: "Node.js throws",
    runtime: NODE_24,
    source: "exports.handler = async () => { throw new TypeError('bad'); };",
    payload: { errorType: "TypeError", errorMessage: "bad" },
    trace: "trace",
  },
  {
    when: "Node.js throws a text",
    runtime: NODE,
    source: "exports.handler = async () => { throw 'text'; };",
    payload: { errorType: "string", errorMessage: "text", trace: [] },
  },
  {
    when: "Node.js misses a module",
    runtime: NODE,
    source: "require('nothing');",
    payload: {
      errorType: "Runtime.ImportModuleError",
      errorMessage:
        "Error: Cannot find module 'nothing'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs",
    },
    trace: "trace",
    ...initReport("Runtime.ImportModuleError"),
  },
  {
    when: "Node.js misses the handler's file",
    runtime: NODE,
    source: "",
    handler: "other.handler",
    payload: {
      errorType: "Runtime.ImportModuleError",
      errorMessage: "Error: Cannot find module 'other'\nRequire stack:\n- /var/runtime/index.mjs",
    },
    trace: "trace",
    ...initReport("Runtime.ImportModuleError"),
  },
  {
    when: "Node.js misses the handler",
    runtime: NODE,
    source: "exports.other = 1;",
    payload: { errorType: "Runtime.HandlerNotFound", errorMessage: "index.handler is undefined or not exported" },
    trace: "trace",
    ...initReport("Runtime.HandlerNotFound"),
  },
  {
    when: "Node.js has no dot in the handler",
    runtime: NODE,
    source: "",
    handler: "index",
    payload: { errorType: "Runtime.MalformedHandlerName", errorMessage: "Bad handler" },
    trace: "trace",
    ...initReport("Runtime.MalformedHandlerName"),
  },
  {
    when: "Node.js cannot parse the code",
    runtime: NODE,
    source: "exports.handler = async ( => 1",
    payload: { errorType: "Runtime.UserCodeSyntaxError", errorMessage: "SyntaxError: Unexpected token '=>'" },
    trace: "trace",
    ...initReport("Runtime.UserCodeSyntaxError"),
  },
  {
    when: "Node.js throws while it loads",
    runtime: NODE,
    source: "throw new Error('init');",
    payload: { errorType: "Error", errorMessage: "init" },
    trace: "trace",
    ...initReport("Runtime.Unknown"),
  },
  {
    when: "Node.js leaves a rejection to nobody",
    runtime: NODE,
    source:
      "exports.handler = async () => { Promise.reject(new Error('lost')); await new Promise(() => setTimeout(() => {}, 9e3)); };",
    payload: { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: "Error: lost" },
    trace: "trace",
  },
  {
    when: "Node.js answers what JSON has not",
    runtime: NODE_24,
    source: "exports.handler = async () => 1n;",
    payload: { errorType: "Runtime.JSONStringifyError", errorMessage: "Unable to stringify response body" },
    trace: "trace",
  },
  {
    when: "Node.js 24 gets a handler with a callback",
    runtime: NODE_24,
    source: "exports.handler = (event, context, callback) => callback(null, 1);",
    payload: {
      errorType: "Runtime.CallbackHandlerDeprecated",
      errorMessage:
        "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
    },
    trace: "trace",
    ...initReport("Runtime.CallbackHandlerDeprecated"),
  },
  {
    when: "the process exits with 0",
    runtime: NODE,
    source: "exports.handler = async () => process.exit(0);",
    payload: exitError("without providing a reason"),
    report: EXIT_REPORT,
  },
  {
    when: "the process exits with 3",
    runtime: NODE,
    source: "exports.handler = async () => process.exit(3);",
    payload: exitError("with error: exit status 3"),
    report: EXIT_REPORT,
  },
  {
    when: "the process is killed",
    runtime: NODE,
    source: "exports.handler = async () => process.kill(process.pid, 'SIGKILL') && new Promise(() => {});",
    payload: exitError("with error: signal: killed"),
    report: EXIT_REPORT,
  },
  {
    when: "the process exits while it loads",
    runtime: NODE,
    source: "process.exit(0);",
    payload: exitError("without providing a reason"),
    ...initReport("Runtime.ExitError"),
  },
  {
    when: "Node.js runs out of time",
    runtime: NODE,
    source: "exports.handler = () => new Promise(() => setInterval(() => {}, 1000));",
    settings: { Timeout: 1 },
    payload: {
      errorType: "Sandbox.Timedout",
      errorMessage: "RequestId: ID Error: Task timed out after 1.00 seconds",
    },
    report: "Status: timeout",
  },
  {
    when: "the answer is too large",
    runtime: NODE,
    source: "exports.handler = async () => 'x'.repeat(6291555);",
    payload: {
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
      errorType: "Function.ResponseSizeTooLarge",
    },
  },
  {
    when: "Python raises",
    runtime: PYTHON,
    source: "def handler(event, context):\n    raise Exception('Handler fails')\n",
    payload: {
      ...python("Exception", "Handler fails", "ID"),
      stackTrace: ["  File \"/var/task/index.py\", line 2, in handler\n    raise Exception('Handler fails')\n"],
    },
  },
  {
    when: "Python misses a module",
    runtime: PYTHON,
    source: "import nothing_here\n",
    payload: {
      ...python("Runtime.ImportModuleError", "Unable to import module 'index': No module named 'nothing_here'", ""),
      stackTrace: [],
    },
    ...initReport("Runtime.ImportModuleError"),
  },
  {
    when: "Python misses the handler",
    runtime: PYTHON,
    source: "other = 1\n",
    payload: {
      ...python("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'", ""),
      stackTrace: [],
    },
    ...initReport("Runtime.HandlerNotFound"),
  },
  {
    when: "Python has no dot in the handler",
    runtime: PYTHON,
    source: "",
    handler: "index",
    payload: {
      ...python(
        "Runtime.MalformedHandlerName",
        "Bad handler 'index': not enough values to unpack (expected 2, got 1)",
        "",
      ),
      stackTrace: [],
    },
    ...initReport("Runtime.MalformedHandlerName"),
  },
  {
    when: "Python raises while it loads",
    runtime: PYTHON,
    source: "raise ValueError('init')\n",
    payload: python("ValueError", "init", ""),
    trace: "stackTrace",
    ...initReport("Runtime.Unknown"),
  },
  {
    when: "Python answers what JSON has not",
    runtime: PYTHON,
    source: "def handler(event, context):\n    return {1, 2}\n",
    payload: {
      ...python(
        "Runtime.MarshalError",
        "Unable to marshal response: Object of type set is not JSON serializable",
        "ID",
      ),
      stackTrace: [],
    },
  },
  {
    when: "Python exits",
    runtime: PYTHON,
    source: "import sys\ndef handler(event, context):\n    sys.exit(4)\n",
    payload: exitError("with error: exit status 4"),
    report: EXIT_REPORT,
  },
  {
    when: "a wrapper is missing",
    runtime: PYTHON,
    source: "def handler(event, context):\n    return 1\n",
    settings: { Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/none" } } },
    payload: exitError("with error: exit status 127"),
    ...initReport("Runtime.ExitError"),
  },
  {
    when: "a custom runtime has nothing to run",
    runtime: "provided.al2023",
    source: "",
    payload: {
      errorType: "Runtime.InvalidEntrypoint",
      errorMessage: "RequestId: ID Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
    },
    ...initReport("Runtime.InvalidEntrypoint"),
  },
];
