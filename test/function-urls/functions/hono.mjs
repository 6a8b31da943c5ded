/** The test's site by Hono, and a page that comes in pieces. */
import { readFileSync } from "node:fs";
import { Hono } from "hono";
import { handle, streamHandle } from "hono/aws-lambda";
import { setCookie } from "hono/cookie";
import { streamText } from "hono/streaming";

const site = (name) => readFileSync(new URL(`site/${name}`, import.meta.url));
const file = (name, type) => (context) => context.body(site(name), 200, { "content-type": type });

const app = new Hono();
app.get("/", (context) => {
  setCookie(context, "first", "1");
  setCookie(context, "second", "two words");
  return context.html(site("index.html").toString());
});
app.get("/style.css", file("style.css", "text/css"));
app.get("/app.js", file("app.js", "text/javascript"));
app.get("/picture.png", file("picture.png", "image/png"));
app.post("/api/echo", async (context) =>
  context.json({ query: context.req.query(), body: await context.req.json() }, 201),
);
app.post("/hello", async (context) => {
  const { name, more } = await context.req.parseBody();
  setCookie(context, "name", name);
  return context.redirect(`/done?more=${encodeURIComponent(more)}`, 303);
});
app.get("/done", (context) => {
  const seen = JSON.stringify({ more: context.req.query("more"), cookie: context.req.header("cookie") });
  return context.html(site("done.html").toString().replace("SEEN", seen));
});
app.get("/pieces", (context) => {
  setCookie(context, "streamed", "1");
  context.status(202);
  return streamText(context, async (stream) => {
    await stream.write("one");
    await stream.sleep(Number(context.req.query("pause")));
    await stream.write("two");
  });
});

export const handler = process.env.STREAMED === "1" ? streamHandle(app) : handle(app);
