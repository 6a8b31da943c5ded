export const handler = awslambda.streamifyResponse(async ({ chunks, bytes, fails }, stream) => {
  stream.setContentType("text/plain");
  for (let index = 0; index < chunks; index += 1) {
    if (!stream.write(`${index}`.repeat(bytes))) await new Promise((resolve) => stream.once("drain", resolve));
  }
  if (fails) throw new Error("midway");
  stream.end();
});
