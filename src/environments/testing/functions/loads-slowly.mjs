await new Promise((resolve) => setTimeout(resolve, Number(process.env.LOADS_MS)));

export async function handler({ exit }) {
  if (exit) process.exit(0);
  return "loaded";
}
