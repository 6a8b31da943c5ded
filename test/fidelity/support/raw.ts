/**
 * A client that shows every byte: requests as data, answers with status, headers and body untouched. The signature is not
 * checked on loopback; the credential scope tells account and region, as with every client.
 */
import { request } from "node:http";

/** Method, path with query, and optionally a JSON body (text is sent as it is) and headers. */
export type Request = readonly [
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
];

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** The body as an object; empty when it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export type Send = (...request: Request) => Promise<Answer>;

/** What a signed request for `service` carries. */
export function authorization(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

export function rawClient(url: string): Send {
  return (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const bytes =
        body === undefined ? "" : body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
      const outgoing = request(
        new URL(path, url),
        {
          method,
          headers: { authorization: authorization("lambda"), "content-length": Buffer.byteLength(bytes), ...headers },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.once("error", reject);
          answer.once("end", () => {
            const text = Buffer.concat(chunks).toString();
            const flat = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
            resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(flat), text, json: objectOf(text) });
          });
        },
      );
      outgoing.once("error", reject);
      outgoing.end(bytes);
    });
}

/** Object or empty: what is not JSON has its text. */
function objectOf(text: string): Record<string, unknown> {
  if (!text.startsWith("{")) return {};
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? { ...value } : {};
}
