const waitMs = Number(process.env.LOADS_FROM) - Date.now();
if (waitMs > 0) {
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  if (process.env.LOADS_HOW === "exit") process.exit(7);
  throw new Error("too early");
}

export async function handler() {
  return "loaded";
}
