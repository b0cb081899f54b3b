# SPDX-License-Identifier: Apache-2.0
"""The examples for Boost.Asio and Beast: a server that tells what it serves, a client whose calls are protected."""
import requirements
from app import refusing_port
from example_case import TRACE, TRACEPARENT, ExampleCase
from program import fetch


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
        metrics = self.get("/metrics").body.decode()
        for status, route in (("200", "/orders/{id}"), ("500", "/orders/{id}")):
            self.assertRegex(metrics, rf'http_server_request_duration_seconds_count{{[^}}]*http_route="{route}",'
                                      rf'http_response_status_code="{status}"[^}}]*}} 1\n')
        shown, access, failed, *_ = self.end()
        self.assertEqual((shown["message"], shown["http"]["request"]["id"], shown["trace"]["id"]),
                         ("order shown", "r-1", TRACE))
        self.assertEqual((access["event"]["dataset"], access["http"]["request"]["id"], access["trace"]["id"]),
                         ("outrigger.access", "r-1", TRACE))
        self.assertEqual(failed["error"]["message"], "no connection to the database")

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
