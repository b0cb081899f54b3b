# SPDX-License-Identifier: Apache-2.0
"""The outrigger program as a process: started with settings on free ports, watched, and always stopped."""
import ctypes
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

from metrics_page import MetricsPage

PATIENCE = 20.0              # seconds; for what happens at once on a calm machine
START_LINE = re.compile(r"^outrigger \S+: http://(\S+):(\d+) -> \S+, admin http://(\S+):(\d+), \d+ workers?$")
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def program() -> str:
    return os.environ["OUTRIGGER_PROGRAM"]


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def preloaded(executable: str, library: str) -> str:
    """The LD_PRELOAD that puts a library before all others of this executable, but for a sanitizer's runtime."""
    libraries = subprocess.run(["ldd", executable], capture_output=True, text=True).stdout
    runtime = re.search(r"lib[at]san\.so\S* => (\S+)", libraries)
    return f"{runtime[1]}:{library}" if runtime else library


def until(condition, what: str, patience: float = PATIENCE):
    """Polls until the condition holds; returns its value."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.01)


def merged(base: dict, more: dict) -> dict:
    result = dict(base)
    for key, value in more.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


class Page:
    """A whole answer, from the admin address for instance."""

    def __init__(self, status: int, headers, body: bytes):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def fetch(address, method: str, path: str, body=None, headers=None) -> Page:
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        reply = connection.getresponse()
        return Page(reply.status, reply.headers, reply.read())
    finally:
        connection.close()


class Sidecar:
    """`outrigger run` in front of an app: a port of 127.0.0.1, or a URL. Its log goes to a file unless `stdout` is
    given; `under` is the command, if any, that runs the program. With flags alone there is no configuration file, and
    so it ends only after the default drain.delay."""

    # Ends at once unless a test wants to look at the drain.
    DEFAULTS = {"service": "shop", "admin": "127.0.0.1:0", "drain": {"delay": "0s", "timeout": "300ms"},
                "inbound": {"listen": "127.0.0.1:0"}}

    def __init__(self, app, settings=None, stdout=None, environment=None, under=(), flags_alone=False):
        self.folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        folder = pathlib.Path(self.folder.name)
        url = app if isinstance(app, str) else f"http://127.0.0.1:{app}"
        self.settings = merged(merged(self.DEFAULTS, {"inbound": {"app": url}}), settings or {})
        config = folder / "outrigger.yaml"
        config.write_text(json.dumps(self.settings))      # JSON is YAML
        flags = ["-c", str(config)]
        if flags_alone:
            flags = ["--app", str(app), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]

        self.stdout_file, self.stderr_file = folder / "stdout", folder / "stderr"
        with open(self.stdout_file, "wb") as out, open(self.stderr_file, "wb") as err:
            self.process = subprocess.Popen([*under, program(), "run", *flags], stdin=subprocess.DEVNULL,
                                            stdout=stdout if stdout is not None else out, stderr=err,
                                            env={**os.environ, **(environment or {})},
                                            preexec_fn=die_with_parent)
        self.started = False
        try:
            self.address, self.admin = until(self._addresses, "the line with the addresses on stderr")
            self.started = True
        finally:
            if not self.started:
                self.stop()

    def _addresses(self):
        for line in self.stderr().splitlines():
            match = START_LINE.match(line)
            if match:
                return (match[1], int(match[2])), (match[3], int(match[4]))
        if self.process.poll() is not None:
            raise AssertionError(f"outrigger ended with {self.process.returncode}: {self.stderr()}")
        return None

    @property
    def port(self) -> int:
        return self.address[1]

    def url(self, path: str = "") -> str:
        return f"http://{self.address[0]}:{self.address[1]}{path}"

    def stderr(self) -> str:
        return self.stderr_file.read_text(errors="replace")

    # ---- Requests

    def call(self, method: str = "GET", path: str = "/", body=None, headers=None) -> Page:
        return fetch(self.address, method, path, body, headers)

    def ask_admin(self, path: str, method: str = "GET", headers=None) -> Page:
        return fetch(self.admin, method, path, None, headers)

    def metrics(self) -> MetricsPage:
        return MetricsPage(self.ask_admin("/metrics").body.decode())

    def wait_ready(self):
        until(lambda: self.ask_admin("/health/ready").status == 200, "readiness")

    # ---- The log

    def log(self) -> list[dict]:
        """Whole lines only: the last one may be on its way."""
        text = self.stdout_file.read_bytes()
        return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]

    def access_lines(self, least: int = 0) -> list[dict]:
        """The access lines, once there are as many."""
        def lines():
            found = [line for line in self.log() if line["event"]["dataset"] == "outrigger.access"]
            return [found] if len(found) >= least else None
        return until(lines, f"{least} access lines")[0]

    def events(self, action: str) -> list[dict]:
        return [line for line in self.log() if line["event"].get("action") == action]

    # ---- The process

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_kib(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[1])

    def signal(self, number: int):
        self.process.send_signal(number)

    def wait(self, patience: float = PATIENCE) -> int:
        return self.process.wait(timeout=patience)

    def stop(self):
        """Ends it, and insists that it ends well and has complained about nothing."""
        try:
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            code = self.wait()
            lines = self.stderr().splitlines()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.folder.cleanup()
        if not self.started:
            return
        if code != 0:
            raise AssertionError(f"outrigger ended with {code}: {lines}")
        # Fewer descriptors than connections may need are worth a line on a small machine.
        others = [line for line in lines if not START_LINE.match(line) and "limits.connections" not in line]
        if others:
            raise AssertionError(f"outrigger wrote to stderr: {others}")
