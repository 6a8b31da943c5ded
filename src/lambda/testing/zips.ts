/** Zips for tests: sound ones by a library, so that what is checked is how they are read. */
import { buffer } from "node:stream/consumers";
import yazl from "yazl";

/** The same for every entry, so that the same files are the same zip whenever they are packed. */
const MTIME: Date = new Date(0);

/** A zip of text files; a mode makes it another kind of entry, for example 0o120777 for a link. */
export async function zipOf(
  files: Readonly<Record<string, string | { readonly content: string; readonly mode: number }>>,
): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, file] of Object.entries(files)) {
    const content = typeof file === "string" ? file : file.content;
    const options = { mtime: MTIME, ...(typeof file === "string" ? {} : { mode: file.mode }) };
    if (name.endsWith("/")) zip.addEmptyDirectory(name, options);
    else zip.addBuffer(Buffer.from(content), name, options);
  }
  zip.end();
  return buffer(zip.outputStream);
}
