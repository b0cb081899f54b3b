#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our health documents beside those of a NestJS app with @nestjs/terminus 12: terminus_test.py HEALTH_DOCUMENTS

The same checks in the same states, compared byte for byte with what recorder.py has recorded; where Node is, it is
recorded again, and must not differ from what is committed."""
import difflib
import json
import signal
import subprocess
import sys
import tempfile
import unittest
from http import HTTPStatus

import recorder
from peers import Peers
import requirements
from app import App, Mirror, answering
from program import Sidecar, until

# What differs, on purpose: terminus' entry, ours, and why. Everything else must be equal, but for headers that say
# nothing about health: Express adds an ETag, and with it answers 304 to a probe that knows the last one; we never do.
DIFFERENCES = {
    "response-not-the-body": (
        r'{"status":"down"}',
        r'{"message":"the body does not contain \"is well\"","status":"down"}',
        "terminus' responseCheck asks a function that gives no reason; the sidecar knows what it looked for"),
    "response-success-unwanted": (
        r'{"status":"down"}',
        r'{"message":"Request failed with status code 200","statusCode":200,"statusText":"OK","status":"down"}',
        "as above: the sidecar knows that it is the status, and says it as of any other one"),
    "disk-nowhere": (
        r'{"statusCode":500,"message":"Internal server error"}',
        r"""{"message":"ENOENT: no such file or directory, statfs '/no/such/folder'","status":"down"}""",
        "terminus' disk indicator throws, and all other checks are lost with it; here the check is down and says why"),
}


def expected(golden: dict, route: str, checks: dict) -> dict:
    if route not in DIFFERENCES:
        return golden
    theirs, ours, _ = DIFFERENCES[route]
    if theirs not in golden["body"]:
        raise AssertionError(f"{route}: terminus does not say {theirs} any more")
    if golden["body"] != theirs:
        return golden | {"body": golden["body"].replace(theirs, ours)}
    entries = f'{{"{next(iter(checks))}":{ours}}}'             # terminus has no document at all
    return golden | {"status": "HTTP/1.1 503 Service Unavailable",
                     "body": f'{{"status":"error","info":{{}},"error":{entries},"details":{entries}}}'}


class TerminusTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.goldens = json.loads(recorder.GOLDENS.read_text())
        cls.peers = Peers()
        cls.addClassCleanup(cls.peers.stop)
        cls.routes = recorder.routes_of(cls.peers)

    def select(self, by: str, draining: bool = False) -> list[str]:
        """Routes by who serves them here, and when."""
        return [route for route, given in self.routes.items()
                if (given.get("by", "sidecar"), given.get("draining", False)) == (by, draining)]

    def assert_alike(self, ours: dict):
        self.assertTrue(ours)
        for route, answer in ours.items():
            with self.subTest(route=route):
                self.assertEqual(answer, expected(self.goldens[route], route, self.routes[route]["checks"]))
        differ = sum(route in DIFFERENCES for route in ours)
        print(f"{len(ours)} routes compared, {differ} of them differ as explained", flush=True)

    def test_every_route_is_recorded_and_every_difference_is_of_a_route(self):
        self.assertEqual(list(self.goldens), list(self.routes))
        self.assertLessEqual(set(DIFFERENCES), set(self.routes))

    def sidecar(self) -> Sidecar:
        """Each route is a page of its own: /health/<route>. Every check runs once."""
        app = App(answering(Mirror()))
        self.addCleanup(app.stop)
        checks = {}
        for route, given in self.routes.items():
            if given.get("by") != "library":
                for key, check in given["checks"].items():
                    self.assertNotIn(key, checks)
                    checks[key] = {"every": "1h", "timeout": "5s", **check, "group": route}
        sidecar = Sidecar(app.port, {"health": {"ready": checks}, "drain": {"delay": "2s", "timeout": "3s"}})
        self.addCleanup(sidecar.stop)
        until(lambda: b"not checked yet" not in sidecar.ask_admin("/health").body, "all checks' first results")
        return sidecar

    def test_the_sidecar_answers_as_terminus(self):
        sidecar = self.sidecar()

        def ask(route):
            return recorder.answer(sidecar.admin, f"/health/{route}")

        self.assert_alike({route: ask(route) for route in self.select("sidecar")})
        draining = self.select("sidecar", draining=True)
        sidecar.signal(signal.SIGTERM)
        until(lambda: '"status":"shutting_down"' in ask(draining[0])["body"], "the drain")
        self.assert_alike({route: ask(route) for route in draining})

    def test_head_says_what_get_says(self):
        head = recorder.answer(self.sidecar().admin, "/health/mixed", "HEAD")
        self.assertEqual(head, self.goldens["mixed"] | {"body": ""})

    def test_the_library_answers_as_terminus(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(self.routes, file)
            file.flush()
            done = subprocess.run([HEALTH_DOCUMENTS, file.name], capture_output=True, timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        answers = json.loads(done.stdout)
        missing = [route for route in self.select("library") if route not in answers]
        if missing:
            self.assertEqual(missing, ["heap-within", "heap-above"])
            print("SKIPPED: heap-within, heap-above: malloc does not tell what is used (a sanitizer's)", flush=True)
        for answer in answers.values():
            answer["status"] = f"HTTP/1.1 {answer['status']} {HTTPStatus(answer['status']).phrase}"
            answer["body"] = recorder.masked(answer["body"])
        self.assert_alike(answers)

    def test_a_new_recording_is_what_is_committed(self):
        missing = [why for why in map(requirements.fault, ("node", "npm @nestjs/terminus")) if why]
        if missing:
            requirements.skip(self, "; ".join(missing))
        committed, fresh = recorder.GOLDENS.read_text(), recorder.written(recorder.record())
        drift = "".join(difflib.unified_diff(committed.splitlines(True), fresh.splitlines(True), "committed", "now"))
        self.assertEqual(drift, "", "terminus answers otherwise than goldens.json says; recorder.py writes it anew")


if __name__ == "__main__":
    HEALTH_DOCUMENTS = sys.argv.pop(1)
    requirements.main()
