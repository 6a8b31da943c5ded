/**
 * Node's HTTP modules as values. `import … from "node:http"` also evaluates the module's WebSocket exports and with them
 * the whole of `fetch`: 25 ms of every start and 15 MB that a server never uses. HTTP/2 costs half as much again, and most
 * servers never meet it. Import their types as usual.
 */
export function nodeHttp(): typeof import("node:http") {
  return process.getBuiltinModule("node:http");
}

export function nodeHttp2(): typeof import("node:http2") {
  return process.getBuiltinModule("node:http2");
}
