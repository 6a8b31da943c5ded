// A custom runtime: started by `bootstrap`, it speaks the Runtime API and answers with what the event asks for.
import { request } from "node:http";

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
