# SPDX-License-Identifier: Apache-2.0
"""The examples for Boost.Asio and Beast: a server that tells what it serves, a client whose calls are protected."""
import http.client
import json
import re
import resource

import requirements
from app import refusing_port
from example_case import TRACE, TRACEPARENT, ExampleCase
from program import PATIENCE, fetch, until


class BeastServerTest(ExampleCase):
    def setUp(self):
        self.serve("beast_server", 0, 0)

    def get(self, target, **headers):
        return fetch(("127.0.0.1", self.port), "GET", target, headers=headers)

    def test_a_request_is_metric_line_and_ids(self):
        page = self.get("/orders/7", **{"X-Request-Id": "r-1", "traceparent": TRACEPARENT})
        self.assertEqual((page.status, page.body, page.headers["X-Request-Id"]), (200, b'{"id":"7"}', "r-1"))
        self.assertEqual(self.get("/orders/13").status, 500)
        self.assertEqual(self.get("/nowhere").status, 404)
        for status in ("200", "500"):                                   # counted once the answer has left
            until(lambda: self.counted(self.get("/metrics").body.decode(), "/orders/{id}", status) == 1, f"one {status}")
        records = self.end()
        [shown] = [one for one in records if one["message"] == "order shown"]
        [access] = [one for one in records if one["message"].startswith("GET /orders/7 ")]
        [failed] = [one for one in records if "error" in one]
        self.assertEqual((shown["message"], shown["http"]["request"]["id"], shown["trace"]["id"]),
                         ("order shown", "r-1", TRACE))
        self.assertEqual((access["event"]["dataset"], access["http"]["request"]["id"], access["trace"]["id"]),
                         ("outrigger.access", "r-1", TRACE))
        self.assertEqual(failed["error"]["message"], "no connection to the database")

    @staticmethod
    def counted(metrics: str, route: str, status: str) -> int:
        count = re.search(rf'http_server_request_duration_seconds_count{{[^}}]*http_route="{route}",'
                          rf'http_response_status_code="{status}"[^}}]*}} (\d+)\n', metrics)
        return int(count[1]) if count else 0

    def test_pages_are_for_get_and_head(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        lengths = []
        for method in ("HEAD", "GET"):
            connection.request(method, "/health")
            reply = connection.getresponse()
            lengths.append((reply.status, reply.headers["Content-Length"], reply.headers["Cache-Control"]))
            body = reply.read()
        self.assertEqual(lengths, [(200, str(len(body)), "no-cache, no-store, must-revalidate")] * 2)
        connection.request("POST", "/metrics")
        self.assertEqual(connection.getresponse().status, 404)

    def test_a_connection_that_it_cannot_accept_is_not_its_last(self):
        pid, files = self.server.pid, resource.RLIMIT_NOFILE
        before = resource.prlimit(pid, files)
        resource.prlimit(pid, files, (3, before[1]))
        waiting = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        self.addCleanup(waiting.close)
        waiting.request("GET", "/orders/7")
        self.assertEqual(json.loads(self.server.stdout.readline())["message"], "a connection could not be accepted")
        resource.prlimit(pid, files, before)
        self.assertEqual(waiting.getresponse().status, 200)

    def test_it_shows_its_health_and_ends_in_order(self):
        self.assertEqual(self.get("/health/ready").json()["status"], "ok")
        self.assertEqual([record["event"]["action"] for record in self.end()],
                         ["shutdown-began", "drain-ended", "shutdown-ended"])


class AsioClientTest(ExampleCase):
    def test_calls_are_answered(self):
        self.serve("beast_server", 0, 0)
        self.assertEqual(self.call("asio_client", self.port, "/orders/7", 2), ['200 {"id":"7"}'] * 2)

    def test_a_server_that_fails_is_left_alone(self):
        self.serve("beast_server", 0, 0)
        said = self.call("asio_client", self.port, "/orders/13", 7)
        self.assertEqual(said, ["500 "] * 5 + ["circuit_open"] * 2)

    def test_nobody_there_is_a_value_too(self):
        said = self.call("asio_client", refusing_port(self), "/", 4)
        self.assertEqual((said[0], said[-1]), ("connect_failed", "circuit_open"))


if __name__ == "__main__":
    requirements.main(outrigger=False)
