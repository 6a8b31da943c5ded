export async function handler({ code, signal, ms }) {
  console.log("last words");
  if (ms !== undefined) setTimeout(() => process.exit(code), ms);
  else if (signal !== undefined) process.kill(process.pid, signal);
  else process.exit(code);
  return ms === undefined ? new Promise(() => setInterval(() => undefined, 1000)) : "soon";
}
