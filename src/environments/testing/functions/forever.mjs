export async function handler({ spin }) {
  console.log("starting");
  if (spin) for (;;);
  await new Promise(() => setInterval(() => undefined, 1000));
}
