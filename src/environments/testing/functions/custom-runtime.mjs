// A custom runtime: started by `bootstrap`, it speaks the Runtime API and answers with what the event asks for.
import { request } from "node:http";
import { connect } from "node:net";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
if (process.env.INIT_ERROR) {
  await call("POST", "init/error", '{"errorMessage":"no","errorType":"Runtime.Bad"}', {
    "Lambda-Runtime-Function-Error-Type": "Runtime.Bad",
  });
  process.exit(3);
}
console.log("custom runtime up");
for (;;) {
  const { headers, body } = await call("GET", "invocation/next");
  const id = headers["lambda-runtime-aws-request-id"];
  const event = JSON.parse(body);
  console.log(`handling ${event.do}`);
  if (event.do === "exit") process.exit(event.code);
  if (event.do === "error") {
    const error = '{"errorMessage":"asked for","errorType":"Function.Asked"}';
    await call("POST", `invocation/${id}/error`, error, { "Lambda-Runtime-Function-Error-Type": "Function.Asked" });
  } else if (event.do === "big") {
    const { status } = await call("POST", `invocation/${id}/response`, Buffer.alloc(event.bytes, "x"));
    console.log(`status ${status}`);
  } else if (event.do === "raw") {
    for (const said of event.says) console.log(`heard ${await raw(said.replaceAll("ID", id))}`);
    await call("POST", `invocation/${id}/response`, Buffer.from(event.then ?? "true", "latin1"));
  } else if (event.do === "crowd") {
    const held = Array.from({ length: event.connections }, () => connect(Number(port), host));
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    await call("POST", `invocation/${id}/response`, "true");
    for (const socket of held) socket.destroy();
  } else if (event.do === "flood") {
    console.log(`flood ended with ${await flood(`invocation/${id}/response`, event.bytes)}`);
  } else if (event.do === "linger") {
    await call("POST", `invocation/${id}/response`, "true");
    await new Promise((resolve) => setTimeout(resolve, event.ms));
  } else await call("POST", `invocation/${id}/response`, JSON.stringify({ event, headers, variables: process.env }));
}

function call(method, path, payload, headers = {}) {
  return new Promise((resolve, reject) => {
    const url = { host, port, method, path: `/2018-06-01/runtime/${path}` };
    const sent = request({ ...url, headers }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on("error", reject);
    sent.end(payload);
  });
}

/** Says `text` on a connection of its own, stops sending, and resolves with the first line that comes back. */
function raw(text) {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(Number(port), host, () => socket.end(text, "latin1"));
    socket.on("data", (data) => {
      heard += data;
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(heard.split("\r\n")[0]));
  });
}

/** Streams `bytes` bytes and resolves with the status that came. */
function flood(path, bytes) {
  return new Promise((resolve) => {
    const headers = { "Lambda-Runtime-Function-Response-Mode": "streaming" };
    const sent = request({ host, port, method: "POST", path: `/2018-06-01/runtime/${path}`, headers });
    sent.on("response", (response) => {
      response.resume();
      over = true;
      resolve(response.statusCode);
    });
    sent.on("error", (error) => resolve(error.code));
    const chunk = Buffer.alloc(1024 * 1024);
    let over = false;
    const more = () => {
      for (let ready = true; ready && bytes > 0 && !over; bytes -= chunk.length) ready = sent.write(chunk);
      if (bytes <= 0 || over) sent.end();
      else sent.once("drain", more);
    };
    more();
  });
}
