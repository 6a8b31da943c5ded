import { writeSync } from "node:fs";

export async function handler({ bytes, line }) {
  const chunk = Buffer.alloc(65536, line ? "y\n" : "y");
  for (let written = 0; written < bytes; written += chunk.length) writeAll(chunk);
  writeAll(Buffer.from("\nlast\n"));
  return bytes;
}

function writeAll(chunk) {
  for (let at = 0; at < chunk.length; ) {
    try {
      at += writeSync(1, chunk, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}
