# SPDX-License-Identifier: Apache-2.0
"""Requests that the sidecar refuses: malformed, too large, too slow, or not built yet."""
import time

import requirements
from caller import Caller, chunked, get, post
from system_case import SystemTest



class CallerIsWrong(SystemTest):
    def start_quiet(self, settings=None):
        """An app that must never be asked."""
        self.asked = []

        def answer(connection, request):
            self.asked.append(request)
            connection.reply()

        return self.answer(answer, settings)

    POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
    MALFORMED = {
        "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "no version": b"GET /\r\n\r\n",
        "wrong version": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "no host": b"GET / HTTP/1.1\r\n\r\n",
        "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "a bad host": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "space before colon": b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
        "folded": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
        "no colon": b"GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n",
        "nul": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        "bare cr": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        "bare lf": b"GET / HTTP/1.1\nHost: a\n\n",
        "a bad method": b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "length and chunked": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "a bad length": POST + b"Content-Length: +5\r\n\r\nhello",
        "a list of lengths": POST + b"Content-Length: 5, 6\r\n\r\nhello",
        "an endless length": POST + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
        "chunked not last": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        "chunked twice": POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
        "unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "chunked in 1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    }

    def test_malformed_requests_are_refused_and_the_connection_closes(self):
        sidecar = self.start_quiet()
        for name, data in self.MALFORMED.items():
            with self.subTest(name):
                self.assert_answer(sidecar, data, 400, "bad_request", closes=True)
        lines = sidecar.access_lines(len(self.MALFORMED))
        self.assertEqual({line["outrigger"]["reason"] for line in lines}, {"bad_request"})
        self.assert_counted(sidecar, 400, "bad_request", len(self.MALFORMED))
        self.assertEqual(self.asked, [])

    def test_what_follows_a_malformed_request_is_never_served(self):
        sidecar = self.start_quiet()
        with Caller(sidecar.address) as caller:
            caller.send(self.MALFORMED["length and chunked"] + get("/smuggled"))
            self.assert_problem(caller.reply(), 400, "bad_request")
            self.assertTrue(caller.closed())
        self.assert_logged(sidecar, 1)
        self.assertEqual(self.asked, [])

    def test_bad_chunks_are_refused(self):
        sidecar = self.serve(lambda connection: connection.body(connection.head()))
        chunks = (b"zz\r\n", b"-1\r\n", b"3\r\nabcd\r\n", b"3\nabc\n", b"fffffffffffffffff\r\n")
        for count, chunk in enumerate(chunks, 1):
            with self.subTest(chunk):
                data = get("/", "Transfer-Encoding: chunked", method="POST") + chunk
                self.assert_answer(sidecar, data, 400, "bad_request", "POST", closes=True)
                self.assert_logged(sidecar, count, status=400, reason="bad_request")

    def test_a_head_that_is_too_large(self):
        sidecar = self.start_quiet({"limits": {"header_bytes": "2KiB", "uri_bytes": "1KiB"}})
        for name, data in {"one field": get("/", "X: " + "v" * 3000),
                           "many fields": get("/", *[f"X-{i}: {'v' * 50}" for i in range(60)]),
                           "unended": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"v" * 5000}.items():
            with self.subTest(name):
                self.assert_answer(sidecar, data, 431, "header_too_large", closes=True)
        self.assert_logged(sidecar, 3, status=431, reason="header_too_large")
        with Caller(sidecar.address) as caller:
            self.assertEqual(caller.ask(get("/", "X: " + "v" * 1000)).status, 200)

    def test_a_target_that_is_too_long(self):
        sidecar = self.start_quiet({"limits": {"uri_bytes": "1KiB"}})
        for length in (1025, 3000, 20_000):
            self.assert_answer(sidecar, get("/" + "p" * (length - 1)), 414, "uri_too_long", closes=True)
        unended = b"GET /" + b"p" * 5000
        self.assert_answer(sidecar, unended, 414, "uri_too_long", closes=True)
        with Caller(sidecar.address) as caller:
            self.assertEqual(caller.ask(get("/" + "p" * 1023)).status, 200)

    def test_a_head_that_is_not_whole_in_time(self):
        sidecar = self.start_quiet({"limits": {"head_timeout": "300ms"}})
        with Caller(sidecar.address) as caller:
            caller.send(b"GET / HTTP/1.1\r\nHo")
            self.assert_problem(caller.reply(), 408, "request_timeout")
            self.assertTrue(caller.closed())
        self.assert_logged(sidecar, 1, status=408, reason="request_timeout")

    def test_a_head_that_drips_is_not_given_more_time(self):
        sidecar = self.start_quiet({"limits": {"head_timeout": "500ms"}})
        began = time.monotonic()
        with Caller(sidecar.address) as caller:
            for byte in get("/", "X: " + "v" * 300):
                try:
                    caller.send(bytes([byte]))
                except OSError:
                    break
                if not caller.silent(0.02):
                    break
            self.assert_problem(caller.reply(), 408, "request_timeout")
        self.assertLess(time.monotonic() - began, 5)

    def test_a_connection_without_a_request_is_closed_without_a_word(self):
        sidecar = self.start_quiet({"limits": {"idle": "300ms"}})
        with Caller(sidecar.address) as caller:
            self.assertTrue(caller.closed())
        with Caller(sidecar.address) as caller:
            self.assertEqual(caller.ask(get()).status, 200)
            self.assertTrue(caller.closed())
        self.assert_logged(sidecar, 1, status=200)

    def test_a_body_that_is_too_large(self):
        def serve(connection):
            while request := connection.head():
                connection.body(request)
                connection.reply()

        sidecar = self.serve(serve, {"limits": {"body_bytes": "1000B"}})
        with Caller(sidecar.address) as caller:
            self.assertEqual(caller.ask(post("/", b"x" * 1000), "POST").status, 200)
        self.assert_answer(sidecar, post("/", b"x" * 1001), 413, "body_too_large", "POST", closes=True)
        grows = get("/", "Transfer-Encoding: chunked", method="POST") + chunked(b"x" * 500, b"x" * 501)
        self.assert_answer(sidecar, grows, 413, "body_too_large", "POST", closes=True)
        self.assert_logged(sidecar, 3, status=413, reason="body_too_large")

    def test_a_large_body_is_refused_before_it_is_sent(self):
        sidecar = self.start_quiet({"limits": {"body_bytes": "1000B"}})
        data = get("/", "Content-Length: 5000", "Expect: 100-continue", method="POST")
        self.assert_answer(sidecar, data, 413, "body_too_large", "POST", closes=True)
        self.assertEqual(self.asked, [])

    def test_what_is_not_built_is_said(self):
        sidecar = self.start_quiet()
        connect = b"CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n"
        with Caller(sidecar.address) as caller:
            caller.send(connect + get("/meant-for-the-tunnel"))
            self.assert_problem(caller.reply("CONNECT"), 501, "not_implemented")
            self.assertTrue(caller.closed())
        self.assert_logged(sidecar, 1, status=501, reason="not_implemented")
        self.assertEqual(self.asked, [])


if __name__ == "__main__":
    requirements.main()
