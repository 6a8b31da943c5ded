/** The baseline of every warm figure: what node:http itself needs to answer hello, in a process of its own. */
import { createServer } from "node:http";

const body = JSON.stringify("hello");
const server = createServer((incoming, outgoing) => {
  incoming.resume();
  incoming.on("end", () => {
    outgoing.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    outgoing.end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
