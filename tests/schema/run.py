#!/usr/bin/env python3
"""Schemathesis against a real server, with the description that it serves: whatever arrives, nothing answers 5xx.

    tests/schema/run.py [--examples N] [--seed N] [--seconds N] [--only REGEX]

Starts `target/debug/regia` (REGIA_BINARY says another) on loopback, with a store of its own and nobody publishing, and ends
it again. Two passes, because commands and links of the second may take away what the first needs: media, then all else.
After them the server is still well, has kept its bounds, and logged no panic. The exit code tells.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
BINARY = os.environ.get("REGIA_BINARY", REPOSITORY / "target/debug/regia")
PLACE = REPOSITORY / "target/schema"

CITIES = {"lecce": "Lecce", "roma": "Roma"}

# What is held against every answer.
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
]

# Longest wait for a server that starts, ends, or answers.
PATIENCE = 30

# Most memory that strangers and a director may make the server use, in MiB.
MOST_MEMORY = 1024

# Most threads: an evening's engines, and a publisher on each seat.
MOST_THREADS = 150

PUBLISH = REPOSITORY / "src/http/api/publish.sdp"
WATCH = REPOSITORY / "src/http/api/watch.sdp"


def tool():
    """The path of schemathesis, in an environment that has exactly what requirements.txt names."""
    wanted = (HERE / "requirements.txt").read_bytes()
    stamp, folder = PLACE / "installed", PLACE / "venv"
    have = hashlib.sha256(wanted + sys.version.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != have:
        stamp.unlink(missing_ok=True)
        venv.create(folder, with_pip=True, clear=True)
        pip = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", HERE / "requirements.txt"], check=True)
        stamp.write_text(have)
    return folder / "bin/schemathesis"


class Server:
    """A running server, with an operator's key and a link for each city."""

    def __init__(self, folder):
        self.key = secrets.token_hex(16)
        self.city_keys = {city: secrets.token_hex(16) for city in CITIES}
        config = folder / "regia.toml"
        config.write_text(self.config())
        self.log_path = folder / "log"
        self.process = subprocess.Popen(
            [BINARY, "serve", "--config", config],
            stdout=subprocess.PIPE,
            stderr=self.log_path.open("w"),
            text=True,
            env={**os.environ, "RUST_LOG": "info"},
        )
        self.url = self.address()

    def config(self):
        cities = "".join(
            f'[[city]]\nid = "{city}"\nname = "{name}"\nkey = "{self.city_keys[city]}"\n' for city, name in CITIES.items()
        )
        return f"""
[event]
title = "Prova"
[http]
listen = "127.0.0.1:0"
[operator]
key = "{self.key}"
[program]
width = 320
height = 180
fps = 5
[contribution]
listen = ["127.0.0.1"]
[viewers]
listen = ["127.0.0.1"]
port = 0
{cities}"""

    def address(self):
        for line in self.process.stdout:
            if found := re.search(r"watch\s+(http:\S+?)/?$", line.strip()):
                return found.group(1)
        raise SystemExit(f"regia did not start:\n{self.log()}")

    def log(self):
        return self.log_path.read_text(errors="replace")

    def ask(self, method, path, body=None, sdp=None, key=None):
        """Status and body of an answer, as the operator unless another key is named."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if sdp is not None:
            data, headers["Content-Type"] = sdp.read_bytes(), "application/sdp"
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()
        except urllib.error.URLError as unreachable:
            return 0, str(unreachable).encode()

    def command(self, **command):
        status, body = self.ask("POST", "/api/v1/commands", {"command": command})
        assert status == 200, f"{command}: {status} {body!r}"

    def used(self):
        """Memory in MiB, and threads."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        number = lambda name: int(re.search(rf"{name}:\s+(\d+)", status).group(1))
        return number("VmRSS") // 1024, number("Threads")

    def end(self):
        """Ends it in order; the exit code, or None if it had to be killed."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None


def furnish(server):
    """Something of each kind, so that its identifier is known."""
    server.command(type="add_cohost", id="luca", name="Luca")
    server.command(type="add_scene", name="Nero", composition={"layout": "full", "sources": ["black"]})
    server.command(type="add_cue", cue={"title": "Apertura", "scene": 1, "city": "roma", "duration_s": 60})
    server.command(type="set_graphic", graphic={"template": "lower-third", "fields": {"title": "Anna", "subtitle": "Roma"}})
    for _ in range(2):
        assert server.ask("POST", "/api/v1/cohosts/luca/links", {})[0] == 201


def settings(server, folder):
    """Schemathesis' own settings: whose key goes where, and words that exist."""
    roma = server.city_keys["roma"]
    path = folder / "schemathesis.toml"
    path.write_text(f"""
base-url = "{server.url}"
hooks = "{HERE / "hooks.py"}"
headers = {{ Authorization = "Bearer {server.key}" }}

[generation]
database = "none"

[cache]
enabled = false

[dictionaries.cities]
values = ["roma"]
[dictionaries.channels]
values = ["program", "roma"]
[dictionaries.cohosts]
values = ["luca"]
[dictionaries.sources]
values = ["roma", "city:lecce", "slate", "black"]
[dictionaries.numbers]
values = [1, 2, 3]

[parameters]
"path.city" = {{ dictionary = "cities" }}
"path.channel" = {{ dictionary = "channels" }}
"path.cohost" = {{ dictionary = "cohosts" }}
"path.source" = {{ dictionary = "sources" }}
"path.id" = {{ dictionary = "numbers" }}

[[operations]]
include-path-regex = "^/whip/"
headers = {{ Authorization = "Bearer {roma}" }}
parameters = {{ "path.city" = {{ dictionary = "cities" }} }}
""")
    return path


def run(schemathesis, server, config, options, phases, choice, seconds):
    """One pass; whether nothing was found."""
    arguments = [
        schemathesis, "--config-file", config, "run", f"{server.url}/api/v1/openapi.json",
        "--phases", phases,
        "--checks", ",".join(CHECKS),
        "--max-examples", options.examples,
        "--seed", options.seed,
        "--request-timeout", PATIENCE,
        "--continue-on-failure",
        "--warnings", "off",
        "--no-color",
        *choice,
        *([] if seconds is None else ["--max-time", max(1, int(seconds))]),
    ]  # fmt: skip
    # For the hooks, which open sessions.
    told = {"REGIA_URL": server.url, "REGIA_KEY": server.city_keys["roma"], "PYTHONHASHSEED": "0"}
    ran = subprocess.run([str(argument) for argument in arguments], cwd=config.parent, env={**os.environ, **told})
    return ran.returncode == 0


def crowd(server):
    """Many of each thing that can be made: all are answered as described, and what is kept is bounded. Tells what is not."""
    kinds = {
        "links": (600, {201, 409}, lambda: server.ask("POST", "/api/v1/cohosts/luca/links", {})),
        # Each takes the place of the one before.
        "publishers": (60, {201}, lambda: server.ask("POST", "/whip/roma", sdp=PUBLISH, key=server.city_keys["roma"])),
        # Nobody connects, so all but the operators' seats go back after a while. 503 with Retry-After is the bound.
        "viewers": (400, {201, 503}, lambda: server.ask("POST", "/whep/program", sdp=WATCH)),
    }
    for kind, (many, possible, make) in kinds.items():
        statuses = [make()[0] for _ in range(many)]
        told = {status: statuses.count(status) for status in sorted(set(statuses))}
        print(f"{many} {kind}: {told}")
        if not set(statuses) <= possible or 201 not in told:
            yield f"{many} {kind} were answered with {told}: {sorted(possible)} are described"


def wrong(server):
    """What is wrong with the server after all that."""
    if server.process.poll() is not None:
        yield f"it has ended by itself, with {server.process.returncode}"
        return
    status, body = server.ask("GET", "/healthz")
    if status != 200:
        yield f"it is not well: {status} {body!r}"
    memory, threads = server.used()
    print(f"memory: {memory} MiB, threads: {threads}")
    if memory > MOST_MEMORY:
        yield f"it uses {memory} MiB, {MOST_MEMORY} are possible"
    if threads > MOST_THREADS:
        yield f"it has {threads} threads, {MOST_THREADS} are possible"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=25, help="random cases of each endpoint")
    parser.add_argument("--seed", type=int, default=1, help="what the random cases follow from")
    parser.add_argument("--seconds", type=int, help="go on with other cases until so much time is over")
    parser.add_argument("--only", help="endpoints whose path fits this regular expression")
    options = parser.parse_args()

    schemathesis = tool()
    media = ["--include-path-regex", "^/wh[ie]p/"]
    # The radio has no end, and without sound it says 503: that is tested elsewhere.
    rest = ["--exclude-path-regex", "^/(wh[ie]p/|radio[.])"]
    # It is a WebSocket: what is answered to plain HTTP is tested elsewhere.
    rest += ["--exclude-path", "/api/v1/live"]
    # Of media there are better examples in the hooks.
    passes = [("coverage,fuzzing", media, 0.4), ("examples,coverage,fuzzing", rest, 0.6)]
    if options.only is not None:
        passes = [("coverage,fuzzing", ["--include-path-regex", options.only], 1)]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="regia-schema-"))
    found = []
    server = Server(folder)
    try:
        furnish(server)
        config = settings(server, folder)
        if options.only is None:
            found.extend(crowd(server))
        for phases, choice, share in passes:
            seconds = options.seconds and options.seconds * share
            if not run(schemathesis, server, config, options, phases, choice, seconds):
                found.append(f"schemathesis found something ({' '.join(choice)}): see above")
        found.extend(wrong(server))
    finally:
        begin = time.monotonic()
        code = server.end()
        print(f"ended with {code} after {time.monotonic() - begin:.1f} s")
    if code != 0:
        found.append(f"it did not end well: {code}")
    log = server.log()
    found.extend(line for line in log.splitlines() if "panicked" in line)
    for line in found:
        print(f"WRONG: {line}")
    if found:
        print("The end of the server's log:", *log.splitlines()[-20:], sep="\n")
    shutil.rmtree(folder)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
