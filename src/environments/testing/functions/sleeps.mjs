const environment = Math.random();

export async function handler({ ms }) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return environment;
}
