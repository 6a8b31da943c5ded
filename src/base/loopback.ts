/** Whether only this machine reaches an address. Who may call a server without isolation depends on it, so it is said once. */
import { isIPv4 } from "node:net";

/** Of a name, only `localhost` is: any other may lead anywhere, whatever it begins with. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^::ffff:/i, "");
  return host === "localhost" || host === "::1" || (address.startsWith("127.") && isIPv4(address));
}
