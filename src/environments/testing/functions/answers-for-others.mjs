import { writeSync } from "node:fs";

const RESPONSE = 19;
let former = "00000000-0000-4000-8000-000000000000";

export async function handler(_event, { awsRequestId }) {
  answer(former, '"forged"');
  former = awsRequestId;
  setTimeout(() => {
    answer(awsRequestId, '"late"');
    writeSync(1, "late answer sent\n");
  }, 5);
  return "true";
}

function answer(requestId, body) {
  const header = Buffer.from(JSON.stringify({ requestId }));
  const head = Buffer.alloc(9);
  head.writeUInt32BE(5 + header.length + body.length, 0);
  head.writeUInt8(RESPONSE, 4);
  head.writeUInt32BE(header.length, 5);
  writeSync(3, Buffer.concat([head, header, Buffer.from(body)]));
}
