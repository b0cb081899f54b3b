# SPDX-License-Identifier: Apache-2.0
"""The end of the process: what is in flight is answered, what comes in the delay is served, nothing hangs."""
import signal
import socket
import threading
import time

import requirements
from app import App, answering
from caller import Broken, Caller, get
from program import until
from system_case import SystemTest

LONG = {"delay": "0s", "timeout": "60s"}


class DrainTest(SystemTest):
    def start(self, drain, settings=None):
        """An app that answers /slow only when released; everything else at once."""
        self.release, self.began = threading.Event(), threading.Event()
        self.addCleanup(self.release.set)

        def answer(connection, request):
            if request.target == "/slow":
                self.began.set()
                self.release.wait(60)
            connection.reply(200, request.body or b"whole")

        app = App(answering(answer))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"drain": drain, **(settings or {})})
        sidecar.wait_ready()
        return sidecar

    def caller(self, sidecar) -> Caller:
        caller = Caller(sidecar.address)
        self.addCleanup(caller.close)
        return caller

    def in_flight(self, sidecar) -> Caller:
        caller = self.caller(sidecar)
        caller.send(get("/slow"))
        self.assertTrue(self.began.wait(20))
        return caller

    def wait_draining(self, sidecar):
        """Not ready, and every worker's listener is closed: now all workers know. For drains without delay."""
        until(lambda: sidecar.ask_admin("/readyz").status == 503, "not ready")
        until(lambda: self.refused(sidecar), "the listeners' end")

    def refused(self, sidecar) -> bool:
        try:
            socket.create_connection(sidecar.address, timeout=5).close()
            return False
        except ConnectionRefusedError:
            return True

    def assert_last(self, caller, reply):
        self.assertEqual((reply.status, reply.body), (200, b"whole"))
        self.assertEqual((reply.headers["Connection"] or "").lower(), "close")
        self.assertTrue(caller.closed())

    def test_what_is_in_flight_is_answered_whole(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                sidecar = self.start(LONG)
                caller = self.in_flight(sidecar)
                sidecar.signal(number)
                self.wait_draining(sidecar)
                self.assertIsNone(sidecar.process.poll())
                self.release.set()
                self.assert_last(caller, caller.reply())
                self.assertEqual(sidecar.wait(), 0)
                ended = sidecar.events("drain-ended")
                self.assertEqual([event["outrigger"]["cut"] for event in ended], [0])
                self.assert_lines(sidecar, [200])

    def assert_lines(self, sidecar, statuses):
        found = [line["http"]["response"]["status_code"] for line in sidecar.access_lines()]
        self.assertEqual(found, statuses)

    def test_an_upload_in_flight_is_finished(self):
        sidecar = self.start(LONG)
        caller = self.caller(sidecar)
        caller.send(get("/up", "Content-Length: 5", method="POST") + b"wh")
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 1, "the request in progress")
        sidecar.signal(signal.SIGTERM)
        self.wait_draining(sidecar)
        caller.send(b"ole")
        self.assert_last(caller, caller.reply("POST"))
        self.assertEqual(sidecar.wait(), 0)

    def test_a_head_in_flight_is_finished(self):
        sidecar = self.start(LONG)
        caller = self.caller(sidecar)
        caller.send(get("/")[:20])
        time.sleep(0.1)
        sidecar.signal(signal.SIGTERM)
        self.wait_draining(sidecar)
        caller.send(get("/")[20:])
        self.assert_last(caller, caller.reply())
        self.assertEqual(sidecar.wait(), 0)

    def test_new_connections_are_served_during_the_delay(self):
        sidecar = self.start({"delay": "1500ms", "timeout": "60s"})
        began = time.monotonic()
        sidecar.signal(signal.SIGTERM)
        until(lambda: sidecar.call().headers["Connection"] == "close", "Connection: close")
        self.assertEqual(sidecar.ask_admin("/readyz").status, 503)
        served = 0
        while time.monotonic() < began + 1.2:
            caller = self.caller(sidecar)
            self.assert_last(caller, caller.ask(get()))
            served += 1
        self.assertGreater(served, 5)
        until(lambda: self.refused(sidecar), "the listener's end")
        self.assertEqual(sidecar.wait(), 0)
        self.assertGreaterEqual(time.monotonic() - began, 1.49)
        found = sidecar.access_lines()
        self.assertEqual({line["http"]["response"]["status_code"] for line in found}, {200})

    def test_whoever_has_connected_before_the_listeners_end_is_served(self):
        """Also one that no worker has accepted yet: the listener is emptied, then closed."""
        for _ in range(5):
            sidecar = self.start(LONG)
            callers = [self.caller(sidecar) for _ in range(100)]
            sidecar.signal(signal.SIGTERM)
            self.wait_draining(sidecar)
            for caller in callers:
                caller.send(get())
            for caller in callers:
                self.assert_last(caller, caller.reply())
            self.assertEqual(sidecar.wait(), 0)

    def test_requests_on_open_connections_are_served_after_the_delay(self):
        sidecar = self.start(LONG)
        caller, other = self.caller(sidecar), self.in_flight(sidecar)
        self.assertEqual(caller.ask(get()).status, 200)              # open and idle
        sidecar.signal(signal.SIGTERM)
        self.wait_draining(sidecar)
        self.assert_last(caller, caller.ask(get()))
        self.release.set()
        self.assert_last(other, other.reply())
        self.assertEqual(sidecar.wait(), 0)

    def test_idle_connections_are_closed_after_two_seconds(self):
        sidecar = self.start(LONG)
        used, fresh = self.caller(sidecar), self.caller(sidecar)
        self.assertEqual(used.ask(get()).status, 200)
        sidecar.signal(signal.SIGTERM)
        began = time.monotonic()
        self.assertTrue(used.closed())
        self.assertTrue(fresh.closed())
        took = time.monotonic() - began
        self.assertTrue(1.5 < took < 6, took)
        self.assertEqual(sidecar.wait(), 0)

    def test_the_timeout_cuts_what_remains(self):
        sidecar = self.start({"delay": "0s", "timeout": "700ms"})
        caller = self.in_flight(sidecar)
        began = time.monotonic()
        sidecar.signal(signal.SIGTERM)
        self.assert_problem(caller.reply(), 503, "draining")
        self.assertTrue(caller.closed())
        self.assertEqual(sidecar.wait(), 0)
        self.assertTrue(0.6 < time.monotonic() - began < 5)
        self.assertEqual([event["outrigger"]["cut"] for event in sidecar.events("drain-ended")], [1])
        self.assert_lines(sidecar, [503])

    def test_the_timeout_cuts_a_reply_that_goes_on(self):
        def answer(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                            b"Transfer-Encoding: chunked\r\n\r\n")
            while True:
                connection.send(b"3\r\na\n\n\r\n")
                time.sleep(0.02)

        app = App(answering(answer))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"drain": {"delay": "0s", "timeout": "500ms"}})
        caller = self.caller(sidecar)
        caller.send(get("/events"))
        self.assertEqual(caller.head().status, 200)
        sidecar.signal(signal.SIGTERM)
        with self.assertRaises((Broken, ConnectionError)):
            while caller.reader.chunk():
                pass
        self.assertEqual(sidecar.wait(), 0)
        self.assert_lines(sidecar, [200])
        self.assertEqual(sidecar.access_lines()[0]["outrigger"]["reason"], "draining")

    def test_all_callers_are_cut_at_once(self):
        sidecar = self.start({"delay": "0s", "timeout": "500ms"})
        callers = [self.caller(sidecar) for _ in range(20)]
        for caller in callers:
            caller.send(get("/slow"))
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 20, "20 in flight")
        sidecar.signal(signal.SIGTERM)
        for caller in callers:
            self.assert_problem(caller.reply(), 503, "draining")
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual(sidecar.events("drain-ended")[0]["outrigger"]["cut"], 20)
        self.assert_lines(sidecar, [503] * 20)

    def test_a_drain_by_request_leaves_the_process_alive(self):
        sidecar = self.start(LONG)
        caller = self.in_flight(sidecar)
        reply = sidecar.ask_admin("/drain", "POST")
        self.assertEqual(reply.status // 100, 2, reply.body)
        self.wait_draining(sidecar)
        self.assertEqual(sidecar.ask_admin("/drain", "POST").status // 100, 2)   # again: nothing new
        self.release.set()
        self.assert_last(caller, caller.reply())
        until(lambda: sidecar.events("drain-ended"), "the drain's end in the log")
        self.assertIsNone(sidecar.process.poll())
        self.assertEqual(sidecar.ask_admin("/livez").status, 200)
        self.assertEqual(sidecar.ask_admin("/readyz").json()["status"], "shutting_down")
        self.assertEqual(sidecar.metrics().count("http_server_request_duration_seconds"), 1)
        began = time.monotonic()
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(), 0)
        self.assertLess(time.monotonic() - began, 3)                 # nothing is left to wait for
        self.assertEqual(len(sidecar.events("drain-began")), 1)

    def test_a_signal_during_a_drain_by_request_only_adds_the_end(self):
        sidecar = self.start(LONG)
        caller = self.in_flight(sidecar)
        sidecar.ask_admin("/drain", "POST")
        self.wait_draining(sidecar)
        sidecar.signal(signal.SIGTERM)
        sidecar.signal(signal.SIGTERM)
        self.assertTrue(caller.silent(0.3))
        self.release.set()
        self.assert_last(caller, caller.reply())
        self.assertEqual(sidecar.wait(), 0)

    def test_quit_ends_the_process(self):
        sidecar = self.start(LONG)
        caller = self.in_flight(sidecar)
        self.assertEqual(sidecar.ask_admin("/quit", "POST").status // 100, 2)
        self.wait_draining(sidecar)
        self.release.set()
        self.assert_last(caller, caller.reply())
        self.assertEqual(sidecar.wait(), 0)

    def test_quit_without_traffic_is_answered_before_the_end(self):
        for _ in range(10):
            sidecar = self.start(LONG)
            self.assertEqual(sidecar.ask_admin("/quit", "POST").status // 100, 2)
            self.assertEqual(sidecar.wait(), 0)

    def test_a_second_interrupt_ends_at_once(self):
        sidecar = self.start(LONG)
        self.in_flight(sidecar)
        sidecar.signal(signal.SIGINT)
        self.wait_draining(sidecar)
        began = time.monotonic()
        sidecar.signal(signal.SIGINT)
        self.assertEqual(sidecar.wait(), 0)
        self.assertLess(time.monotonic() - began, 5)

    def tunnel(self, sidecar) -> Caller:
        caller = self.caller(sidecar)
        caller.send(get("/", "Connection: Upgrade", "Upgrade: echo"))
        self.assertEqual(caller.head().status, 101)
        return caller

    def assert_echoes(self, caller, text: bytes):
        caller.send(text)
        self.assertEqual(caller.reader.exactly(len(text)), text)

    def test_tunnels_go_on_until_the_timeout(self):
        def serve(connection):
            connection.head()
            connection.send(b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            while data := connection.socket.recv(1000):
                connection.send(data)

        app = App(serve)
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"drain": {"delay": "1s", "timeout": "4s"}})
        sidecar.wait_ready()
        early = self.tunnel(sidecar)
        self.assert_echoes(early, b"before")
        began = time.monotonic()
        sidecar.signal(signal.SIGTERM)
        until(lambda: sidecar.ask_admin("/readyz").status == 503, "not ready")
        late = self.tunnel(sidecar)                                  # new ones are taken during the delay
        self.assert_echoes(late, b"during the delay")
        until(lambda: time.monotonic() > began + 3.2, "longer than an idle connection lives in a drain")
        self.assert_echoes(early, b"after a silence of more than two seconds")
        self.assert_echoes(late, b"too")
        for caller in (early, late):
            self.assertTrue(caller.closed())
        self.assertTrue(3.9 < time.monotonic() - began < 8)
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual([event["outrigger"]["cut"] for event in sidecar.events("drain-ended")], [2])
        self.assert_lines(sidecar, [101, 101])


if __name__ == "__main__":
    requirements.main()
