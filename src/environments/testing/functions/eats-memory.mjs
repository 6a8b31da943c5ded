export async function handler() {
  const eaten = [];
  for (;;) eaten.push(Buffer.alloc(8 * 1024 * 1024, 1));
}
