/**
 * What sandboxes may reach: an nftables table per server, replaced and removed as a whole. Out to other machines and
 * containers: yes, masqueraded. To the host itself, to other sandboxes, to link-local addresses (cloud metadata lives
 * there) and to well-known metadata addresses outside of them: no. In: nothing but answers.
 */
import { UserError } from "../../base/index.ts";
import { runHelper } from "../helper.ts";
import { isDeadInstance } from "../instance.ts";

/** Every sandbox of every Lambent server on this host has a device that begins so. */
const ANY_SANDBOX = "lb*";
const SANDBOX_ADDRESSES = "169.254.128.0/17";
const FORBIDDEN = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "100.100.100.200", "168.63.129.16"];

/** The table of one server as text for `nft -f -`. `alsoForbidden`: addresses of the host that are not local where it applies. */
export function firewallRules(instance: string, devicePrefix: string, alsoForbidden: readonly string[] = []): string {
  const forbidden = `{ ${[...FORBIDDEN, ...alsoForbidden.filter(isOutsideRanges)].join(", ")} }`;
  const own = `"${devicePrefix}*"`;
  const table = `inet ${tableName(instance)}`;
  return `table ${table} {}
delete table ${table}
table ${table} {
  chain input {
    type filter hook input priority -10; policy accept;
    iifname ${own} drop
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    oifname ${own} ct state established,related accept
    oifname ${own} drop
    iifname ${own} oifname "${ANY_SANDBOX}" drop
    iifname ${own} meta nfproto ipv6 drop
    iifname ${own} ip saddr != ${SANDBOX_ADDRESSES} drop
    iifname ${own} ip daddr ${forbidden} drop
  }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    ip saddr ${SANDBOX_ADDRESSES} masquerade
  }
}
`;
}

/**
 * `place`: a network namespace (descriptor) that stands in for the host's, and the host's addresses, which are not local
 * there.
 */
export async function applyFirewall(
  instance: string,
  devicePrefix: string,
  place?: { readonly namespace: number; readonly forbidden: readonly string[] },
): Promise<void> {
  const rules = firewallRules(instance, devicePrefix, place?.forbidden);
  const nft = ["nft", "-f", "-"];
  const enter = place === undefined ? [] : ["nsenter", `--net=/proc/${process.pid}/fd/${place.namespace}`];
  const [program = "", ...args] = [...enter, ...nft];
  const { code, output } = await runHelper(program, args, rules);
  if (code !== 0) throw new UserError("sandbox-firewall-failed", `nft refused the rules for sandboxes: ${output}`);
}

export async function removeFirewall(instance: string): Promise<void> {
  await runHelper("nft", ["delete", "table", "inet", tableName(instance)]);
}

/** Removes the tables of servers that run no more. Returns how many. */
export async function reapFirewalls(): Promise<number> {
  const { code, output } = await runHelper("nft", ["list", "tables"]);
  if (code !== 0) return 0;
  const dead = [...output.matchAll(/^table inet lambent_(\w+)$/gm)].map(([, name = ""]) => name).filter(isDeadInstance);
  for (const instance of dead) await removeFirewall(instance);
  return dead.length;
}

/** nft refuses a set whose ranges overlap. */
function isOutsideRanges(address: string): boolean {
  const [first = 0, second = 0] = address.split(".").map(Number);
  return (
    first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254) && !FORBIDDEN.includes(address)
  );
}

function tableName(instance: string): string {
  return `lambent_${instance}`;
}
