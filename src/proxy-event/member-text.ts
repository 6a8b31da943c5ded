/** The text of one member of a JSON object, as it was written: what a runtime printed is passed on with its spaces. */

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** `json` is a valid object. Undefined when it has no such member; of several the last counts, as for JSON.parse. */
export function memberText(json: string, name: string): string | undefined {
  let depth = 0;
  let key: string | undefined;
  let start: number | undefined;
  let found: string | undefined;
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    const closes = token === "}" || token === "]";
    if (depth === 1 && start !== undefined && (token === "," || closes)) {
      if (key === name) found = json.slice(start, index).trim();
      start = undefined;
    } else if (depth === 1 && start === undefined) {
      if (token === ":") start = index + 1;
      else if (token.startsWith('"')) key = JSON.parse(token);
    }
    if (token === "{" || token === "[") depth += 1;
    else if (closes) depth -= 1;
  }
  return found;
}
