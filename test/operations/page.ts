/** docs/operations.md and the README's table of what has no effect, as texts. What is in them comes from the sources alone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SETTINGS_WITHOUT_EFFECT } from "../../src/lambda/index.ts";
import { listFiles, readSources } from "../../tools/sources.ts";
import { refusalsByOperation } from "./refusal-rows.ts";
import { readServices, type ServiceOperations } from "./services.ts";
import { testsByOperation } from "./test-files.ts";

const ROOT: string = join(import.meta.dirname, "../..");
const BEGIN = "<!-- without effect: made by test/operations/main.ts -->";
const END = "<!-- end -->";

export interface Page {
  readonly path: string;
  readonly current: string;
  readonly made: string;
}

/** Each page as it is and as it should be. */
export async function makePages(): Promise<readonly Page[]> {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const operations = join(ROOT, "docs/operations.md");
  return [
    { path: operations, current: readOr(operations, ""), made: await operationsPage() },
    { path: join(ROOT, "README.md"), current: readme, made: withTable(readme) },
  ];
}

export interface OperationRow {
  readonly name: string;
  readonly isHandled: boolean;
  readonly tests: readonly string[];
  readonly refusals: readonly string[];
}

export interface ServiceRows {
  readonly title: string;
  readonly rows: readonly OperationRow[];
}

export async function operationRows(): Promise<readonly ServiceRows[]> {
  const services = await readServices();
  const paths = listFiles(ROOT).filter(isTest);
  const files = readSources(ROOT, paths).map((file) => ({
    path: file.path,
    text: file.text,
    programs: programsOf(file.text),
  }));
  return Promise.all(
    services.map(async (service) => {
      const tests = testsByOperation(service, files);
      const refusals = await refusalsOf(service);
      const rows = service.operations.map(({ name }) => ({
        name,
        isHandled: service.handled.has(name),
        tests: tests.get(name) ?? [],
        refusals: refusals.get(name) ?? [],
      }));
      return { title: service.title, rows };
    }),
  );
}

function refusalsOf(service: ServiceOperations): Promise<ReadonlyMap<string, readonly string[]>> {
  return service.title === "Lambda" ? refusalsByOperation(service.operations) : Promise.resolve(new Map());
}

/** The Python programs that a test names, as texts. */
function programsOf(test: string): readonly string[] {
  const names = [...test.matchAll(/"(\w+\.py)"/g)].map(([, name = ""]) => join(ROOT, "test/fixtures", name));
  return names.map((path) => readOr(path, "")).filter((text) => text !== "");
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || /^test\/(fidelity|recipes)\/.*\.ts$/.test(path);
}

async function operationsPage(): Promise<string> {
  const services = await operationRows();
  const counts = services.map(({ title, rows }) => {
    const handled = rows.filter(({ isHandled }) => isHandled).length;
    return `| ${title} | ${handled} of ${rows.length} |`;
  });
  const parts = services.map(({ title, rows }) => section(title, rows));
  return `# Operations

Made from the sources by \`node test/operations/main.ts --write\`; \`test/operations/operations.test.ts\` checks that it is current. Every
operation of each service that this server answers: whether it has a handler, the files whose tests call it, and the refusals that are compared
with AWS's status, code and words, row by row (\`test/fidelity/refusals/\`). An operation without a handler is answered with a 501 that names it.

| service | operations with a handler |
|---|---|
${counts.join("\n")}

${parts.join("\n\n")}
`;
}

function section(title: string, rows: readonly OperationRow[]): string {
  const note = (name: string): string =>
    Object.entries(SETTINGS_WITHOUT_EFFECT)
      .filter(([key]) => title === "Lambda" && key.split(" ", 1)[0] === name)
      .map(([, text]) => text)
      .join("; ");
  const handled = rows.filter(({ isHandled }) => isHandled);
  const others = rows.filter(({ isHandled }) => !isHandled).map(({ name }) => name);
  const lines = handled.map(({ name, tests, refusals }) => {
    const cells = [name, tests.map((path) => `\`${path}\``).join(" "), refusals.join("; "), note(name)];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const table = `| operation | tested in | refusals compared | without effect yet |\n|---|---|---|---|\n${lines.join("\n")}`;
  const missing = others.length === 0 ? "" : `\n\nWithout a handler: ${others.join(", ")}.`;
  return `## ${title}\n\n${table}${missing}`;
}

/** The README with its table between the two marks made anew. */
function withTable(readme: string): string {
  const rows = Object.entries(SETTINGS_WITHOUT_EFFECT).map(([name, text]) => `| \`${name}\` | ${text} |`);
  const table = ["| setting | yet |", "|---|---|", ...rows].join("\n");
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n${table}\n${END}${after}`;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
