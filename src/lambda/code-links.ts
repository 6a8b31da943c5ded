/**
 * Links that download a function's or layer's zip from this server, as GetFunction's `Code.Location`: signed, and good
 * for ten minutes. Whoever holds a link may download, as with AWS's presigned URLs.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Clock, hasErrorCode } from "../base/index.ts";
import { rangeOf, within } from "./byte-range.ts";
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
      if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, METHOD_NOT_ALLOWED);
      const url = new URL(request.url ?? "", "http://localhost");
      const sha256 = url.pathname.slice(PREFIX.length);
      const expires = url.searchParams.get("expires") ?? "";
      const key = await options.key();
      if (!key.verify(signedText(sha256, expires), url.searchParams.get("signature") ?? "")) {
        return refuse(response, SIGNATURE_WRONG);
      }
      if (options.clock.now() > Number(expires)) return refuse(response, EXPIRED);
      const found = await options.code.read(sha256).catch((error: unknown) => {
        // A customer's key that is not to be used: what KMS answered is for the caller, too.
        if (error instanceof Error && error.name.startsWith("KMS")) return error;
        throw error;
      });
      if (found === undefined) return refuse(response, GONE);
      if (found instanceof Error)
        return refuse(response, { status: 403, code: "AccessDenied", message: found.message });
      await answer(request, response, sha256, found);
    },
  };
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** S3's words: whoever downloads code expects S3 behind such a link. */
const METHOD_NOT_ALLOWED: Refusal = {
  status: 405,
  code: "MethodNotAllowed",
  message: "The specified method is not allowed against this resource.",
};
const SIGNATURE_WRONG: Refusal = {
  status: 403,
  code: "SignatureDoesNotMatch",
  message:
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
};
const EXPIRED: Refusal = { status: 403, code: "AccessDenied", message: "Request has expired" };
const GONE: Refusal = { status: 404, code: "NoSuchKey", message: "The specified key does not exist." };
const RANGE_WRONG: Refusal = {
  status: 416,
  code: "InvalidRange",
  message: "The requested range is not satisfiable",
};

function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  const text = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  response
    .writeHead(status, { "content-type": "application/xml" })
    .end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${text}</Message></Error>`);
}

type StoredCode = NonNullable<Awaited<ReturnType<CodeStore["read"]>>>;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  sha256: string,
  { content, sizeBytes }: StoredCode,
): Promise<void> {
  const range = rangeOf(request.headers.range, sizeBytes);
  if (range === "unsatisfiable") return refuse(response, RANGE_WRONG);
  const { start, end } = range === "whole" ? { start: 0, end: sizeBytes } : range;
  response.writeHead(range === "whole" ? 200 : 206, {
    "content-type": "application/zip",
    "content-length": end - start,
    "accept-ranges": "bytes",
    etag: `"${sha256}"`,
    ...(range !== "whole" && { "content-range": `bytes ${start}-${end - 1}/${sizeBytes}` }),
  });
  if (request.method === "HEAD") response.end();
  else await send(range === "whole" ? content : within(content, { start, end }), response);
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
