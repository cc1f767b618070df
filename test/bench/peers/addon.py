"""Addon of mitmproxy that does the job of test/bench/peers/job.ts; BENCH_FOLDER holds schema.json."""

import hashlib
import json
import os
import re
import sqlite3
import time

from mitmproxy import http

here = os.path.dirname(os.path.abspath(__file__))
folder = os.environ["BENCH_FOLDER"]

with open(os.path.join(here, "patterns.json")) as file:
    patterns = [re.compile(source) for source in json.load(file)]

validator = None
if os.environ.get("BENCH_SCHEMA"):
    import jsonschema

    with open(os.path.join(folder, "schema.json")) as file:
        validator = jsonschema.Draft202012Validator(json.load(file))

database = sqlite3.connect(os.path.join(folder, "decisions.sqlite"), isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute(
    "CREATE TABLE IF NOT EXISTS decision (id INTEGER PRIMARY KEY, time REAL, verdict TEXT, sha256 BLOB, octets INTEGER)"
)


def request(flow: http.HTTPFlow) -> None:
    body = flow.request.raw_content
    text = body.decode()
    value = json.loads(text)
    clean = (validator is None or validator.is_valid(value)) and not any(p.search(text) for p in patterns)
    database.execute(
        "INSERT INTO decision (time, verdict, sha256, octets) VALUES (?, ?, ?, ?)",
        (time.time(), "forward" if clean else "block", hashlib.sha256(body).digest(), len(body)),
    )
    if not clean:
        flow.response = http.Response.make(403, b"blocked")
