export async function handler({ bytes }) {
  return "x".repeat(bytes - 2);
}
