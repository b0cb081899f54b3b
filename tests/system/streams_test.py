# SPDX-License-Identifier: Apache-2.0
"""Connections that last, with peers that others wrote: WebSockets (npm ws), event streams (npm eventsource), trailers
and HTTP/2 with prior knowledge (both Node's own)."""
import re
import subprocess

import requirements
from node_app import NodeApp, checks_of
from program import until
from system_case import DURATIONS, SystemTest

CALLERS = ("websocket_caller.mjs", "event_caller.mjs", "trailer_caller.mjs")
STREAMS = "outrigger_stream_duration_seconds"


class StreamsTest(SystemTest):
    def app(self, where=0, script="stream_app.mjs", *arguments) -> NodeApp:
        app = NodeApp(where, script, *arguments)
        self.addCleanup(app.stop)
        return app

    def assert_all_hold(self, sidecar, script: str, *arguments):
        faults, count = checks_of(script, *arguments, sidecar.url(), seconds=60)
        self.assertEqual(faults, [], script)
        self.assertGreater(count, 0)

    def assert_part_holds(self, sidecar, script: str, part: str):
        faults, count = checks_of(script, sidecar.url(), part, seconds=60)
        self.assertEqual(faults, [], (script, part))
        self.assertGreater(count, 0)

    def assert_at_rest(self, sidecar):
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 0, "no active request")
        until(lambda: sidecar.metrics().sum("outrigger_streams_active") == 0, "no open stream")

    def test_by_an_app_on_a_port(self):
        sidecar = self.sidecar(self.app())
        for script in CALLERS:
            with self.subTest(script):
                self.assert_all_hold(sidecar, script)
        self.assert_at_rest(sidecar)
        lines = sidecar.access_lines(sidecar.metrics().count(DURATIONS))
        statuses = [line["http"]["response"]["status_code"] for line in lines]
        self.assertGreater(statuses.count(101), 100)
        self.assertEqual(statuses.count(403), 1)
        self.assertEqual(set(statuses), {101, 200, 403})
        self.assertEqual(sidecar.metrics().count(STREAMS, kind="upgrade"), statuses.count(101))
        events = sum(line["url"]["path"] == "/events" for line in lines)
        self.assertEqual(sidecar.metrics().count(STREAMS, kind="event_stream"), events)

    def test_by_an_app_on_a_unix_socket(self):
        sidecar = self.sidecar(self.app(self.socket_path()))
        for script in CALLERS:
            with self.subTest(script):
                self.assert_all_hold(sidecar, script)
        self.assert_at_rest(sidecar)

    def test_streams_may_be_silent_for_longer_than_the_idle_limit(self):
        sidecar = self.sidecar(self.app(), {"limits": {"idle": "300ms", "stream_idle": "30s"}})
        for script in ("websocket_caller.mjs", "event_caller.mjs"):
            with self.subTest(script):
                self.assert_part_holds(sidecar, script, "silence")

    def test_streams_end_after_their_own_limit(self):
        sidecar = self.sidecar(self.app(), {"limits": {"idle": "300ms", "stream_idle": "2s"}})
        for script in ("websocket_caller.mjs", "event_caller.mjs"):
            with self.subTest(script):
                self.assert_part_holds(sidecar, script, "tooLong")
        self.assert_at_rest(sidecar)

    def test_http_2_with_prior_knowledge(self):
        for where in (0, self.socket_path()):
            with self.subTest(where):
                sidecar = self.sidecar(self.app(where, "http2_peers.mjs", "serve"))
                self.assert_all_hold(sidecar, "http2_peers.mjs", "call")
                self.assert_at_rest(sidecar)
                self.assertEqual(sidecar.metrics().count(STREAMS, kind="http2"), 1)

    def test_http_2_to_an_app_that_does_not_speak_it(self):
        sidecar = self.sidecar(self.app())
        done = subprocess.run(["curl", "--silent", "--noproxy", "*", "--max-time", "20", "--http2-prior-knowledge",
                               sidecar.url()], capture_output=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(sidecar.call().status, 200)

    def test_flags_alone_suffice_for_all_of_them(self):
        """outrigger run --app PORT: Node's client, curl and wrk too."""
        streams = self.sidecar(self.app(), flags_alone=True)
        for script in CALLERS:
            with self.subTest(script):
                self.assert_all_hold(streams, script)
        sidecar = self.sidecar(self.app(0, "app.mjs"), flags_alone=True)
        self.assert_all_hold(sidecar, "caller.mjs")
        done = subprocess.run(["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", sidecar.url()],
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"hello", b""))
        done = subprocess.run(["wrk", "-t1", "-c16", "-d1s", sidecar.url("/")], capture_output=True, text=True,
                              timeout=30)
        self.assertNotRegex(done.stdout, "Socket errors|Non-2xx")
        self.assertGreater(int(re.search(r"(\d+) requests in", done.stdout)[1]), 100)


if __name__ == "__main__":
    requirements.main("node", "curl", "wrk", "npm ws", "npm eventsource")
