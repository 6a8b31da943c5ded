/**
 * A bootstrap as small as one can be. A function of this "language" is a text file, its handler is the file's name, and its
 * answer is the text with {member} replaced by the event's members. Frames: src/runtimes/frames.ts.
 */
import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

const [INIT, INVOKE, WAITING, INIT_DONE, INIT_ERROR, RESPONSE, ERROR, LOG] = [1, 2, 16, 17, 18, 19, 20, 24];

const channel = new Socket({ fd: 3 });
let received = Buffer.alloc(0);
let template = "";

channel.on("data", (chunk) => {
  received = Buffer.concat([received, chunk]);
  while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
    const end = 4 + received.readUInt32BE(0);
    const bodyStart = 9 + received.readUInt32BE(5);
    take(received[4], JSON.parse(received.subarray(9, bodyStart)), received.subarray(bodyStart, end));
    received = received.subarray(end);
  }
});
// The host is gone, and with it the reason to run.
channel.on("end", () => process.exit(1));
send(WAITING, {});

function take(type, header, body) {
  if (type === INIT) init(header);
  if (type === INVOKE) invoke(header, body);
}

function init({ handler, taskRoot, variables }) {
  Object.assign(process.env, variables);
  try {
    template = readFileSync(join(taskRoot, handler), "utf8").trimEnd();
    send(INIT_DONE, {});
  } catch (error) {
    const errorType = "Runtime.ImportModuleError";
    send(INIT_ERROR, { errorType }, JSON.stringify({ errorType, errorMessage: error.message }));
    channel.end(() => process.exit(1));
  }
}

function invoke({ requestId }, body) {
  try {
    const event = JSON.parse(body);
    send(LOG, { timeMs: Date.now() }, `members: ${Object.keys(event).join(", ")}`);
    const text = template.replace(/\{(\w+)\}/g, (_, name) => member(event, name));
    send(RESPONSE, { requestId }, JSON.stringify(text));
  } catch (error) {
    send(
      ERROR,
      { requestId, errorType: error.name },
      JSON.stringify({ errorType: error.name, errorMessage: error.message }),
    );
  }
}

function member(event, name) {
  if (!Object.hasOwn(event, name)) throw new RangeError(`the event has no member ${name}`);
  return String(event[name]);
}

function send(type, header, body = "") {
  const head = Buffer.from(JSON.stringify(header));
  const frame = Buffer.concat([Buffer.alloc(9), head, Buffer.from(body)]);
  frame.writeUInt32BE(frame.length - 4, 0);
  frame.writeUInt8(type, 4);
  frame.writeUInt32BE(head.length, 5);
  channel.write(frame);
}
