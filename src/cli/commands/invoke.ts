/** `lambent invoke NAME [PAYLOAD]`: runs a function once. Ends with 1 when the function failed. */
import { open } from "node:fs/promises";
import { UserError } from "../../base/index.ts";
import { lambdaAccess } from "../clients.ts";
import type { CommandContext } from "../command.ts";
import { clientConfig } from "../config.ts";
import { invokeFunction, showInvocation } from "../invocation.ts";
import { PAYLOAD_BYTES_MAX } from "../limits.ts";

export async function run({ args, terminal, env, signal }: CommandContext): Promise<number> {
  const config = clientConfig(args, env);
  const name = args.required("name");
  const payload = await readPayload(args.text("payload") ?? "{}");
  const qualifier = args.text("qualifier");
  const access = await lambdaAccess(config);
  try {
    const explain = args.flag("explain");
    if (args.flag("async")) {
      if (explain) {
        throw new UserError("explain-async", "--explain needs the answer, which --async does not wait for.", {
          nextStep: "leave one of them out",
        });
      }
      const { InvokeCommand } = access.sdk;
      const chosen = qualifier === undefined ? {} : { Qualifier: qualifier };
      const command = new InvokeCommand({ FunctionName: name, Payload: payload, InvocationType: "Event", ...chosen });
      const answer = await access.client.send(command, { abortSignal: signal });
      const requestId = answer.$metadata.requestId;
      if (terminal.json) terminal.data({ statusCode: answer.StatusCode, requestId });
      else terminal.print(`Accepted as ${requestId}`);
      terminal.note(`Next: lambent logs ${name} -f`);
      return 0;
    }
    const invocation = await invokeFunction(access, { name, payload, qualifier, explain }, signal);
    if (terminal.json) terminal.data(invocation);
    else showInvocation(invocation, terminal, name);
    return invocation.functionError === undefined ? 0 : 1;
  } finally {
    access.client.destroy();
  }
}

/** JSON as given, `@FILE`, or `-` for standard input. What is not JSON is refused here, where it can be said which. */
async function readPayload(given: string): Promise<Uint8Array> {
  const bytes =
    given === "-"
      ? await readAll(process.stdin)
      : given.startsWith("@")
        ? await readPath(given.slice(1))
        : Buffer.from(given);
  try {
    JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    const start = bytes.toString("utf8").slice(0, 60);
    throw new UserError("bad-payload", `The payload is not JSON: ${start}`, {
      nextStep: `quote it for the shell, for example '{"name": "world"}' or '"text"'`,
      cause: error,
    });
  }
  return bytes;
}

async function readPath(path: string): Promise<Buffer> {
  try {
    await using file = await open(path);
    return await readAll(file.createReadStream({ autoClose: false }));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code !== "ENOENT" && error.code !== "EISDIR") throw error;
    throw new UserError("no-payload-file", `There is no file ${path}.`, {
      nextStep: "check the path after @",
      cause: error,
    });
  }
}

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > PAYLOAD_BYTES_MAX) {
      throw new UserError("payload-too-large", `The payload is larger than ${PAYLOAD_BYTES_MAX} bytes.`, {
        nextStep: "AWS allows 6 MB: put the data somewhere and send its address",
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
