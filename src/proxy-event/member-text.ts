/**
 * The text of one member of a JSON object, as it was written: what a runtime printed is passed on with its spaces. Linear
 * and without recursion, since functions may print megabytes of anything.
 */

/** `json` is a valid object. Undefined when it has no such member; of several the last counts, as for JSON.parse. */
export function memberText(json: string, name: string): string | undefined {
  let depth = 0;
  let key: string | undefined;
  let start: number | undefined;
  let found: string | undefined;
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at];
    if (char === '"') {
      const end = endOfString(json, at);
      if (depth === 1 && start === undefined) key = JSON.parse(json.slice(at, end + 1));
      at = end;
    } else if (char === ":") {
      if (depth === 1) start ??= at + 1;
    } else if (char === "," || char === "}" || char === "]") {
      if (depth === 1 && start !== undefined) {
        if (key === name) found = json.slice(start, at).trim();
        start = undefined;
      }
      if (char !== ",") depth -= 1;
    } else if (char === "{" || char === "[") depth += 1;
  }
  return found;
}

/** Where the string ends that begins at `start`: at a quote that an even number of backslashes precedes. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end < 0 ? json.length : end;
}

function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json[first - 1] === "\\") first -= 1;
  return (at - first) % 2 === 1;
}
