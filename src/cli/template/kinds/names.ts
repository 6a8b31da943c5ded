/** A function's name and qualifier in whatever a template calls it by: name, name:qualifier, partial or whole ARN. */

export function baseName(given: string): string {
  const parts = given.split(":");
  const at = parts.indexOf("function");
  return at < 0 ? (parts[0] ?? given) : (parts[at + 1] ?? given);
}

export function qualifierOf(given: string): string | undefined {
  const parts = given.split(":");
  const at = parts.indexOf("function");
  return at < 0 ? parts[1] : parts[at + 2];
}
