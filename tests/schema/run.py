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

    def ask(self, method, path, body=None):
        """Status and body of an answer, as the operator."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}"} | ({} if body is None else {"Content-Type": "application/json"})
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def command(self, **command):
        status, body = self.ask("POST", "/api/v1/commands", {"command": command})
        assert status == 200, f"{command}: {status} {body!r}"

    def memory_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) // 1024

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
    server.command(type="set_lower_third", lower_third={"title": "Anna", "subtitle": "Roma"})
    for _ in range(2):
        assert server.ask("POST", "/api/v1/cohosts/luca/links", {})[0] == 201


def settings(server, folder):
    """Schemathesis' own settings: whose key goes where, and words that exist."""
    roma = server.city_keys["roma"]
    path = folder / "schemathesis.toml"
    path.write_text(f"""
base-url = "{server.url}"
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


def run(schemathesis, server, config, options, choice, seconds):
    """One pass; whether nothing was found."""
    arguments = [
        schemathesis, "--config-file", config, "run", f"{server.url}/api/v1/openapi.json",
        "--phases", "examples,coverage,fuzzing",
        "--checks", ",".join(CHECKS),
        "--max-examples", str(options.examples),
        "--seed", str(options.seed),
        "--request-timeout", str(PATIENCE),
        "--continue-on-failure",
        "--warnings", "off",
        "--no-color",
        *choice,
        *([] if seconds is None else ["--max-time", str(max(1, int(seconds)))]),
    ]  # fmt: skip
    return subprocess.run([str(argument) for argument in arguments], cwd=config.parent).returncode == 0


def wrong(server):
    """What is wrong with the server after all that."""
    if server.process.poll() is not None:
        yield f"it has ended by itself, with {server.process.returncode}"
        return
    status, body = server.ask("GET", "/healthz")
    if status != 200:
        yield f"it is not well: {status} {body!r}"
    if (memory := server.memory_mib()) > MOST_MEMORY:
        yield f"it uses {memory} MiB, {MOST_MEMORY} are possible"
    print(f"memory: {memory} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=10, help="random cases of each endpoint")
    parser.add_argument("--seed", type=int, default=1, help="what the random cases follow from")
    parser.add_argument("--seconds", type=int, help="go on with other cases until so much time is over")
    parser.add_argument("--only", help="endpoints whose path fits this regular expression")
    options = parser.parse_args()

    schemathesis = tool()
    media = ["--include-path-regex", "^/wh[ie]p/"]
    rest = ["--exclude-path-regex", "^/wh[ie]p/"]
    # It is a WebSocket: what is answered to plain HTTP is tested elsewhere.
    rest += ["--exclude-path", "/api/v1/live"]
    passes = [(media, 0.4), (rest, 0.6)] if options.only is None else [(["--include-path-regex", options.only], 1)]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="regia-schema-"))
    found = []
    server = Server(folder)
    try:
        furnish(server)
        config = settings(server, folder)
        for choice, share in passes:
            seconds = options.seconds and options.seconds * share
            if not run(schemathesis, server, config, options, choice, seconds):
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
