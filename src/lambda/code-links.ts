/**
 * Links that download a function's or layer's zip from this server, as GetFunction's `Code.Location`: signed, and good
 * for ten minutes. Whoever holds a link may download, as with AWS's presigned URLs.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Clock, hasErrorCode } from "../base/index.ts";
import type { CodeStore } from "./code-store.ts";
import { BOUNDS } from "./limits.ts";
import type { ServerKey } from "./server-key.ts";

/** A part of the server's address space that is no AWS operation. */
export interface HttpHook {
  /** Requests whose path starts with this are `handle`d. */
  readonly pathPrefix: string;
  /** Answers the request completely. Rejects for bugs only. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const PREFIX = "/_lambent/code/";

export function codeLink(options: {
  readonly endpoint: string;
  readonly sha256: string;
  readonly key: ServerKey;
  readonly clock: Clock;
}): string {
  const expires = options.clock.now() + BOUNDS.codeLinkMs;
  const signature = options.key.sign(signedText(options.sha256, String(expires)));
  return `${options.endpoint}${PREFIX}${options.sha256}?expires=${expires}&signature=${signature}`;
}

export function codeDownload(options: {
  readonly code: Pick<CodeStore, "read">;
  readonly clock: Clock;
  readonly key: () => Promise<ServerKey>;
}): HttpHook {
  return {
    pathPrefix: PREFIX,
    async handle(request, response) {
      const refuse = (status: number, message: string): void => {
        response.writeHead(status, { "content-type": "text/plain" }).end(`${message}\n`);
      };
      if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "Only GET");
      const url = new URL(request.url ?? "", "http://localhost");
      const sha256 = url.pathname.slice(PREFIX.length);
      const expires = url.searchParams.get("expires") ?? "";
      const key = await options.key();
      if (!key.verify(signedText(sha256, expires), url.searchParams.get("signature") ?? "")) {
        return refuse(403, "This link was not made by this server");
      }
      if (options.clock.now() > Number(expires)) return refuse(403, "This link has expired: ask for a new one");
      const found = await options.code.read(sha256).catch((error: unknown) => {
        // A customer's key that is not to be used: what KMS answered is for the caller, too.
        if (error instanceof Error && error.name.startsWith("KMS")) return error.message;
        throw error;
      });
      if (found === undefined) return refuse(404, "This code has been deleted");
      if (typeof found === "string") return refuse(403, found);
      response.writeHead(200, { "content-type": "application/zip", "content-length": found.sizeBytes });
      if (request.method === "HEAD") response.end();
      else await send(found.content, response);
    },
  };
}

function signedText(sha256: string, expires: string): string {
  return `code\n${sha256}\n${expires}`;
}

async function send(content: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  try {
    await pipeline(Readable.from(content), response);
  } catch (error) {
    if (!hasErrorCode(error, "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  }
}
