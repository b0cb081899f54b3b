# SPDX-License-Identifier: Apache-2.0
"""The main job with real peers: a Node application, called by Node's own client with a keep-alive agent."""
import threading

import requirements
from caller import Caller, get
from node_app import NodeApp, checks_of
from program import until
from system_case import SystemTest


class NodeTest(SystemTest):
    def setUp(self):
        self.app = NodeApp()
        self.addCleanup(self.app.stop)

    def call_all(self, sidecar) -> int:
        faults, calls = checks_of("caller.mjs", sidecar.url())
        self.assertEqual(faults, [])
        return calls

    def test_nodes_client_calls_a_node_application(self):
        sidecar = self.sidecar(self.app)
        sidecar.wait_ready()
        calls = self.call_all(sidecar)
        self.assertGreater(calls, 500)
        lines = sidecar.access_lines(calls)
        self.assertEqual(len(lines), calls)
        self.assertEqual([line for line in lines if "reason" in line.get("outrigger", {})], [])
        page = sidecar.metrics()
        self.assertEqual(page.count("http_server_request_duration_seconds"), calls)
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 0, "no active request")

    def test_the_same_with_one_worker_and_with_many(self):
        for workers in (1, 8):
            with self.subTest(workers=workers):
                sidecar = self.sidecar(self.app, {"workers": workers})
                self.assertEqual(len(sidecar.access_lines(calls := self.call_all(sidecar))), calls)

    def test_pipelined_requests_to_node(self):
        sidecar = self.sidecar(self.app)
        with Caller(sidecar.address) as caller:
            caller.send(b"".join(get(f"/fixed?size={size}") for size in range(200)))
            for size in range(200):
                self.assertEqual(len(caller.reply().body), size)

    def test_an_early_reply_of_node(self):
        sidecar = self.sidecar(self.app)
        with Caller(sidecar.address) as caller:
            caller.send(get("/early", "Content-Length: 2000000", method="POST") + b"x" * 1000)
            self.assertEqual(caller.reply("POST").body, b"soon")     # long before the upload's end
            caller.send(b"x" * 1_999_000)
        self.assert_logged(sidecar, 1, status=200)

    def test_node_restarts_under_load(self):
        """kill -9 while requests run: nothing but 502 in between, and 200 again afterwards."""
        sidecar = self.sidecar(self.app)
        sidecar.wait_ready()
        statuses, stop = [], threading.Event()

        def calls():
            with Caller(sidecar.address) as caller:
                while not stop.is_set():
                    statuses.append(caller.ask(get()).status)

        threads = [threading.Thread(target=calls) for _ in range(4)]
        for thread in threads:
            thread.start()
        self.addCleanup(stop.set)
        until(lambda: len(statuses) > 200, "some traffic")
        self.app.stop()
        until(lambda: 502 in statuses[-1:], "a failure")
        again = NodeApp(self.app.port)
        self.addCleanup(again.stop)
        until(lambda: statuses[-100:] == [200] * 100, "a hundred successes in a row")
        stop.set()
        for thread in threads:
            thread.join(20)
            self.assertFalse(thread.is_alive())
        self.assertEqual(set(statuses), {200, 502})
        self.assert_logged(sidecar, len(statuses))


if __name__ == "__main__":
    requirements.main("node")
