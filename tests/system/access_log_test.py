# SPDX-License-Identifier: Apache-2.0
"""The access log on standard output: one ECS line per exchange, and never a reason to stand still."""
import json
import os
import threading
import time
from datetime import datetime, timedelta, timezone

import requirements
from app import App, answering
from caller import Caller, get, post
from program import until
from system_case import SystemTest


class AccessLogTest(SystemTest):
    def start(self, settings=None, **more):
        self.app = App(answering(lambda connection, request: connection.reply(
            int(request.headers["X-Status"] or 200), b"body!")))
        self.addCleanup(self.app.stop)
        return self.sidecar(self.app, settings, **more)

    def test_a_line_has_the_fields_of_ecs(self):
        sidecar = self.start({"service": "orders", "inbound": {"routes": ["/users/{id}"]}})
        with Caller(sidecar.address) as caller:
            port = caller.socket.getsockname()[1]
            caller.ask(post("/users/7?full=1&q=%22", b"abc", "User-Agent: probe/1.0", "X-Request-Id: r-7",
                            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), "POST")
        line = sidecar.access_lines(1)[0]
        stamp = datetime.fromisoformat(line.pop("@timestamp").replace("Z", "+00:00"))
        self.assertLess(abs(datetime.now(timezone.utc) - stamp), timedelta(minutes=1))
        duration = line["event"].pop("duration")
        self.assertIsInstance(duration, int)
        self.assertTrue(0 < duration < 20_000_000_000, duration)
        self.assertRegex(line.pop("message"), r"^POST /users/7 200 in [0-9.]+ ms$")
        self.assertRegex(line.pop("ecs.version"), r"^\d+\.\d+")
        self.assertRegex(line["span"].pop("id"), r"^[0-9a-f]{16}$")
        self.assertEqual(line, {
            "log.level": "info",
            "service": {"name": "orders"},
            "event": {"dataset": "outrigger.access", "kind": "event", "category": ["web"], "type": ["access"],
                      "outcome": "success"},
            "http": {"version": "1.1", "request": {"id": "r-7", "method": "POST", "body": {"bytes": 3}},
                     "response": {"status_code": 200, "body": {"bytes": 5}}},
            "url": {"path": "/users/7", "query": "full=1&q=%22", "domain": "shop.test"},
            "client": {"ip": "127.0.0.1", "port": port},
            "user_agent": {"original": "probe/1.0"},
            "trace": {"id": "4bf92f3577b34da6a3ce929d0e0e4736"},
            "span": {},
            "outrigger": {"route": "/users/{id}", "endpoint": f"127.0.0.1:{self.app.port}",
                          "parent_span": "00f067aa0ba902b7"},
        })

    def test_a_line_stays_valid_whatever_the_caller_says(self):
        sidecar = self.start()
        nasty = 'a"b\\c\t caf\xe9 \xff\xfe </script> %s%n'
        with Caller(sidecar.address) as caller:
            reply = caller.ask(get("/" + "p" * 9000 + "?" + "q" * 5000, f"User-Agent: {nasty}"))
            self.assertEqual(reply.status, 200)
            caller.ask(get('/quote"back\\slash<>', f"X: {nasty}"))   # taken or refused, but logged
        lines = sidecar.access_lines(2)
        raw = sidecar.stdout_file.read_bytes()
        raw.decode("utf-8")                                          # whole UTF-8 sequences only
        self.assertLess(max(map(len, raw.splitlines())), 64 * 1024)
        self.assertIn('a"b\\c', lines[0]["user_agent"]["original"])
        self.assertTrue(lines[0]["url"]["path"].startswith("/ppp"))

    def test_there_is_one_line_for_each_exchange(self):
        sidecar = self.start()
        with Caller(sidecar.address) as caller:
            for number in range(500):
                caller.ask(get(f"/{number}"))
        lines = sidecar.access_lines(500)
        self.assertEqual([line["url"]["path"] for line in lines], [f"/{number}" for number in range(500)])
        self.assertEqual(len({line["http"]["request"]["id"] for line in lines}), 500)
        self.assertEqual(len({line["trace"]["id"] for line in lines}), 500)

    def test_the_start_and_the_end_are_logged(self):
        sidecar = self.start()
        until(lambda: sidecar.events("sidecar-started"), "the start in the log")
        started = sidecar.events("sidecar-started")[0]["outrigger"]
        self.assertEqual(started["listen"], "%s:%d" % sidecar.address)
        self.assertEqual(started["admin"], "%s:%d" % sidecar.admin)
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(), 0)
        log = sidecar.log()
        self.assertEqual([line["event"].get("action") for line in log][-2:], ["drain-began", "drain-ended"])

    def test_only_errors(self):
        sidecar = self.start({"logs": {"access": "errors"}})
        with Caller(sidecar.address) as caller:
            for status in (200, 404, 500, 301, 503):
                caller.ask(get("/", f"X-Status: {status}"))
        lines = sidecar.access_lines(2)
        self.assertEqual([line["http"]["response"]["status_code"] for line in lines], [500, 503])

    def test_nothing(self):
        sidecar = self.start({"logs": {"access": "none"}})
        for _ in range(3):
            sidecar.call()
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual(sidecar.access_lines(), [])

    def test_a_share(self):
        sidecar = self.start({"logs": {"access": "20%"}})
        with Caller(sidecar.address) as caller:
            for number in range(1000):
                caller.ask(get("/", f"X-Status: {500 if number % 100 == 0 else 200}"))
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(), 0)
        lines = sidecar.access_lines()
        self.assertTrue(120 < len(lines) < 310, len(lines))         # 198 and 10, roughly
        self.assertEqual(sum(line["http"]["response"]["status_code"] == 500 for line in lines), 10)

    def test_the_level_quiets_operations(self):
        sidecar = self.start({"logs": {"level": "error"}})
        sidecar.call()
        sidecar.access_lines(1)
        self.assertEqual(sidecar.events("sidecar-started"), [])


class FullPipe(SystemTest):
    def start(self):
        self.app = App(answering(lambda connection, _: connection.reply(200, b"ok")))
        self.addCleanup(self.app.stop)
        self.end, write_end = os.pipe()
        self.addCleanup(lambda: self.end is None or os.close(self.end))
        sidecar = self.sidecar(self.app, stdout=write_end)
        os.close(write_end)
        return sidecar

    def calls(self, sidecar, count: int) -> float:
        """The longest of so many calls, each with a line of some 2 KiB."""
        longest = 0.0
        with Caller(sidecar.address) as caller:
            for _ in range(count):
                began = time.monotonic()
                self.assertEqual(caller.ask(get("/" + "x" * 1900)).status, 200)
                longest = max(longest, time.monotonic() - began)
        return longest

    def test_a_pipe_that_nobody_reads_blocks_no_traffic(self):
        sidecar = self.start()
        # A pipe takes 64 KiB and the ring behind it a bounded amount: this is far more than both.
        longest = self.calls(sidecar, 6000)
        self.assertLess(longest, 2.0)
        until(lambda: sidecar.metrics().count("http_server_request_duration_seconds") == 6000, "all counted")
        self.assertEqual(sidecar.ask_admin("/livez").status, 200)
        # Whoever reads at last gets whole lines.
        lines = []

        def read():
            with os.fdopen(self.end, "rb") as pipe:
                lines.extend(pipe.read().splitlines())

        reader = threading.Thread(target=read)
        reader.start()
        time.sleep(0.2)
        self.assertEqual(self.calls(sidecar, 10) < 2.0, True)
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(), 0)
        reader.join(20)
        self.end = None
        paths = [line["url"]["path"] for line in map(json.loads, lines) if "url" in line]
        self.assertGreater(len(paths), 10)

    def test_a_pipe_that_nobody_reads_delays_the_end_by_little(self):
        sidecar = self.start()
        self.calls(sidecar, 3000)
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(10), 0)

    def test_a_pipe_without_a_reader_ends_nothing(self):
        sidecar = self.start()
        os.close(self.end)
        self.end = None
        self.calls(sidecar, 200)
        time.sleep(0.3)                                              # the log's flush meets the broken pipe
        self.calls(sidecar, 200)
        until(lambda: sidecar.metrics().count("http_server_request_duration_seconds") == 400, "all counted")


if __name__ == "__main__":
    requirements.main()
