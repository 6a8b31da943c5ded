/** The test's site by Express, behind serverless-http. */
const express = require("express");
const serverless = require("serverless-http");
const { join } = require("node:path");

const app = express();
app.use(express.json(), express.urlencoded({ extended: false }));
app.get("/", (_request, response) => {
  response.cookie("first", "1");
  response.cookie("second", "two words");
  response.sendFile(join(__dirname, "site/index.html"));
});
app.post("/api/echo", (request, response) => response.status(201).json({ query: request.query, body: request.body }));
app.post("/hello", (request, response) => {
  response.cookie("name", request.body.name);
  response.redirect(303, `/done?more=${encodeURIComponent(request.body.more)}`);
});
app.get("/done", (request, response) => {
  const page = require("node:fs").readFileSync(join(__dirname, "site/done.html"), "utf8");
  const seen = JSON.stringify({ more: request.query.more, cookie: request.headers.cookie });
  response.type("html").send(page.replace("SEEN", seen));
});
app.use(express.static(join(__dirname, "site")));

exports.handler = serverless(app, { binary: ["image/*"] });
