# SPDX-License-Identifier: Apache-2.0
"""The app's calls to others: passed on as they should be, held to their policies, and each refusal explained."""
import contextlib
import email.utils
import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

import requirements
from app import App, Mirror, refusing_port
from caller import Broken, Caller, get, post
from outbound_case import CALLS, OutboundCase
from program import program, until

TRACE = "0af7651916cd43dd8448eb211c80319c"
ONCE = {"attempts": 1}


class Script:
    """Answers with what comes next; the last one for ever. An entry: a status, (status, field ...), or a function."""

    def __init__(self, *entries):
        self.entries, self.requests, self.lock = list(entries), [], threading.Lock()

    def __call__(self, connection, request):
        with self.lock:
            self.requests.append((time.monotonic(), request))
            entry = self.entries.pop(0) if len(self.entries) > 1 else self.entries[0]
        if callable(entry):
            return entry(connection, request)
        status, *fields = entry if isinstance(entry, tuple) else (entry,)
        return connection.reply(status, b"said", *fields)

    def pauses(self) -> list[float]:
        times = [when for when, _ in self.requests]
        return [after - before for before, after in zip(times, times[1:])]


def hang(seconds: float):
    def answer(connection, request):
        time.sleep(seconds)
        connection.reply(200, b"late")
    return answer


class ForwardedTest(OutboundCase):
    def test_a_call_goes_to_the_target_with_its_prefix_host_trace_and_id(self):
        mirror = Mirror()
        origin = self.origin(mirror)
        sidecar = self.outbound(f"http://127.0.0.1:{origin.port}/v2/")
        trace = f"traceparent: 00-{TRACE}-b7ad6b7169203331-01"
        reply = self.call(sidecar, get("/users?id=1", trace, "X-Request-Id: abc-1"))
        self.assertEqual(reply.status, 200)
        request = mirror.requests[0]
        self.assertEqual(request.target, "/v2/users?id=1")
        self.assertEqual(request.headers["Host"], f"127.0.0.1:{origin.port}")
        self.assertEqual(request.headers["X-Request-Id"], "abc-1")
        self.assertRegex(request.headers["traceparent"], f"^00-{TRACE}-[0-9a-f]{{16}}-01$")
        self.assertNotIn("b7ad6b7169203331", request.headers["traceparent"])
        line = self.call_lines(sidecar, 1)[0]
        self.assertEqual((line["trace"]["id"], line["http"]["request"]["id"]), (TRACE, "abc-1"))
        self.assertEqual(line["outrigger"]["upstream"], "users")
        self.assertEqual(sidecar.metrics().count(CALLS, upstream="users", http_response_status_code="200"), 1)

    def test_bodies_pass_both_ways_and_connections_are_kept(self):
        def echo(connection, request):
            connection.reply(200, request.body, f"X-Connection: {connection.number}")

        sidecar = self.outbound(self.origin(echo), settings={"workers": 1})
        with Caller(sidecar.calls) as caller:
            for size in (1, 70_000, 3_000_000):
                body = b"%d" % size * (size // 2)
                reply = caller.ask(post("/", body), "POST")
                self.assertEqual((reply.status, reply.body == body, reply.headers["X-Connection"]), (200, True, "1"))

    def test_a_call_has_an_id_and_a_trace_even_if_the_app_gives_none(self):
        mirror = Mirror()
        sidecar = self.outbound(self.origin(mirror))
        self.assertEqual(self.call(sidecar, get("/")).status, 200)
        self.assertTrue(mirror.requests[0].headers["X-Request-Id"])
        self.assertRegex(mirror.requests[0].headers["traceparent"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$")


class RetryTest(OutboundCase):
    FAST = {"backoff": {"first": "1ms", "max": "2ms"}}

    def test_routes_override_what_they_name(self):
        script = Script(503)
        routes = [{"match": "POST /search/**", "idempotent": True}, {"match": "GET /once", "retry": ONCE}]
        sidecar = self.outbound(self.origin(script), {"routes": routes, "retry": self.FAST})
        for data, method, attempts in ((post("/search/a", b"x"), "POST", 3), (post("/other", b"x"), "POST", 1),
                                       (get("/once"), "GET", 1), (get("/else"), "GET", 3),
                                       (post("/keyed", b"x", "Idempotency-Key: 1"), "POST", 3)):
            with self.subTest(data[:20]):
                script.requests.clear()
                reply = self.call(sidecar, data, method)
                self.assertEqual((reply.status, reply.body), (503, b"said"))    # the last reply passes through
                self.assertEqual(len(script.requests), attempts)

    def test_a_retried_call_is_answered_and_explained(self):
        def drop(connection, request):
            connection.reset()
            return False

        def refuse(connection, request):
            connection.reply(503, b"said", "Connection: close")      # else the next one meets a stale connection
            return False

        script = Script(refuse, drop, 200)
        sidecar = self.outbound(self.origin(script), {"retry": self.FAST})
        self.assertEqual(self.call(sidecar, get("/a?token=s3cret", "X-Request-Id: again")).status, 200)
        entry = self.explained(sidecar, "again")
        self.assertEqual([attempt.get("status") for attempt in entry["attempts"]], [503, None, 200])
        self.assertEqual([attempt["picked"] for attempt in entry["attempts"]], ["the only endpoint"] * 3)
        self.assertRegex(entry["explained"], r"^Answered 200 after 3 of 3 attempts in .*answered 503, .*failed: ")
        self.assertEqual(entry["path"], "/a")
        self.assertNotIn("s3cret", sidecar.ask_admin("/api/requests").body.decode())
        page = sidecar.metrics()
        self.assertEqual([page.sum("outrigger_retries_total", reason=why) for why in ("503", "upstream_reset")], [1, 1])

    def test_retry_after_is_waited_for_in_both_forms(self):
        for form in ("seconds", "date"):
            for status in (429, 503):
                with self.subTest(form=form, status=status):
                    value = "1" if form == "seconds" else email.utils.formatdate(int(time.time()) + 3, usegmt=True)
                    script = Script((status, f"Retry-After: {value}"), 200)
                    sidecar = self.outbound(self.origin(script), {"retry": self.FAST})
                    self.assertEqual(self.call(sidecar, get("/")).status, 200)
                    self.assertGreater(script.pauses()[0], 0.95)
                    self.assertLess(script.pauses()[0], 10)

    def test_a_429_without_retry_after_and_one_that_asks_for_too_much_pass_through(self):
        script = Script(429)
        sidecar = self.outbound(self.origin(script), {"timeout": "2s"})
        self.assertEqual(self.call(sidecar, get("/", "X-Request-Id: one")).status, 429)
        self.assertIn("asked for a slower pace", self.explained(sidecar, "one")["explained"])
        script.entries = [(429, "Retry-After: 60")]
        reply = self.call(sidecar, get("/", "X-Request-Id: two"))
        self.assertEqual((reply.status, reply.headers["Retry-After"], len(script.requests)), (429, "60", 2))
        page = sidecar.metrics()
        self.assertEqual([page.sum("outrigger_retry_abandoned_total", reason=why)
                          for why in ("no_wish", "callee_asks_longer")], [1, 1])

    def test_the_budget_bounds_retries(self):
        script = Script(503)
        budget = {"ratio": "0%", "floor": "0.1/s"}           # a new bucket holds one
        users = {"retry": {**self.FAST, "budget": budget}, "breaker": {"shadow": True}}
        sidecar = self.outbound(self.origin(script), users)
        for number in range(10):
            self.assertEqual(self.call(sidecar, get("/", f"X-Request-Id: call-{number}")).status, 503)
        self.assertIn(len(script.requests), (11, 12))
        self.assertIn("budget", self.explained(sidecar, "call-9")["stopped"])
        self.assertGreaterEqual(sidecar.metrics().sum("outrigger_retry_budget_exhausted_total", upstream="users"), 9)

    def test_in_shadow_nothing_is_repeated_and_no_circuit_opens(self):
        script = Script(503)
        users = {"retry": {"shadow": True}, "breaker": {"shadow": True, "min_calls": 5}}
        sidecar = self.outbound(self.origin(script), users)
        for _ in range(20):
            reply = self.call(sidecar, get("/"))
            self.assertEqual((reply.status, reply.body), (503, b"said"))
        self.assertEqual(len(script.requests), 20)


    def test_a_body_goes_again_whole_or_not_at_all(self):
        script = Script(503)
        settings = {"limits": {"replay": {"request": "64KiB"}}}
        sidecar = self.outbound(self.origin(script), {"retry": self.FAST, "breaker": {"shadow": True}}, settings)
        for size, attempts in ((64 << 10, 3), ((64 << 10) + 1, 1), (1 << 20, 1)):
            with self.subTest(size):
                script.requests.clear()
                body = b"0123456789abcde\n" * (size // 16) + b"x" * (size % 16)
                name = f"put-{size}"
                reply = self.call(sidecar, post("/", body, f"X-Request-Id: {name}", method="PUT"), "PUT")
                self.assertEqual((reply.status, len(script.requests)), (503, attempts))
                self.assertTrue(all(request.body == body for _, request in script.requests))
                if attempts == 1:
                    self.assertIn("too large", self.explained(sidecar, name)["explained"])
        self.assertEqual(sidecar.metrics().sum("outrigger_retry_abandoned_total", reason="not_kept"), 2)

    def test_an_early_answer_that_asks_for_a_long_pause_holds_nobody(self):
        """There is no deadline yet while the request arrives."""
        def serve(connection):
            while (request := connection.head()) is not None:
                connection.reply(503, b"early", "Retry-After: 60")
                connection.body(request)

        origin = App(serve)
        self.addCleanup(origin.stop)
        sidecar = self.outbound(origin, {"timeout": "2s"})
        with Caller(sidecar.calls, timeout=10) as caller:
            caller.send(get("/", "Content-Length: 8", method="PUT") + b"half")
            self.assertEqual(caller.reply("PUT").body, b"early")

    def test_a_caller_is_told_once_to_continue(self):
        def go_on(status):
            def answer(connection, request):
                connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                connection.body(request)
                connection.reply(status, request.body)
            return answer

        answers = [go_on(503), go_on(503), go_on(200)]

        def serve(connection):
            while (request := connection.head()) is not None:
                answers.pop(0)(connection, request)

        origin = App(serve)
        self.addCleanup(origin.stop)
        sidecar = self.outbound(origin, {"retry": self.FAST})
        with Caller(sidecar.calls) as caller:
            caller.send(get("/", "Content-Length: 5", "Expect: 100-continue", method="PUT"))
            self.assertEqual(caller.head().status, 100)
            caller.send(b"hello")
            reply = caller.reply("PUT")
        self.assertEqual((reply.status, reply.body, reply.interim), (200, b"hello", []))

    def test_a_caller_who_leaves_ends_attempts_and_pauses(self):
        script = Script((503, "Retry-After: 5"))
        sidecar = self.outbound(self.origin(script), {"limit": {"concurrent": 1}})
        with Caller(sidecar.calls) as caller:
            caller.send(get("/", "X-Request-Id: left"))
            until(lambda: script.requests, "the first attempt")
        entry = self.explained(sidecar, "left")                      # long before the pause would have ended
        self.assertEqual(entry["reason"], "caller_left", entry)
        self.assert_nothing_left(sidecar)
        self.assertEqual(len(script.requests), 1)


class LimitTest(OutboundCase):
    def test_a_rate_refuses_and_says_which_setting_did(self):
        sidecar = self.outbound(self.origin(Script(200)), {"limit": {"rate": "1/s", "burst": 2}})
        replies = [self.call(sidecar, get("/")) for _ in range(3)]
        self.assertEqual([reply.status for reply in replies], [200, 200, 429])
        self.assert_refused(sidecar, replies[2], 429, "rate_limited", "outbound.users.limit (rate: 1/s)")
        self.assertEqual(replies[2].headers["Retry-After"], "1")
        self.assertEqual(sidecar.metrics().sum("outrigger_refused_total", upstream="users", reason="rate_limited"), 1)

    def test_slots_and_their_queue(self):
        script = Script(hang(1.0))
        sidecar = self.outbound(self.origin(script), {"limit": {"concurrent": 1, "queue": 1, "wait": "200ms"}})
        with Caller(sidecar.calls) as inside, Caller(sidecar.calls) as waits, Caller(sidecar.calls) as refused:
            inside.send(get("/1"))
            until(lambda: script.requests, "the first at the origin")
            waits.send(get("/2"))
            until(lambda: sidecar.metrics().sum("outrigger_limit_waiting", limit="outbound.users") == 1, "one waits")
            setting = "outbound.users.limit (concurrent: 1, queue: 1, wait: 200ms)"
            began = time.monotonic()
            self.assert_refused(sidecar, refused.ask(get("/3")), 503, "concurrency_limited", setting)
            self.assertLess(time.monotonic() - began, 0.5)
            self.assert_refused(sidecar, waits.reply(), 503, "concurrency_limited", setting)
            self.assertEqual(inside.reply().status, 200)
        self.assertEqual(sidecar.metrics().sum("outrigger_refused_total", reason="concurrency_limited"), 2)


class BreakerTest(OutboundCase):
    def states(self, sidecar) -> set:
        series = sidecar.metrics().series("outrigger_circuit_state", upstream="users")
        return {labels["state"] for labels, value in series if value}

    def test_a_circuit_opens_refuses_and_closes_again(self):
        script = Script(500)
        users = {"breaker": {"min_calls": 5, "open_for": "1s", "probes": 2}, "outlier": {"shadow": True}}
        sidecar = self.outbound(self.origin(script), users)
        self.assertEqual(self.states(sidecar), {"closed"})
        for _ in range(5):
            self.assertEqual(self.call(sidecar, get("/")).status, 500)
        reply = self.call(sidecar, get("/"))
        self.assert_refused(sidecar, reply, 503, "circuit_open", "outbound.users.breaker")
        self.assertIn(int(reply.headers["Retry-After"]), (1, 2))
        self.assertEqual((self.upstream(sidecar)["circuit"]["state"], self.states(sidecar)), ("open", {"open"}))
        self.assertEqual(len(script.requests), 5)
        self.assertEqual(sidecar.metrics().sum("outrigger_refused_total", upstream="users", reason="circuit_open"), 1)

        script.entries = [200]
        until(lambda: self.call(sidecar, get("/")).status == 200, "a probe")
        until(lambda: self.call(sidecar, get("/")).status == 200, "a second one")
        self.assertEqual((self.upstream(sidecar)["circuit"]["state"], self.states(sidecar)), ("closed", {"closed"}))
        page = sidecar.metrics()
        self.assertEqual([page.sum("outrigger_circuit_transitions_total", to=state)
                          for state in ("open", "half_open", "closed")], [1, 1, 1])

    def test_probes_whose_callers_leave_do_not_keep_a_circuit_from_closing(self):
        script = Script(500)
        users = {"breaker": {"min_calls": 5, "open_for": "100ms", "probes": 2}, "outlier": {"shadow": True}}
        sidecar = self.outbound(self.origin(script), users)
        for _ in range(5):
            self.call(sidecar, get("/"))
        script.entries = [hang(1.0)]
        time.sleep(0.2)
        for _ in range(4):                   # more than there are probes
            seen = len(script.requests)
            with Caller(sidecar.calls) as caller:
                caller.send(get("/"))
                until(lambda: len(script.requests) > seen, "a probe")
            self.assert_nothing_left(sidecar)
        script.entries = [200]
        for _ in range(2):
            self.assertEqual(self.call(sidecar, get("/")).status, 200)
        self.assertEqual(self.states(sidecar), {"closed"})

    def test_a_body_that_is_cut_counts_as_one_more_failure(self):
        def cut(connection, request):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            return False

        sidecar = self.outbound(self.origin(Script(cut)), {"breaker": {"min_calls": 10}})
        for number in range(5):              # five successes and five failures: half of them
            with Caller(sidecar.calls) as caller, self.assertRaises((Broken, OSError)):
                caller.ask(get("/"))
            self.assert_nothing_left(sidecar)
        self.assertEqual(self.states(sidecar), {"open"})

    def test_a_circuit_that_opens_between_attempts_ends_the_call_with_its_own_words(self):
        script = Script(503)
        users = {"breaker": {"min_calls": 2, "open_for": "30s"}, "retry": {"backoff": {"first": "1ms", "max": "2ms"}}}
        sidecar = self.outbound(self.origin(script), users)
        reply = self.call(sidecar, get("/"))
        entry = self.assert_refused(sidecar, reply, 503, "circuit_open", "outbound.users.breaker")
        self.assertEqual(len(script.requests), 2)
        self.assertEqual([attempt.get("status") for attempt in entry["attempts"]], [503, 503], entry)


class ReadinessTest(OutboundCase):
    """health.ready: {users: {upstream: users}}, which sends nothing of its own."""
    OPEN = "the circuit is open: 5 of 5 failed in 10 s"

    def watched(self, script, target=None, open_for="60s", **check):
        users = {"breaker": {"min_calls": 5, "open_for": open_for, "probes": 1}, "outlier": {"shadow": True}}
        checks = {"health": {"ready": {"users": {"upstream": "users", **check}}}}
        return self.outbound(target or self.origin(script), users, checks, app=self.origin(Script(200)))

    def fail_calls(self, sidecar):
        """Five calls, which open the circuit."""
        self.assertEqual(self.ready(sidecar, 200, "up"), {"status": "up", "circuit": "closed", "endpoints": 1, "ejected": 0})
        for _ in range(5):
            self.call(sidecar, get("/"))

    @staticmethod
    def ready(sidecar, status: int, state: str) -> dict:
        """The entry of the check, once the page says so."""
        def entry():
            reply = sidecar.ask_admin("/health/ready")
            found = reply.json()["details"].get("users", {})
            return reply.status == status and found.get("status") == state and found
        return until(entry, f"{status} with users {state}")

    @staticmethod
    def changes(sidecar) -> list[str]:
        return [change["to"] for change in sidecar.ask_admin("/api/health").json()["changes"] if change["check"] == "users"]

    def test_readiness_goes_when_the_circuit_opens(self):
        sidecar = self.watched(Script(500))
        self.fail_calls(sidecar)
        self.assertEqual(self.ready(sidecar, 503, "down")["message"], self.OPEN)

    def test_calls_may_come_once_the_circuit_has_rested(self):
        script = Script(500)
        sidecar = self.watched(script, open_for="3s")
        self.fail_calls(sidecar)
        self.assertIn("probes", self.ready(sidecar, 200, "degraded")["message"])
        self.assertEqual(len(script.requests), 5, "no traffic of its own")
        script.entries = [200]
        until(lambda: self.call(sidecar, get("/")).status == 200, "a probe")
        self.ready(sidecar, 200, "up")
        self.assertEqual(self.changes(sidecar), ["up", "down", "degraded", "up"])

    def test_an_optional_one_degrades(self):
        sidecar = self.watched(Script(500), optional=True)
        self.fail_calls(sidecar)
        self.assertEqual(self.ready(sidecar, 200, "degraded")["message"], self.OPEN)

    def test_an_upstream_whose_name_is_never_resolved_is_down(self):
        sidecar = self.watched(None, "http://is-never-resolved.invalid")
        self.assertIn("no endpoint is known", self.ready(sidecar, 503, "down")["message"])


class TimeoutTest(OutboundCase):
    def test_the_time_of_one_attempt_and_of_the_whole_call(self):
        script = Script(hang(1.0), 200)
        users = {"timeout": "5s", "retry": {"per_try_timeout": "200ms"},
                 "routes": [{"match": "/quick", "timeout": "150ms"}]}
        sidecar = self.outbound(self.origin(script), users)
        self.assertEqual(self.call(sidecar, get("/slow", "X-Request-Id: slow")).status, 200)
        self.assertEqual(self.explained(sidecar, "slow")["attempts"][0]["reason"], "attempt_timeout")

        script.entries = [hang(1.0)]
        reply = self.call(sidecar, post("/slow", b"x"), "POST")
        self.assert_refused(sidecar, reply, 504, "attempt_timeout", "outbound.users.retry.per_try_timeout (200ms)")
        began = time.monotonic()
        reply = self.call(sidecar, get("/quick"))
        self.assertLess(time.monotonic() - began, 0.9)
        self.assert_problem(reply, 504, json.loads(reply.body)["reason"])

    def test_a_caller_who_stalls_in_its_body_is_told_so(self):
        sidecar = self.outbound(self.origin(Script(200)), settings={"limits": {"idle": "300ms"}})
        with Caller(sidecar.calls) as caller:
            caller.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
            reply = caller.reply()
        self.assert_refused(sidecar, reply, 408, "request_timeout", "limits.idle (300ms)")
        self.assertNotIn("127.0.0.1", json.loads(reply.body)["detail"])

    def test_the_whole_call_s_time_names_its_setting(self):
        script = Script(hang(2.0))
        sidecar = self.outbound(self.origin(script), {"timeout": "200ms"})
        self.assert_refused(sidecar, self.call(sidecar, get("/")), 504, "timeout", "outbound.users.timeout (200ms)")
        self.assertEqual(len(script.requests), 1)


class UnreachableTest(OutboundCase):
    def test_a_port_where_nobody_listens(self):
        sidecar = self.outbound(refusing_port(self), {"retry": {"backoff": {"first": "1ms", "max": "2ms"}}})
        reply = self.call(sidecar, post("/", b"x", "X-Request-Id: gone"), "POST")
        problem = self.assert_problem(reply, 502, "connect_failed")
        self.assertIn("127.0.0.1", problem["detail"])
        entry = self.explained(sidecar, "gone")                      # whatever its method: nothing was sent
        self.assertEqual(len(entry["attempts"]), 3)
        self.assertRegex(entry["explained"], r"connect_failed.* after 3 of 3 attempts .*refused the connection")

    def test_a_connection_that_does_not_come_in_time_names_its_setting(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as others:
            address = full.getsockname()
            for _ in range(4):               # one waits to be accepted, the next ones are not answered
                other = others.enter_context(socket.socket())
                other.setblocking(False)
                other.connect_ex(address)
            users = {"connect_timeout": "200ms", "retry": ONCE}
            sidecar = self.outbound(address[1], users)
            reply = self.call(sidecar, get("/"))
            self.assert_refused(sidecar, reply, 502, "connect_failed", "outbound.users.connect_timeout (200ms)")

    def test_a_name_that_nobody_knows(self):
        sidecar = self.outbound("http://cannot-be-resolved.invalid:80", {"timeout": "3s"})
        began = time.monotonic()
        reply = self.call(sidecar, get("/"))
        self.assertLess(time.monotonic() - began, 10)
        problem = self.assert_problem(reply, 503, json.loads(reply.body)["reason"])
        self.assertIn(problem["reason"], ("dns_failed", "no_endpoints"))
        self.assertEqual(sidecar.metrics().sum("outrigger_refused_total", reason=problem["reason"]), 1)


class StartTest(OutboundCase):
    def refused(self, outbound, *words: str):
        with tempfile.TemporaryDirectory(prefix="outrigger-") as folder:
            config = pathlib.Path(folder) / "outrigger.yaml"
            inbound = {"listen": "127.0.0.1:0", "app": f"http://127.0.0.1:{refusing_port(self)}"}
            config.write_text(json.dumps({"admin": "127.0.0.1:0", "inbound": inbound, "outbound": outbound}))
            done = subprocess.run([program(), "run", "-c", str(config)], capture_output=True, text=True, timeout=30)
        self.assertIn(done.returncode, (1, 2), done)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_what_cannot_work_is_refused_with_one_clear_line(self):
        origin = self.origin(Script(200))
        good = {"listen": "127.0.0.1:0", "target": f"http://127.0.0.1:{origin.port}"}
        taken = f"127.0.0.1:{origin.port}"
        too_long = {"timeout": "1s", "retry": {"per_try_timeout": "2s"}}
        self.refused({"users": {**good, "listen": taken}}, "outbound.users.listen", str(origin.port))
        self.refused({"users": {**good, **too_long}}, "outbound.users", "per_try_timeout", "timeout")
        self.refused({"users": {**good, "breaker": {"slow_rate": "200%"}}}, "slow_rate", "200%")
        self.refused({"users": {"listen": "127.0.0.1:0"}}, "outbound.users", "target")
        self.refused({"users": {"target": good["target"]}}, "outbound.users", "listen")
        self.refused({"users": {**good, "retry": {"atempts": 2}}}, "atempts", "attempts")
        routes = [{"match": "GET /a", **too_long}]
        self.refused({"users": {**good, "routes": routes}}, "outbound.users.routes", "per_try_timeout")


class DrainTest(OutboundCase):
    DRAIN = {"drain": {"delay": "0s", "timeout": "10s"}}

    def test_a_call_in_progress_at_sigterm_ends_whole(self):
        script = Script(hang(1.0))
        sidecar = self.outbound(self.origin(script), settings=self.DRAIN)
        with Caller(sidecar.calls) as caller:
            caller.send(get("/"))
            until(lambda: script.requests, "the call at the origin")
            sidecar.signal(signal.SIGTERM)
            reply = caller.reply()
        self.assertEqual((reply.status, reply.body), (200, b"late"))
        self.assertEqual(sidecar.wait(), 0)

    def test_while_a_request_is_answered_the_app_can_still_call(self):
        ready, told = threading.Event(), threading.Event()

        def app(connection, request):
            ready.set()
            told.wait(20)
            statuses = [self.call(sidecar, get("/")).status for _ in range(3)]
            connection.reply(200, json.dumps(statuses).encode())

        sidecar = self.outbound(self.origin(Script(hang(0.2))), app=self.origin(app), settings=self.DRAIN)
        with Caller(sidecar.address) as caller:
            caller.send(get("/"))
            ready.wait(20)
            sidecar.signal(signal.SIGTERM)
            until(lambda: sidecar.ask_admin("/health/ready").status == 503, "the drain")
            time.sleep(0.3)
            told.set()
            self.assertEqual(json.loads(caller.reply().body), [200, 200, 200])
        self.assertEqual(sidecar.wait(), 0)


if __name__ == "__main__":
    requirements.main()
