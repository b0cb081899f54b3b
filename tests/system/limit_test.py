# SPDX-License-Identifier: Apache-2.0
"""inbound.limit: so many requests at the app at once, so many waiting, the others told why; across workers."""
import socket
import threading
import time

import requirements
from app import App, answering
from caller import Caller, get
from program import until
from system_case import SystemTest


READER_BUFFER = 128 << 10    # bytes; given so, the kernel does not let it grow


class SlowApp:
    """Answers each request when it is told to; keeps the order in which they came and how many there were at once."""

    def __init__(self):
        self.lock = threading.Condition()
        self.arrived, self.inside, self.most = [], 0, 0
        self.permits = 0

    def __call__(self, connection, request):
        with self.lock:
            self.arrived.append(request.target)
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.lock.notify_all()
            self.lock.wait_for(lambda: self.permits > 0, 60)
            self.permits -= 1
            self.inside -= 1
        connection.reply(200, request.target.encode())

    def release(self, count: int = 1):
        with self.lock:
            self.permits += count
            self.lock.notify_all()


class LimitTest(SystemTest):
    def start(self, limit, **more):
        self.slow = SlowApp()
        self.addCleanup(self.slow.release, 10_000)
        app = App(answering(self.slow))
        self.addCleanup(app.stop)
        settings = {"inbound": {"limit": {"concurrent": 2, "queue": 1, "wait": "60s", **limit}}, "workers": 2, **more}
        return self.sidecar(app, settings)

    def calls(self, sidecar, path: str) -> Caller:
        caller = Caller(sidecar.address)
        self.addCleanup(caller.close)
        caller.send(get(path))
        return caller

    def at_the_app(self, count: int):
        until(lambda: len(self.slow.arrived) == count, f"{count} requests at the app")

    def in_progress(self, sidecar, count: int):
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == count, f"{count} in progress")

    def waiting(self, sidecar, count: int):
        until(lambda: sidecar.metrics().sum("outrigger_limit_waiting", limit="inbound") == count, f"{count} waiting")

    def none_in_use(self, sidecar):
        """A caller has its answer a moment before its slot is free."""
        self.in_progress(sidecar, 0)
        until(lambda: sidecar.metrics().sum("outrigger_limit_in_use", limit="inbound") == 0, "no slot in use")

    def occupied(self, sidecar):
        """Two at the app."""
        inside = [self.calls(sidecar, "/1"), self.calls(sidecar, "/2")]
        self.at_the_app(2)
        return inside

    def full(self, sidecar):
        """Two at the app, one waiting."""
        inside = self.occupied(sidecar)
        waits = self.calls(sidecar, "/3")
        self.waiting(sidecar, 1)
        return inside, waits

    def test_who_finds_the_queue_full_is_told_at_once(self):
        sidecar = self.start({})
        inside, waits = self.full(sidecar)
        for _ in range(5):                   # whichever worker takes it
            began = time.monotonic()
            with Caller(sidecar.address) as caller:
                reply = caller.ask(get("/late"))
                problem = self.assert_problem(reply, 503, "concurrency_limited")
                self.assertIn("inbound.limit (concurrent: 2, queue: 1, wait: 1m): every slot is taken and the "
                              "queue is full", problem["detail"])
                self.assertLess(time.monotonic() - began, 5)
                self.assertNotEqual((reply.headers["Connection"] or "").lower(), "close")
        self.assertEqual(self.slow.arrived, self.slow.arrived[:2])
        self.slow.release(3)
        self.assertEqual(sorted(caller.reply().body for caller in inside), [b"/1", b"/2"])
        self.assertEqual(waits.reply().body, b"/3")
        self.assertEqual(self.slow.most, 2)
        line = [line for line in sidecar.access_lines(8) if line["url"]["path"] == "/late"][0]
        self.assertEqual(line["outrigger"]["reason"], "concurrency_limited")
        labels = {"error_type": "concurrency_limited", "http_response_status_code": "503"}
        self.assertEqual(sidecar.metrics().count("http_server_request_duration_seconds", **labels), 5)

    def test_they_get_in_in_the_order_in_which_they_came(self):
        sidecar = self.start({"concurrent": 1, "queue": 20})
        first = self.calls(sidecar, "/first")
        self.at_the_app(1)
        waiting = []
        for number in range(20):             # each waits before the next one comes, on either worker
            waiting.append(self.calls(sidecar, f"/{number}"))
            self.waiting(sidecar, 1 + number)
        self.slow.release(21)
        self.assertEqual(first.reply().body, b"/first")
        for number, caller in enumerate(waiting):
            self.assertEqual(caller.reply().body, f"/{number}".encode())
        self.assertEqual(self.slow.arrived, ["/first"] + [f"/{number}" for number in range(20)])
        self.assertEqual(self.slow.most, 1)

    def test_who_waits_too_long_is_told_so(self):
        sidecar = self.start({"wait": "200ms"})
        inside = self.occupied(sidecar)
        problem = self.assert_problem(self.calls(sidecar, "/3").reply(), 503, "concurrency_limited")
        self.assertIn("wait: 200ms): no slot came free within the longest wait", problem["detail"])
        self.slow.release(2)
        self.assertEqual(sorted(caller.reply().body for caller in inside), [b"/1", b"/2"])

    def test_a_caller_that_leaves_the_queue_frees_its_place(self):
        sidecar = self.start({})
        inside, waits = self.full(sidecar)
        waits.close()
        self.waiting(sidecar, 0)
        another = self.calls(sidecar, "/4")
        self.waiting(sidecar, 1)
        self.assertTrue(another.silent(0.2))
        self.slow.release(3)
        self.assertEqual(another.reply().body, b"/4")
        self.assertEqual(self.slow.arrived[2:], ["/4"])
        left = [line for line in sidecar.access_lines(4) if line["url"]["path"] == "/3"][0]
        self.assertEqual(left["outrigger"]["reason"], "caller_left")
        del inside

    def test_a_caller_that_leaves_the_app_s_side_frees_its_slot(self):
        sidecar = self.start({})
        inside, waits = self.full(sidecar)
        inside[0].close()
        self.at_the_app(3)                   # the one that waited
        self.slow.release(3)
        self.assertEqual(waits.reply().body, b"/3")

    def test_the_slot_is_held_until_the_body_has_left(self):
        body = b"x" * (32 << 20)             # more than the buffers on the way take: the reader's stays small
        app = App(answering(lambda connection, request: connection.reply(200, body)))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"inbound": {"limit": {"concurrent": 1, "queue": 0}}, "workers": 2})
        reader = Caller(sidecar.address)
        self.addCleanup(reader.close)
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READER_BUFFER)
        reader.send(get("/large"))
        head = reader.head()
        with Caller(sidecar.address) as caller:
            self.assert_problem(caller.ask(get("/next")), 503, "concurrency_limited")
        self.assertEqual(len(reader.body(head).body), len(body))
        until(lambda: sidecar.call(path="/after").status == 200, "a free slot")

    def test_no_slot_is_lost_under_a_crowd_that_comes_and_goes(self):
        app = App(answering(lambda connection, request: connection.reply(200, b"ok")))
        self.addCleanup(app.stop)
        limit = {"concurrent": 2, "queue": 3, "wait": "2ms"}
        sidecar = self.sidecar(app, {"inbound": {"limit": limit}, "workers": 2})
        statuses = []

        def crowd(member: int):
            for number in range(150):
                with Caller(sidecar.address) as caller:
                    caller.send(get(f"/{number}"))
                    if member % 2 == 0 and number % 2:               # impatient
                        continue
                    statuses.append(caller.reply().status)

        self.run_threads(crowd, 8)
        self.assertLessEqual(set(statuses), {200, 503})
        self.assertIn(200, statuses)
        for _ in range(20):                  # both slots are there: two at once, again and again
            self.none_in_use(sidecar)
            with Caller(sidecar.address) as one, Caller(sidecar.address) as two:
                one.send(get("/a"))
                two.send(get("/b"))
                self.assertEqual([one.reply().status, two.reply().status], [200, 200])

    def test_in_shadow_nobody_is_refused(self):
        sidecar = self.start({"shadow": True})
        callers = [self.calls(sidecar, f"/{number}") for number in range(8)]
        self.at_the_app(8)
        page = sidecar.metrics()
        self.assertEqual([page.sum(f"outrigger_limit_{what}", limit="inbound") for what in
                          ("in_use", "waiting", "refused_total")], [8, 1, 5])
        self.slow.release(8)
        self.assertEqual({caller.reply().status for caller in callers}, {200})


if __name__ == "__main__":
    requirements.main()
