/** How function URLs are written: AWS's form with the server's own domain in place of `on.aws`. */

/** `http://{id}.lambda-url.{region}.localhost:4566/`; `base` gives scheme, domain and port. */
export function functionUrlAddress(url: { readonly id: string; readonly region: string }, base: string): string {
  const { protocol, host } = new URL(base);
  return `${protocol}//${url.id}.lambda-url.${url.region}.${host}/`;
}
