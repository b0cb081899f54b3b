# SPDX-License-Identifier: Apache-2.0
"""A server of the library's users (observed_server.cpp) with callers that are not ours, and with a log that goes
nowhere; and what observing costs in user instructions, counted as in instructions_test.py. What it is compared with
sets X-Request-Id itself: the answers are the same (one more header is 3,600 instructions of cpp-httplib 0.11)."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import requirements
from app import refusing_port
from caller import Caller, get
from instructions_test import costs, total
from program import PATIENCE

MOST = 3_000                             # user instructions per request, metrics and the access line to a file included
SHORT, LONG = 500, 1_500                 # requests of the two runs
SERVER = os.environ.get("OUTRIGGER_OBSERVED_SERVER", "")
REQUEST = get("/orders/4711?limit=20", "Host: 127.0.0.1:8080", "User-Agent: curl/7.88.1", "Accept: */*")


class ObserveTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="outrigger-")))

    @contextlib.contextmanager
    def server(self, *arguments, under=()):
        """Its port, and a list that has its last words once it has ended."""
        last_words = []
        process = subprocess.Popen([*under, SERVER, *map(str, arguments)], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            yield int(process.stdout.readline()), last_words
            said, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
            last_words.append(said)
        finally:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()

    def test_curl_sees_what_the_log_and_the_metrics_say(self):
        log = self.folder / "log"
        with self.server("observed", log) as (port, _):
            url = f"http://127.0.0.1:{port}"
            command = ["curl", "-sS", "--max-time", "10"]
            head = subprocess.run([*command, "-D-", "-o/dev/null", url + "/orders/7"], capture_output=True, text=True,
                                  check=True).stdout
            request_id = re.search(r"(?i)^x-request-id: (\S+)$", head, re.MULTILINE)[1]
            page = subprocess.run([*command, url + "/metrics"], capture_output=True, text=True, check=True).stdout
            ready = subprocess.run([*command, url + "/readyz"], capture_output=True, text=True, check=True).stdout
        self.assertIn('http_server_request_duration_seconds_count{http_request_method="GET",http_route="/orders/{id}",'
                      'http_response_status_code="200"} 1\n', page)
        self.assertEqual(json.loads(ready)["status"], "ok")
        [line] = [json.loads(line) for line in log.read_text().splitlines()]
        self.assertEqual(line["http"]["request"]["id"], request_id)
        self.assertEqual(line["event"]["dataset"], "outrigger.access")

    def test_a_full_disk_costs_lines_and_nothing_else(self):
        with self.server("observed", "/dev/full") as (port, last_words):
            took = self.ask(port, 200)
        self.assertLess(took, PATIENCE)                                # not a second each
        self.assertRegex(last_words[0], r"taken 200 refused 0\n")      # by the writer, which could write none of them

    def test_a_dead_logstash_costs_nothing_while_the_spool_has_room(self):
        log = self.folder / "log"
        with self.server("observed", log, f"logstash+tcp://127.0.0.1:{refusing_port(self)}") as (port, last_words):
            took = self.ask(port, 200)
        self.assertLess(took, PATIENCE)                                # not a second each
        self.assertRegex(last_words[0], r"taken 200 refused 0\n")
        self.assertEqual(len(log.read_text().splitlines()), 200)

    def ask(self, port: int, requests: int) -> float:
        """So many on one connection, as cpp-httplib allows; the seconds that they took."""
        start = time.monotonic()
        for _ in range(requests // 5):                                 # the least that any release allows a connection
            with Caller(("127.0.0.1", port)) as caller:
                for _ in range(5):
                    caller.send(REQUEST)
                    self.assertEqual(caller.reply().status, 200)
        return time.monotonic() - start

    def counted(self, requests: int, *arguments) -> pathlib.Path:
        profile = self.folder / f"callgrind.{arguments[0]}.{requests}"
        under = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
                 f"--log-file={self.folder / 'valgrind.log'}"]
        with self.server(*arguments, under=under) as (port, _):
            self.ask(port, requests)
        return profile

    def each(self, *arguments):
        """Instructions per request, and those of each function."""
        short, long = self.counted(SHORT, *arguments), self.counted(LONG, *arguments)
        before, after = costs(short), costs(long)
        grown = {name: (count - before.get(name, 0)) / (LONG - SHORT) for name, count in after.items()}
        return (total(long) - total(short)) / (LONG - SHORT), grown

    def test_observing_costs_few_instructions(self):
        if os.environ.get("OUTRIGGER_BUILD_TYPE") != "Release":
            requirements.skip(self, "only an optimised build is counted")
        plain, plain_functions = self.each("plain")
        observed, functions = self.each("observed", self.folder / "log")
        more = {name: count - plain_functions.get(name, 0) for name, count in functions.items()}
        dearest = sorted(more.items(), key=lambda entry: -entry[1])[:25]
        print(f"{observed - plain:,.0f} user instructions more per request than {plain:,.0f}; where they go, callees "
              "not included:\n" + "\n".join(f"{count:8.0f}  {name}" for name, count in dearest), flush=True)
        self.assertGreater(observed - plain, 500, "so few cannot be: the counting is broken")
        self.assertLessEqual(observed - plain, MOST, "see above where they go")


if __name__ == "__main__":
    requirements.main("curl", "valgrind", "callgrind_annotate")
