# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: sidecars that are always stopped, and what every exchange leaves behind."""
import json
import pathlib
import tempfile
import threading
import time
import unittest

from app import App, answering
from caller import Caller
from program import Sidecar

DURATIONS = "http_server_request_duration_seconds"
THREAD_PATIENCE = 60.0       # seconds for all threads of one test together


class SystemTest(unittest.TestCase):
    maxDiff = None

    def sidecar(self, app, settings=None, **more) -> Sidecar:
        """In front of an app (or a port, or a URL); stopped at the end of the test."""
        sidecar = Sidecar(app if isinstance(app, (int, str)) else app.port, settings, **more)
        self.addCleanup(sidecar.stop)
        return sidecar

    def socket_path(self) -> str:
        """Where no file is yet; gone with the test."""
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        return str(pathlib.Path(folder.name) / "app.sock")

    def serve(self, serve, settings=None) -> Sidecar:
        """In front of an app that runs serve(connection) for each connection; the app is self.app."""
        self.app = App(serve)
        self.addCleanup(self.app.stop)
        return self.sidecar(self.app, settings)

    def answer(self, answer, settings=None) -> Sidecar:
        """In front of an app that runs answer(connection, request) for each whole request."""
        return self.serve(answering(answer), settings)

    def run_threads(self, run, count: int):
        """run(number) on a thread for each number below count; fails with what any of them raises, or if one hangs."""
        faults = []

        def watched(number):
            try:
                run(number)
            except Exception as error:                               # shown by the assertion below
                faults.append(error)

        threads = [threading.Thread(target=watched, args=(number,), daemon=True) for number in range(count)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + THREAD_PATIENCE
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        self.assertEqual(faults, [])
        hang = [number for number, thread in enumerate(threads) if thread.is_alive()]
        self.assertEqual(hang, [], f"threads that have not ended after {THREAD_PATIENCE} s")

    def assert_problem(self, reply, status: int, reason: str):
        """A whole problem document of RFC 9457 with Proxy-Status, RFC 9209."""
        self.assertEqual(reply.status, status, reply.body[:500])
        self.assertEqual(reply.headers["Content-Type"], "application/problem+json")
        problem = json.loads(reply.body)
        self.assertEqual((problem["status"], problem["reason"]), (status, reason), problem)
        self.assertTrue(problem["title"] and problem["detail"], problem)
        self.assertRegex(reply.headers["Proxy-Status"], rf'^outrigger(; error=[a-z_]+)?; details="{reason}"$')
        return problem

    def assert_logged(self, sidecar: Sidecar, count: int, **expected) -> dict:
        """Exactly so many exchanges in the log and in the histogram; the last line shows what is expected."""
        lines = sidecar.access_lines(count)
        self.assertEqual(len(lines), count, lines)
        self.assertEqual(sidecar.metrics().count(DURATIONS), count)
        line = lines[-1]
        found = {"status": line["http"].get("response", {}).get("status_code"),
                 "reason": line.get("outrigger", {}).get("reason"),
                 "method": line["http"]["request"].get("method"), "path": line["url"].get("path")}
        for key, value in expected.items():
            self.assertEqual(found[key], value, line)
        return line

    def assert_answer(self, sidecar, data: bytes, status: int, reason: str, method="GET", closes=False):
        """This request, on a connection of its own, gets this problem."""
        with Caller(sidecar.address) as caller:
            reply = caller.ask(data, method)
            self.assert_problem(reply, status, reason)
            if closes:
                self.assertEqual((reply.headers["Connection"] or "").lower(), "close")
                self.assertTrue(caller.closed())

    def assert_counted(self, sidecar: Sidecar, status: int, reason: str, count: int = 1):
        """So many exchanges in all, each of them with this status and error_type."""
        page = sidecar.metrics()
        self.assertEqual(page.count(DURATIONS), count)
        labels = {"http_response_status_code": str(status), "error_type": reason}
        self.assertEqual(page.count(DURATIONS, **labels), count)
