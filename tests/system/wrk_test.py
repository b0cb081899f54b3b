# SPDX-License-Identifier: Apache-2.0
"""wrk at full speed against a Node application: no error, and nobody's count differs."""
import re
import subprocess

import requirements
from node_app import NodeApp
from program import until
from system_case import SystemTest

CONNECTIONS = 32


class WrkTest(SystemTest):
    def test_wrk_the_log_and_the_histogram_agree(self):
        app = NodeApp()
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app)
        sidecar.wait_ready()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d3s", sidecar.url("/")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stdout, r"Socket errors|Non-2xx")
        requests = int(re.search(r"(\d+) requests in", done.stdout)[1])
        self.assertGreater(requests, 300)
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 0, "no active request")
        counted = sidecar.metrics().count("http_server_request_duration_seconds")
        # wrk leaves without waiting for the last answer of each connection.
        self.assertTrue(requests <= counted <= requests + CONNECTIONS, (requests, counted))
        lines = sidecar.access_lines(counted)
        self.assertEqual(len(lines), counted)
        answered = sum(line["http"]["response"]["status_code"] == 200 for line in lines)
        self.assertGreaterEqual(answered, requests)
        left = [line for line in lines if line["http"]["response"]["status_code"] != 200]
        self.assertEqual({line["outrigger"]["reason"] for line in left} - {"caller_left"}, set())


if __name__ == "__main__":
    requirements.main("node", "wrk")
