# SPDX-License-Identifier: Apache-2.0
"""The example for gRPC: a server whose interceptor tells what it serves, a client whose calls are protected."""
import pathlib
import re
import tempfile

import requirements
from app import refusing_port
from example_case import ExampleCase


class GrpcExampleTest(ExampleCase):
    def counted(self, metrics: str, status: str) -> int:
        count = re.search(rf'http_server_request_duration_seconds_count{{[^}}]*http_route="/shop.Orders/Show",'
                          rf'http_response_status_code="{status}"[^}}]*}} (\d+)\n', metrics)
        return int(count[1]) if count else 0

    def test_calls_are_metrics_and_lines_and_what_fails_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            metrics = pathlib.Path(folder) / "metrics"
            self.serve("grpc_server", metrics)
            self.assertEqual(self.call("grpc_client", self.port, 7, 2), ["Ada", "Ada"])
            self.assertEqual(self.call("grpc_client", self.port, 404, 1), ["there is no such order"])
            said = self.call("grpc_client", self.port, 503, 4)
            self.assertEqual((said[0], said[-1]), ("upstream_reset", "circuit_open"))
            records = self.end()
            page = metrics.read_text()
        self.assertEqual([self.counted(page, status) for status in ("200", "404", "503")], [2, 1, 5])
        access = [record for record in records if record["event"]["dataset"] == "outrigger.access"]
        self.assertEqual(len(access), 8)
        self.assertEqual((access[0]["url"]["path"], access[0]["http"]["response"]["status_code"]),
                         ("/shop.Orders/Show", 200))
        self.assertEqual(len({record["trace"]["id"] for record in access}), 8)   # nobody joined the client's calls

    def test_nobody_there_is_a_value_too(self):
        self.assertEqual(self.call("grpc_client", refusing_port(self), 7, 1), ["upstream_reset"])


if __name__ == "__main__":
    requirements.main(outrigger=False)
