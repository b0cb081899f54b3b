# SPDX-License-Identifier: Apache-2.0
"""The example service with its upstreams as processes, and callers that remember what they saw."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from dataclasses import dataclass

from example_case import example
from metrics_page import MetricsPage
from program import PATIENCE, die_with_parent, fetch, until

CALLERS = 4


class Service:
    """One of the example's programs. Its log goes to a file of ours unless the environment says otherwise."""

    def __init__(self, folder: pathlib.Path, name: str, port: int = 0, **environment):
        self.log_file, errors = folder / f"{name}.log", folder / f"{name}.err"
        with open(self.log_file, "ab") as log, open(errors, "wb") as err:
            self.process = subprocess.Popen(
                [example(name)], stdin=subprocess.DEVNULL, stdout=log, stderr=err, preexec_fn=die_with_parent,
                env={**os.environ, "PORT": str(port), "ADMIN_PORT": "0", "DRAIN_SECONDS": "0", **environment})
        said = until(lambda: errors.read_text().endswith("\n") and errors.read_text(), f"the port of {name}")
        self.port, *more = map(int, re.findall(r"\d+", said))
        self.address, self.url = ("127.0.0.1", self.port), f"http://127.0.0.1:{self.port}"
        self.pages = ("127.0.0.1", *more) if more else self.address

    def log(self) -> list[dict]:
        """Whole lines only: one that was killed leaves half a line, and its successor goes on after it."""
        records = []
        for line in self.log_file.read_bytes().splitlines():
            try:
                records.append(json.loads(line))
            except ValueError:
                pass
        return records

    def metrics(self) -> MetricsPage:
        return MetricsPage(fetch(self.pages, "GET", "/metrics").body.decode())

    def ready(self) -> int:
        return fetch(self.pages, "GET", "/health/ready").status

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait()


@dataclass
class Seen:
    """What a caller saw of one request."""
    id: str
    method: str
    path: str
    status: int = 0
    answered_id: str = ""
    body: bytes = b""
    fault: str = ""              # why there is no whole answer


class Load:
    """Callers, each with one connection and a pause after each request, until stop()."""

    def __init__(self, service: Service, callers: int = CALLERS, pause: float = 0.06, go_on=lambda: True):
        self.service, self.pause, self.go_on = service, pause, go_on
        self.seen: list[Seen] = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(callers)]
        for thread in self.threads:
            thread.start()

    def stop(self) -> list[Seen]:
        self.stopped.set()
        for thread in self.threads:
            thread.join(PATIENCE)
        return self.seen

    def _run(self, caller: int):
        connection = http.client.HTTPConnection(*self.service.address, timeout=PATIENCE)
        count, placed = 0, "none"
        while not self.stopped.is_set() and self.go_on():
            count += 1
            seen = Seen(f"caller-{caller}-{count}", *(("GET", f"/orders/{placed}") if count % 3 == 0 else ("POST", "/orders")))
            body = f"user={count % 4 + 1}&total={count}.50" if seen.method == "POST" else None     # there is no user 4
            try:
                connection.request(seen.method, seen.path, body, {"X-Request-Id": seen.id,
                                                                  "Content-Type": "application/x-www-form-urlencoded"})
                reply = connection.getresponse()
                seen.status, seen.answered_id, seen.body = reply.status, reply.headers["X-Request-Id"], reply.read()
            except (OSError, http.client.HTTPException) as error:
                seen.fault = repr(error)
                connection.close()
            self.seen.append(seen)
            if seen.status == 201:
                placed = json.loads(seen.body)["id"]
            self.stopped.wait(self.pause)
        connection.close()


class OrdersCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def start(self, name: str, port: int = 0, **environment) -> Service:
        service = Service(self.folder, name, port, **environment)
        self.addCleanup(service.kill)
        return service

    def start_all(self, **environment) -> Service:
        """The orders service; the others are self.users and self.payments."""
        self.users, self.payments = self.start("users"), self.start("payments")
        orders = self.start("orders", USERS=self.users.url, PAYMENTS=self.payments.url, **environment)
        until(lambda: orders.ready() == 200, "readiness")
        return orders

    def load(self, service: Service, **more) -> Load:
        load = Load(service, **more)
        self.addCleanup(load.stop)
        return load

    def answers(self, load: Load, at_least: int):
        until(lambda: len(load.seen) >= at_least, f"{at_least} answers")

    def assert_whole(self, seen: list[Seen]):
        self.assertEqual([one for one in seen if one.fault], [])


class Readiness:
    """Asks for readiness again and again; `history` has each status once until it changes, `longest_gap` is how long
    nobody looked, in seconds."""

    def __init__(self, service: Service):
        self.service, self.history, self.longest_gap = service, [], 0.0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        last = time.monotonic()
        while not self.stopped.is_set():
            status = self.service.ready()
            self.longest_gap, last = max(self.longest_gap, time.monotonic() - last), time.monotonic()
            if self.history[-1:] != [status]:
                self.history.append(status)
            time.sleep(0.05)

    def stop(self):
        self.stopped.set()
        self.thread.join(PATIENCE)
