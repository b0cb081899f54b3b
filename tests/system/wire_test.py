# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 through the sidecar byte by byte: framing, interim replies, order, incremental bodies."""
import hashlib
import queue
import socket
import threading
import time

import requirements
from app import Mirror
from caller import Caller, chunked, get, post
from program import until
from system_case import SystemTest

SIZES = (0, 1, 1024, 70_000, 5_000_000)


TE = "Transfer-Encoding: chunked"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pattern(size: int) -> bytes:
    block = bytes(range(251))                        # prime: no chunk size hides a shift
    return (block * (size // len(block) + 1))[:size]


class WireTest(SystemTest):
    def call(self, sidecar, data: bytes, method: str = "GET"):
        with Caller(sidecar.address) as caller:
            return caller.ask(data, method)


class Bodies(WireTest):
    def test_bodies_of_every_size_go_up_and_down_fixed_and_chunked(self):
        def answer(connection, request):
            if request.target == "/fixed":
                return connection.reply(200, request.body)
            pieces = [request.body[i:i + 30_000] for i in range(0, len(request.body), 30_000)]
            connection.send(CHUNKED + chunked(*pieces))

        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            for size in SIZES:
                body = pattern(size)
                pieces = [body[i:i + 9_999] for i in range(0, size, 9_999)]
                for back in ("/fixed", "/chunked"):
                    for data in (post(back, body), get(back, TE, method="POST") + chunked(*pieces)):
                        with self.subTest(size=size, up=data[:60], down=back):
                            sender = threading.Thread(target=caller.send, args=(data,))
                            sender.start()
                            reply = caller.reply("POST")
                            sender.join()
                            self.assertEqual(reply.status, 200)
                            self.assertEqual(sha256(reply.body), sha256(body))
        # All on one connection from the caller, and so in order on few to the app.
        self.assert_logged(sidecar, 4 * len(SIZES))

    def test_the_sizes_are_in_the_log(self):
        sidecar = self.answer(lambda connection, request: connection.reply(200, b"x" * 500))
        self.call(sidecar, post("/", b"y" * 300), "POST")
        line = self.assert_logged(sidecar, 1, status=200, method="POST")
        self.assertEqual(line["http"]["request"]["body"]["bytes"], 300)
        self.assertEqual(line["http"]["response"]["body"]["bytes"], 500)

    def test_trailers_do_not_break_framing(self):
        seen = []

        def answer(connection, request):
            seen.append(request.body)
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                            b"5\r\nhello\r\n0\r\nX-Sum: 17\r\nX-More: yes\r\n\r\n")

        sidecar = self.answer(answer)
        up = get("/", "Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\n0\r\nX-Check: 1\r\n\r\n"
        with Caller(sidecar.address) as caller:
            for _ in range(3):
                reply = caller.ask(up, "POST")
                self.assertEqual((reply.status, reply.body), (200, b"hello"))
        self.assertEqual(seen, [b"abc"] * 3)

    def test_a_reply_without_length_ends_with_its_connection(self):
        def answer(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"z" * 100_000)
            return False

        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            for _ in range(2):                       # the caller's connection goes on
                reply = caller.ask(get())
                self.assertEqual((reply.framing, reply.body), ("chunked", b"z" * 100_000))

    def test_a_reply_that_comes_byte_by_byte_is_the_same(self):
        whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"

        def answer(connection, _):
            for byte in whole:
                connection.send(bytes([byte]))

        sidecar = self.answer(answer)
        reply = self.call(sidecar, get())
        self.assertEqual((reply.status, reply.body, reply.headers["X-A"]), (200, b"abcd", "b"))

    def test_a_request_that_comes_byte_by_byte_is_the_same(self):
        sidecar = self.answer(Mirror())
        with Caller(sidecar.address) as caller:
            for byte in get("/slowly", TE, method="PUT") + chunked(b"abc", b"d" * 20):
                caller.send(bytes([byte]))
            reply = caller.reply("PUT")
        self.assertEqual(reply.status, 200)
        self.assertIn(b'"length": 23', reply.body)

    def test_large_headers_pass_both_ways(self):
        value = "v" * 400
        answer = lambda connection, request: connection.reply(
            200, b"", *[f"{name}: {text}" for name, text in request.headers if name.startswith("X-Big")])
        sidecar = self.answer(answer)
        reply = self.call(sidecar, get("/", *[f"X-Big-{i}: {value}{i}" for i in range(80)]))
        self.assertEqual(reply.status, 200)
        self.assertEqual([(f"X-Big-{i}", f"{value}{i}") for i in range(80)],
                         [field for field in reply.headers if field[0].startswith("X-Big")])


class Replies(WireTest):
    def test_replies_without_a_body_keep_their_length_field(self):
        replies = {"/head": b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n",
                   "/none": b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
                   "/same": b'HTTP/1.1 304 Not Modified\r\nETag: "7"\r\nContent-Length: 99\r\n\r\n'}
        used = set()

        def answer(connection, request):
            used.add(request.connection)
            connection.send(replies[request.target])

        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            for _ in range(2):                       # framing stays in step
                head = caller.ask(get("/head", method="HEAD"), "HEAD")
                self.assertEqual((head.status, head.headers["Content-Length"]), (200, "12345"))
                none = caller.ask(get("/none"))
                self.assertEqual((none.status, none.headers["X-A"]), (204, "1"))
                self.assertIsNone(none.headers["Content-Length"])
                self.assertIsNone(none.headers["Transfer-Encoding"])
                same = caller.ask(get("/same"))
                self.assertEqual((same.status, same.headers["ETag"]), (304, '"7"'))
                self.assertIn(same.headers["Content-Length"], ("99", None))
        self.assertEqual(len(used), 1)

    def test_head_with_a_chunked_reply_has_no_body(self):
        reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        sidecar = self.answer(lambda connection, _: connection.send(reply))
        with Caller(sidecar.address) as caller:
            for _ in range(3):
                self.assertEqual(caller.ask(get(method="HEAD"), "HEAD").status, 200)

    def test_every_status_and_header_of_the_app_passes(self):
        def answer(connection, request):
            connection.reply(int(request.target[1:]), b"b", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Empty:")
        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            for status in (200, 201, 302, 400, 404, 418, 429, 500, 501, 503, 599):
                reply = caller.ask(get(f"/{status}"))
                self.assertEqual((reply.status, reply.body), (status, b"b"))
                self.assertEqual(reply.headers.all("Set-Cookie"), ["a=1", "b=2"])
                self.assertEqual(reply.headers["X-Empty"], "")
                self.assertIsNone(reply.headers["Proxy-Status"])

    def test_early_hints_arrive_before_the_reply(self):
        go = threading.Event()
        self.addCleanup(go.set)

        def answer(connection, _):
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
            go.wait(20)
            connection.reply(200, b"page")

        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            caller.send(get())
            hint = caller.head()
            self.assertEqual((hint.status, hint.headers["Link"]), (103, "</style.css>; rel=preload"))
            go.set()
            reply = caller.reply()
            self.assertEqual((reply.status, reply.body), (200, b"page"))
        self.assert_logged(sidecar, 1, status=200)

    def test_interim_replies_are_not_sent_to_http_1_0(self):
        def answer(connection, _):
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            connection.reply(200, b"page")
        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            reply = caller.ask(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
        self.assertEqual((reply.status, reply.interim), (200, []))

    def test_events_pass_one_by_one(self):
        for media_type in ("text/event-stream", "application/octet-stream"):
            with self.subTest(media_type):
                self.stream(media_type)

    def stream(self, media_type: str):
        """Each piece is sent only after the caller has seen the one before."""
        pieces: queue.Queue = queue.Queue()

        def answer(connection, _):
            connection.send(f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n".encode())
            while (piece := pieces.get(timeout=20)) is not None:
                connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            connection.send(b"0\r\n\r\n")

        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            caller.send(get("/events"))
            head = caller.head()                     # before the first piece
            self.assertEqual(head.status, 200)
            for number in range(3):
                piece = b"data: %d\n\n" % number
                pieces.put(piece)
                self.assertEqual(caller.reader.chunk(), piece)
            pieces.put(None)
            self.assertEqual(caller.reader.chunk(), b"")


class Requests(WireTest):
    def test_pipelined_requests_are_answered_in_order(self):
        sidecar = self.answer(lambda connection, request: connection.reply(
            200, f"{request.method} {request.target} {len(request.body)}".encode()))
        data, expected = b"", []
        for number in range(20):
            if number % 3 == 1:
                data += post(f"/{number}", b"x" * number * 100)
                expected.append(f"POST /{number} {number * 100}")
            elif number % 3 == 2:
                data += get(f"/{number}", "Transfer-Encoding: chunked", method="PUT") + chunked(b"abc", b"de")
                expected.append(f"PUT /{number} 5")
            else:
                data += get(f"/{number}")
                expected.append(f"GET /{number} 0")
        with Caller(sidecar.address) as caller:
            caller.send(data)
            self.assertEqual([caller.reply().body.decode() for _ in expected], expected)
        self.assert_logged(sidecar, len(expected))

    def test_pipelined_requests_before_the_end_of_writing_are_all_answered(self):
        sidecar = self.answer(lambda connection, request: connection.reply(200, request.target.encode()))
        with Caller(sidecar.address) as caller:
            caller.send(get("/1") + get("/2", "Connection: close"))
            self.assertEqual(caller.reply().body, b"/1")
            last = caller.reply()
            self.assertEqual((last.body, last.headers["Connection"].lower()), (b"/2", "close"))
            self.assertTrue(caller.closed())

    def test_a_caller_of_http_1_0_gets_a_reply_that_ends_with_the_connection(self):
        def answer(connection, _):
            connection.send(CHUNKED + chunked(b"abc", b"def"))
        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            reply = caller.ask(b"GET /old HTTP/1.0\r\n\r\n")
            self.assertEqual((reply.status, reply.framing, reply.body), (200, "close", b"abcdef"))
        line = self.assert_logged(sidecar, 1, status=200, path="/old")
        self.assertEqual(line["http"]["version"], "1.0")

    def test_a_caller_of_http_1_0_may_post(self):
        mirror = Mirror()
        sidecar = self.answer(mirror)
        with Caller(sidecar.address) as caller:
            reply = caller.ask(b"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "POST")
            self.assertEqual(reply.status, 200)
            self.assertTrue(caller.closed())
        self.assertEqual(mirror.requests[0].body, b"hello")

    def test_a_caller_that_waits_for_100_gets_the_apps_own(self):
        def serve(connection):
            while (request := connection.head()) is not None:
                self.assertEqual(request.headers["Expect"], "100-continue")
                self.assertEqual(connection.reader.buffer, b"")      # the body waits
                connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                connection.body(request)
                connection.reply(200, request.body)

        sidecar = self.serve(serve)
        with Caller(sidecar.address) as caller:
            for _ in range(2):
                caller.send(get("/", "Content-Length: 5", "Expect: 100-continue", method="POST"))
                self.assertEqual(caller.head().status, 100)
                caller.send(b"hello")
                reply = caller.reply("POST")
                self.assertEqual((reply.status, reply.body, reply.interim), (200, b"hello", []))

    def test_a_caller_that_waits_for_100_may_be_refused_by_the_app(self):
        def serve(connection):
            connection.head()
            connection.reply(401, b"who are you", "Connection: close")

        sidecar = self.serve(serve)
        with Caller(sidecar.address) as caller:
            caller.send(get("/", "Content-Length: 5", "Expect: 100-continue", method="POST"))
            reply = caller.reply("POST")
            self.assertEqual((reply.status, reply.body), (401, b"who are you"))
            self.assertTrue(caller.closed())         # nobody knows whether the body still comes
        self.assert_logged(sidecar, 1, status=401)

    def test_a_reply_may_come_while_the_upload_still_runs(self):
        """The app answers after the first part and then reads the rest: nothing is cut."""
        received = threading.Event()

        def serve(connection):
            request = connection.head()
            connection.reader.exactly(1000)
            connection.reply(202, b"soon")
            connection.reader.exactly(int(request.headers["Content-Length"]) - 1000)
            received.set()
            connection.wait_for_end()

        sidecar = self.serve(serve)
        with Caller(sidecar.address) as caller:
            caller.send(get("/", "Content-Length: 400000", method="POST") + b"x" * 2000)
            reply = caller.reply("POST")
            self.assertEqual((reply.status, reply.body), (202, b"soon"))
            caller.send(b"x" * 398_000)
            self.assertTrue(received.wait(20), "the rest of the upload")
        self.assert_logged(sidecar, 1, status=202)

    def refused_upload(self, closes, leaves):
        """The app answers an upload at once and never reads it. It half-closes when told so, the caller leaves
        when told so; the former must end the exchange long before limits.idle."""
        answered, ended = threading.Event(), threading.Event()
        self.addCleanup(ended.set)

        def serve(connection):
            connection.head()
            connection.reply(413, b"too much", "Connection: close")
            if closes == "at once" or (closes == "later" and answered.wait(20)):
                connection.finish()
            ended.wait(30)

        # A caller that leaves behind a full pipe cannot be seen: no byte of it gets through. limits.idle ends that.
        sidecar = self.serve(serve, {"limits": {"idle": "2s"}} if leaves else {})
        with Caller(sidecar.address) as caller:
            caller.send(get("/", "Content-Length: 50000000", method="POST"))

            def upload():
                try:
                    for _ in range(500):
                        caller.send(b"x" * 100_000)
                except OSError:
                    pass

            threading.Thread(target=upload, daemon=True).start()
            reply = caller.reply("POST")
            self.assertEqual((reply.status, reply.body), (413, b"too much"))
            time.sleep(0.3)                                  # the upload fills every buffer, and stands
            answered.set()
            if leaves:
                caller.socket.shutdown(socket.SHUT_RDWR)     # close() would wait for the other thread's send
            self.assert_logged(sidecar, 1, status=413)

    def test_an_app_that_answers_an_upload_and_closes(self):
        self.refused_upload(closes="at once", leaves=False)

    def test_an_app_that_answers_an_upload_and_closes_later(self):
        self.refused_upload(closes="later", leaves=False)

    def test_a_caller_that_leaves_an_upload_which_the_app_does_not_read(self):
        self.refused_upload(closes="never", leaves=True)

    def test_other_callers_go_on_beside_one_that_does_not_read(self):
        sidecar = self.answer(lambda connection, request: connection.reply(
            200, b"x" * (30_000_000 if request.target == "/large" else 10)), {"workers": 1})
        with Caller(sidecar.address) as lazy:
            lazy.send(get("/large"))
            lazy.head()
            for _ in range(20):
                self.assertEqual(self.call(sidecar, get("/small")).status, 200)
            # And nothing of it is lost.
            self.assertEqual(len(lazy.reader.exactly(30_000_000)), 30_000_000)

    def test_a_large_reply_passes_in_little_memory(self):
        block = b"x" * 1_000_000

        def answer(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
            for _ in range(200):
                connection.send(block)

        sidecar = self.answer(answer)
        with Caller(sidecar.address) as caller:
            caller.send(get())
            caller.head()
            before, left, most = sidecar.resident_kib(), 200_000_000, 0
            while left:
                left -= len(caller.reader.exactly(min(left, 2_000_000)))
                most = max(most, sidecar.resident_kib())
        self.assertLess(most - before, 8 * 1024)

    def test_many_callers_at_once_get_their_own_answers(self):
        def answer(connection, request):
            connection.reply(200, request.target.encode() + request.body)

        sidecar = self.answer(answer)
        wrong = []

        def calls(caller_number):
            with Caller(sidecar.address) as caller:
                for number in range(20):
                    path, body = f"/{caller_number}/{number}", b"b%d" % (caller_number * number)
                    reply = caller.ask(post(path, body), "POST")
                    if (reply.status, reply.body) != (200, path.encode() + body):
                        wrong.append(reply)

        threads = [threading.Thread(target=calls, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(wrong, [])
        lines = self.assert_logged(sidecar, 1000)
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 0, "no active request", 5)
        self.assertTrue(lines)


if __name__ == "__main__":
    requirements.main()
