# SPDX-License-Identifier: Apache-2.0
"""What a caller sees when the sidecar itself answers, and what the log and the metrics say about it."""
import socket
import threading
import time

import requirements
from app import refusing_port
from caller import Broken, Caller, get
from program import until
from system_case import DURATIONS, SystemTest

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def reset_after(data: bytes):
    """An app that sends this and resets the connection once the sidecar has taken it."""
    def serve(connection):
        connection.head()
        connection.send(data)
        time.sleep(0.05)                     # a reset would destroy what has not been read yet
        connection.reset()
    return serve


def send_and_wait(data: bytes):
    def serve(connection):
        connection.head()
        connection.send(data)
        connection.wait_for_end()
    return serve


def send_and_close(data: bytes):
    def serve(connection):
        connection.head()
        connection.send(data)
    return serve


class AppFails(SystemTest):
    def test_an_app_that_is_down(self):
        sidecar = self.sidecar(refusing_port(self))
        with Caller(sidecar.address) as caller:
            for number in range(3):                              # the caller's connection stays
                reply = caller.ask(get("/a?b=1"))
                problem = self.assert_problem(reply, 502, "connect_failed")
                self.assertEqual(list(problem), ["status", "title", "detail", "reason", "request_id"])
                self.assertEqual(reply.headers["Proxy-Status"],
                                 'outrigger; error=destination_unavailable; details="connect_failed"')
                self.assertEqual(problem["request_id"], reply.headers["X-Request-Id"])
                self.assertIn(sidecar.settings["inbound"]["app"].removeprefix("http://"), problem["detail"])
        line = self.assert_logged(sidecar, 3, status=502, reason="connect_failed", path="/a")
        self.assertEqual((line["log.level"], line["event"]["outcome"]), ("error", "failure"))
        self.assert_counted(sidecar, 502, "connect_failed", 3)

    def test_head_gets_no_body(self):
        sidecar = self.sidecar(refusing_port(self))
        with Caller(sidecar.address) as caller:
            for _ in range(2):
                reply = caller.ask(get(method="HEAD"), "HEAD")
                self.assertEqual(reply.status, 502)
                self.assertGreater(int(reply.headers["Content-Length"]), 50)

    def test_an_upload_to_an_app_that_is_down(self):
        sidecar = self.sidecar(refusing_port(self))
        with Caller(sidecar.address) as caller:
            caller.send(get("/", "Content-Length: 3000000", method="POST"))
            sender = threading.Thread(target=self.send_all, args=(caller, b"x" * 3_000_000), daemon=True)
            sender.start()
            self.assert_problem(caller.reply("POST"), 502, "connect_failed")
        self.assert_logged(sidecar, 1, status=502, method="POST")

    @staticmethod
    def send_all(caller, data):
        try:
            caller.send(data)
        except OSError:
            pass

    def test_an_app_that_never_answers(self):
        sidecar = self.serve(lambda connection: connection.wait_for_end(), {"inbound": {"timeout": "200ms"}})
        began = time.monotonic()
        self.assert_answer(sidecar, get(), 504, "timeout")
        self.assertGreaterEqual(time.monotonic() - began, 0.19)
        line = self.assert_logged(sidecar, 1, status=504, reason="timeout")
        self.assertGreaterEqual(line["event"]["duration"], 190_000_000)
        self.assert_counted(sidecar, 504, "timeout")

    def test_the_timeout_counts_from_the_requests_last_byte(self):
        def serve(connection):
            connection.body(connection.head())
            connection.wait_for_end()

        sidecar = self.serve(serve, {"inbound": {"timeout": "300ms"}})
        with Caller(sidecar.address) as caller:
            caller.send(get("/", "Content-Length: 6", method="POST"))
            for byte in b"abcdef":                               # takes longer than the timeout
                self.assertTrue(caller.silent(0.1))
                caller.send(bytes([byte]))
            self.assert_problem(caller.reply("POST"), 504, "timeout")

    def test_an_app_whose_connect_hangs(self):
        # Nobody accepts and the queue is full: the kernel drops further SYNs.
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
            fillers.append(filler)
        sidecar = self.sidecar(full.getsockname()[1], {"inbound": {"timeout": "300ms"}})
        self.assert_answer(sidecar, get(), 504, "timeout")

    def test_an_app_that_answers_garbage(self):
        for garbage in (b"hello\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/3.7 200 OK\r\n\r\n",
                        b"\x16\x03\x01\x02\x00\x01", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
                        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"):
            with self.subTest(garbage):
                sidecar = self.serve(send_and_wait(garbage))
                self.assert_answer(sidecar, get(), 502, "upstream_protocol_error")
                self.assert_logged(sidecar, 1, status=502, reason="upstream_protocol_error")
                self.assert_counted(sidecar, 502, "upstream_protocol_error")

    def test_an_app_with_an_endless_head(self):
        def serve(connection):
            connection.head()
            connection.send(b"HTTP/1.1 200 OK\r\n")
            for number in range(100_000):
                connection.send(b"X-%d: %s\r\n" % (number, b"v" * 1000))

        sidecar = self.serve(serve)
        self.assert_answer(sidecar, get(), 502, "upstream_protocol_error")

    def test_an_app_that_closes_within_the_head(self):
        for head in (b"", b"H", b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"):
            with self.subTest(head):
                sidecar = self.serve(send_and_close(head))
                self.assert_answer(sidecar, get(), 502, "upstream_reset")
                self.assert_logged(sidecar, 1, status=502, reason="upstream_reset")

    def test_an_app_that_resets_within_the_head(self):
        sidecar = self.serve(reset_after(b"HTTP/1.1 200 OK\r\n"))
        self.assert_answer(sidecar, get(), 502, "upstream_reset")

    def test_an_app_that_ends_within_the_body(self):
        heads = {"length": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500,
                 "chunked": CHUNKED + b"1f4\r\n" + b"x" * 500 + b"\r\n"}
        for framing, data in heads.items():
            for ending in (send_and_close, reset_after):
                with self.subTest(framing=framing, ending=ending.__name__):
                    sidecar = self.serve(ending(data))
                    with Caller(sidecar.address) as caller:
                        with self.assertRaises((Broken, ConnectionError)):
                            caller.ask(get())                    # must not look whole
                    line = self.assert_logged(sidecar, 1, status=200, reason="upstream_reset")
                    self.assertEqual(line["event"]["outcome"], "failure")
                    self.assert_counted(sidecar, 200, "upstream_reset")

    def test_an_app_that_stops_within_the_body(self):
        def serve(connection):
            connection.head()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
            connection.wait_for_end()

        sidecar = self.serve(serve, {"limits": {"idle": "300ms"}})
        with Caller(sidecar.address) as caller:
            with self.assertRaises((Broken, ConnectionError)):
                caller.ask(get())
        self.assert_logged(sidecar, 1, status=200, reason="timeout")

    def test_an_app_with_a_bad_chunk(self):
        sidecar = self.serve(send_and_wait(CHUNKED + b"3\r\nabc\r\nzz\r\n"))
        with Caller(sidecar.address) as caller:
            with self.assertRaises((Broken, ConnectionError)):
                caller.ask(get())
        self.assert_logged(sidecar, 1, status=200, reason="upstream_protocol_error")

    def test_an_app_that_says_more_than_it_announced(self):
        """The rest must not become the answer to the next request."""
        evil = (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        sidecar = self.answer(lambda connection, _: connection.send(evil), {"workers": 1})
        with Caller(sidecar.address) as caller:
            for _ in range(10):
                reply = caller.ask(get())
                self.assertEqual((reply.status, reply.body), (200, b"ok"))


class CallerLeaves(SystemTest):
    def start_slow(self):
        self.seen = threading.Event()

        def serve(connection):
            while connection.head():
                self.seen.set()
                connection.wait_for_end()
                return

        return self.serve(serve)

    def test_a_caller_that_leaves_while_the_app_thinks(self):
        for leave in (Caller.close, Caller.reset):
            with self.subTest(leave.__name__):
                sidecar = self.start_slow()
                caller = Caller(sidecar.address)
                caller.send(get("/slow"))
                self.assertTrue(self.seen.wait(20))
                leave(caller)
                self.assert_logged(sidecar, 1, status=499, reason="caller_left", path="/slow")
                self.assert_counted(sidecar, 499, "caller_left")
                # And the app is told, by the end of its connection.
                until(lambda: sidecar.metrics().sum("http_server_active_requests") == 0, "no active request")
                until(lambda: not self.app.open, "the end of the connection to the app")

    def test_a_caller_that_leaves_within_its_upload(self):
        for fields, part in (("Content-Length: 1000", b"x" * 10), ("Transfer-Encoding: chunked", b"a\r\nx")):
            with self.subTest(fields):
                broken = threading.Event()

                def serve(connection):
                    if not (request := connection.head()):
                        return
                    try:
                        connection.body(request)
                    except (Broken, OSError):
                        broken.set()

                sidecar = self.serve(serve)
                caller = Caller(sidecar.address)
                caller.send(get("/up", fields, method="POST") + part)
                until(lambda: sidecar.metrics().sum("http_server_active_requests") == 1, "the exchange")
                caller.close()
                self.assert_logged(sidecar, 1, status=499, reason="caller_left", method="POST")
                self.assertTrue(broken.wait(20), "the app must not take a part for the whole")

    def test_a_caller_that_leaves_within_the_reply(self):
        def serve(connection):
            if not connection.head():
                return
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            for _ in range(1000):
                connection.send(b"x" * 100_000)

        sidecar = self.serve(serve)
        caller = Caller(sidecar.address)
        caller.send(get("/down"))
        caller.head()
        caller.close()
        self.assert_logged(sidecar, 1, reason="caller_left", path="/down")
        self.assertEqual(sidecar.metrics().count(DURATIONS, error_type="caller_left"), 1)

    def test_a_caller_that_leaves_within_the_head_leaves_no_trace(self):
        sidecar = self.start_slow()
        with Caller(sidecar.address) as caller:
            caller.send(b"GET / HTT")
        with Caller(sidecar.address) as caller:
            self.assert_problem(caller.ask(b"x\r\n\r\n"), 400, "bad_request")
        self.assert_logged(sidecar, 1, status=400)


if __name__ == "__main__":
    requirements.main()
