/** Every command of `lambent`, as data. Help, argument checking, suggestions and completion come from this table alone. */
import type { Command, Option } from "./command.ts";

/** Options of every command that talks to a server. */
const clientOptions: Readonly<Record<string, Option>> = {
  endpoint: {
    type: "string",
    value: "URL",
    description: "The server (default: $LAMBENT_ENDPOINT, $AWS_ENDPOINT_URL or http://localhost:4566)",
  },
  region: { type: "string", value: "REGION", description: "AWS region (default: $AWS_REGION or us-east-1)" },
};

/** Options of every command that runs a server. */
const serverOptions: Readonly<Record<string, Option>> = {
  driver: {
    type: "string",
    value: "NAME",
    description: "Isolation: auto, process, or an OCI runtime (crun, runc, runsc, kata)",
  },
  expose: {
    type: "list",
    value: "PORT",
    description: "A port of this machine that functions reach at their localhost (repeatable)",
  },
  "file-system": {
    type: "list",
    value: "ARN=FOLDER",
    description: "A folder that stands for an access point of EFS or S3 Files (default: one in the data folder)",
  },
  "image-folder": {
    type: "list",
    value: "FOLDER",
    description: "A folder whose container images functions may be made of: layouts and saved archives (repeatable)",
  },
  "image-registry": {
    type: "list",
    value: "HOST",
    description: "A registry that container images may be pulled from, like public.ecr.aws (repeatable)",
  },
  "strict-runtimes": {
    type: "boolean",
    description: "Refuse a runtime whose exact version is missing instead of taking the nearest",
  },
  "no-spares": {
    type: "boolean",
    description: "Make no sandbox ahead of need: takes less memory, and cold starts take longer",
  },
  "service-endpoint": {
    type: "list",
    value: "SERVICE=URL",
    description: "Where destinations in sqs, sns, events or s3 are (repeatable; also $LAMBENT_SERVICE_ENDPOINTS)",
  },
  "account-concurrency": {
    type: "number",
    value: "N",
    description: "Concurrent executions per account and region (default: 1000)",
  },
  quota: {
    type: "list",
    value: "NAME=VALUE",
    description: "A quota of Lambda, for example code-storage-bytes=1000000 (repeatable; lambent status lists them)",
  },
  auth: {
    type: "string",
    value: "MODE",
    choices: ["off", "audit", "enforce"],
    description: "Who may do what: off (everybody everything), audit (log what AWS would refuse), enforce",
  },
  "url-base": {
    type: "string",
    value: "URL",
    description: "Scheme and domain of function URLs behind a proxy, for example https://fn.example.com",
  },
  "log-level": {
    type: "string",
    value: "LEVEL",
    choices: ["debug", "info", "warn", "error"],
    description: "How much the server says on standard error (default: warn)",
  },
};

const functionName = { name: "name", description: "Function name or ARN, with :qualifier if wanted", required: true };

export const commands: readonly Command[] = [
  {
    name: "up",
    summary: "Start the server and keep it running until Ctrl-C",
    positionals: [],
    options: {
      port: { type: "number", alias: "p", value: "PORT", description: "Port, 0 for a free one (default: 4566)" },
      host: { type: "string", value: "ADDRESS", description: "Address to listen on (default: 127.0.0.1)" },
      data: {
        type: "string",
        alias: "d",
        value: "FOLDER",
        description: "Where everything is kept (default: $LAMBENT_HOME or .lambent/)",
      },
      ephemeral: { type: "boolean", description: "Keep everything in a temporary folder that is removed at the end" },
      "allow-unauthenticated": { type: "boolean", description: "Allow an address that other machines reach" },
      ...serverOptions,
    },
    examples: [
      { line: "lambent up", meaning: "http://localhost:4566, data in .lambent/" },
      { line: "lambent up --port 0 --ephemeral", meaning: "a free port, nothing kept" },
      { line: "lambent up --expose 5432", meaning: "functions reach this machine's PostgreSQL at localhost:5432" },
    ],
    load: () => import("./commands/up.ts"),
  },
  {
    name: "deploy",
    summary: "Deploy a function from a folder or zip, or a SAM template",
    positionals: [
      { name: "source", description: "Folder with the code, a .zip, or a template (.yaml, .json)", required: true },
    ],
    options: {
      name: { type: "string", alias: "n", value: "NAME", description: "Function name (default: the folder's)" },
      runtime: {
        type: "string",
        alias: "r",
        value: "RUNTIME",
        description: "For example nodejs24.x (default: guessed from the files)",
      },
      handler: {
        type: "string",
        value: "HANDLER",
        description: "For example index.handler (default: guessed from the files)",
      },
      memory: { type: "number", alias: "m", value: "MB", description: "Memory, 128 to 10240 MB" },
      timeout: { type: "number", alias: "t", value: "SECONDS", description: "Time limit, 1 to 900 seconds" },
      env: {
        type: "list",
        alias: "e",
        value: "KEY=VALUE",
        description: "A variable (repeatable; replaces all earlier ones)",
      },
      role: { type: "string", value: "ARN", description: "Execution role (default: one that exists by name only)" },
      layer: { type: "list", value: "ARN", description: "A layer version, in order (repeatable)" },
      url: { type: "boolean", description: "Give it a URL that everybody who reaches the server may call" },
      stream: { type: "boolean", description: "With --url: send answers as they are written" },
      watch: {
        type: "boolean",
        alias: "w",
        description: "Run the folder itself: a saved change is live at once; follows the log",
      },
      stack: { type: "string", value: "NAME", description: "Of a template: the stack (default: its folder's name)" },
      parameter: { type: "list", value: "KEY=VALUE", description: "Of a template: a parameter (repeatable)" },
      "dry-run": { type: "boolean", description: "Of a template: show the changes and make none" },
      strict: { type: "boolean", description: "Of a template: refuse one of which not all can be deployed" },
      yes: { type: "boolean", alias: "y", description: "Of a template: do not ask" },
      ...clientOptions,
    },
    examples: [
      { line: "lambent deploy hello", meaning: "the folder hello/ as function hello" },
      { line: "lambent deploy . --name api --memory 512 -e STAGE=dev", meaning: "with settings" },
      { line: "lambent deploy hello --url", meaning: "with a URL for browsers" },
      { line: "lambent deploy hello --watch", meaning: "every saved change is live" },
      { line: "lambent deploy template.yaml --dry-run", meaning: "what a SAM template would change" },
    ],
    load: () => import("./commands/deploy.ts"),
  },
  {
    name: "invoke",
    summary: "Run a function and show result, log and timing",
    positionals: [
      functionName,
      { name: "payload", description: "JSON, @FILE, or - for standard input (default: {})", required: false },
    ],
    options: {
      async: { type: "boolean", description: "Queue the event and return at once" },
      explain: { type: "boolean", description: "Show where every millisecond went" },
      qualifier: { type: "string", alias: "q", value: "VERSION", description: "Version or alias" },
      ...clientOptions,
    },
    examples: [
      { line: `lambent invoke hello '{"name": "world"}'`, meaning: "an event as JSON" },
      { line: "lambent invoke hello @event.json", meaning: "from a file" },
      { line: "cat event.json | lambent invoke hello -", meaning: "from standard input" },
    ],
    load: () => import("./commands/invoke.ts"),
  },
  {
    name: "logs",
    summary: "Show a function's log",
    positionals: [functionName],
    options: {
      follow: { type: "boolean", alias: "f", description: "Go on as lines arrive, until Ctrl-C" },
      since: {
        type: "string",
        alias: "s",
        value: "AGE",
        description: "How far back: 30s, 10m, 2h, 1d or an ISO time (default: 10m)",
      },
      filter: { type: "string", value: "PATTERN", description: "CloudWatch Logs filter pattern" },
      ...clientOptions,
    },
    examples: [
      { line: "lambent logs hello -f", meaning: "follow" },
      { line: "lambent logs hello --since 2h --filter ERROR", meaning: "search" },
    ],
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "ls",
    summary: "List functions",
    positionals: [],
    options: clientOptions,
    examples: [{ line: "lambent ls --json", meaning: "for scripts" }],
    load: () => import("./commands/ls.ts"),
  },
  {
    name: "rm",
    summary: "Delete a function",
    positionals: [functionName],
    options: { yes: { type: "boolean", alias: "y", description: "Do not ask" }, ...clientOptions },
    examples: [{ line: "lambent rm hello --yes", meaning: "in a script" }],
    load: () => import("./commands/rm.ts"),
  },
  {
    name: "delete",
    summary: "Delete all that a template has made",
    positionals: [{ name: "stack", description: "The stack's name", required: true }],
    options: {
      "dry-run": { type: "boolean", description: "Show what would be removed, and remove nothing" },
      yes: { type: "boolean", alias: "y", description: "Do not ask" },
      ...clientOptions,
    },
    examples: [{ line: "lambent delete shop --yes", meaning: "in a script" }],
    load: () => import("./commands/delete.ts"),
  },
  {
    name: "sign",
    summary: "Sign a deployment package with a signing profile",
    positionals: [{ name: "file", description: "The zip to sign", required: true }],
    options: {
      profile: { type: "string", value: "NAME", description: "The signing profile" },
      out: {
        type: "string",
        alias: "o",
        value: "FILE",
        description: "Where the signed zip goes (default: FILE-signed.zip)",
      },
      ...clientOptions,
    },
    examples: [
      { line: "lambent sign build.zip --profile release", meaning: "for functions that take signed code only" },
    ],
    load: () => import("./commands/sign.ts"),
  },
  {
    name: "audit",
    summary: "List what AWS would refuse, and policies that allow it",
    positionals: [],
    options: clientOptions,
    examples: [
      { line: "lambent audit", meaning: "what a server with --auth=audit has seen since its start" },
      { line: "lambent audit --json", meaning: "for scripts" },
    ],
    load: () => import("./commands/audit.ts"),
  },
  {
    name: "credentials",
    summary: "Show the root user's keys of a server that authenticates, for AWS clients",
    positionals: [],
    options: {
      account: { type: "string", value: "ACCOUNT", description: "12 digits (default: 000000000000)" },
      data: {
        type: "string",
        alias: "d",
        value: "FOLDER",
        description: "The server's data folder (default: $LAMBENT_HOME or .lambent/)",
      },
    },
    examples: [
      { line: "lambent credentials", meaning: "as a profile for ~/.aws/credentials" },
      { line: "lambent credentials --account 111122223333", meaning: "of another account" },
    ],
    load: () => import("./commands/credentials.ts"),
  },
  {
    name: "status",
    summary: "Show the server, its isolation, environments and functions",
    positionals: [],
    options: clientOptions,
    examples: [{ line: "lambent status", meaning: "what runs now" }],
    load: () => import("./commands/status.ts"),
  },
  {
    name: "doctor",
    summary: "Check this machine and say how to mend what is missing",
    positionals: [],
    options: {
      driver: { type: "string", value: "NAME", description: "Check with this isolation driver (default: auto)" },
    },
    examples: [{ line: "lambent doctor", meaning: "works without a server" }],
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "exec",
    summary: "Run a command against a fresh server that lives as long as the command",
    positionals: [],
    takesCommand: true,
    options: serverOptions,
    examples: [
      { line: "lambent exec -- npm test", meaning: "for CI: AWS_ENDPOINT_URL and credentials are set" },
      { line: "lambent exec -- aws lambda list-functions", meaning: "any AWS client" },
    ],
    load: () => import("./commands/exec.ts"),
  },
  {
    name: "demo",
    summary: "Start a server, deploy an example function and invoke it on real input",
    positionals: [],
    options: {
      once: { type: "boolean", description: "End after the result instead of keeping the server" },
      ...serverOptions,
    },
    examples: [{ line: "lambent demo --once", meaning: "show and end" }],
    load: () => import("./commands/demo.ts"),
  },
  {
    name: "completion",
    summary: "Print a completion script for your shell",
    positionals: [{ name: "shell", description: "bash, zsh or fish", required: true }],
    options: {},
    examples: [
      { line: "lambent completion bash >> ~/.bashrc", meaning: "bash" },
      { line: "lambent completion fish > ~/.config/fish/completions/lambent.fish", meaning: "fish" },
    ],
    load: () => import("./commands/completion.ts"),
  },
];
