/** Zips for tests: sound ones by a library, so that what is checked is how they are read. */
import { buffer } from "node:stream/consumers";
import yazl from "yazl";

/** A zip of text files; a mode makes it another kind of entry, for example 0o120777 for a link. */
export async function zipOf(
  files: Readonly<Record<string, string | { readonly content: string; readonly mode: number }>>,
): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, file] of Object.entries(files)) {
    const content = typeof file === "string" ? file : file.content;
    const options = typeof file === "string" ? {} : { mode: file.mode };
    if (name.endsWith("/")) zip.addEmptyDirectory(name, options);
    else zip.addBuffer(Buffer.from(content), name, options);
  }
  zip.end();
  return buffer(zip.outputStream);
}
