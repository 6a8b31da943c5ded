export async function handler({ lines }) {
  for (let line = 0; line < lines; line += 1) console.log("chatter");
  return lines;
}
