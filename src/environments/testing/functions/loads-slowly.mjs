await new Promise((resolve) => setTimeout(resolve, Number(process.env.LOADS_MS)));

export async function handler() {
  return "loaded";
}
