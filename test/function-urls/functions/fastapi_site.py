"""The test's site by FastAPI, behind Mangum."""

import json
import urllib.parse
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from mangum import Mangum

SITE = Path(__file__).parent / "site"
app = FastAPI()


@app.get("/")
def page():
    response = HTMLResponse((SITE / "index.html").read_text())
    response.set_cookie("first", "1")
    response.set_cookie("second", urllib.parse.quote("two words"))
    return response


@app.post("/api/echo")
async def echo(request: Request):
    return JSONResponse({"query": dict(request.query_params), "body": await request.json()}, 201)


@app.post("/hello")
async def hello(request: Request):
    form = urllib.parse.parse_qs((await request.body()).decode())
    response = RedirectResponse("/done?more=" + urllib.parse.quote(form["more"][0], safe=""), 303)
    response.set_cookie("name", urllib.parse.quote(form["name"][0]))
    return response


@app.get("/done")
def done(request: Request):
    seen = json.dumps({"more": request.query_params["more"], "cookie": request.headers["cookie"]})
    return HTMLResponse((SITE / "done.html").read_text().replace("SEEN", seen))


@app.get("/{name}")
def static(name: str):
    return FileResponse(SITE / name)


handler = Mangum(app, lifespan="off")
