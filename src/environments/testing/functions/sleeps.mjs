export async function handler({ ms }) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return process.pid;
}
