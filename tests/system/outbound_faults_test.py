# SPDX-License-Identifier: Apache-2.0
"""For each fault of an upstream: what the caller saw, what journal and log say, and what the metrics count agree."""
import collections
import json
import random
import time
from dataclasses import dataclass

import requirements
from caller import Broken, Caller, get, post
from chaos_origin import BODY, ChaosOrigin, Plan
from outbound_case import CALLS, OutboundCase
from program import until

PER_TRY = "250ms"
STALL = ":3s"                # longer than anybody waits
ATTEMPTS = 2
LEAVING_SECONDS = 4.0
MOST_SECONDS = 5.0           # for one call; stalls in a body end by limits.idle


@dataclass(frozen=True)
class Case:
    """What becomes of a GET. `reason`: why the sidecar answered itself, or cut the answer."""
    fault: str
    status: int
    reason: str | None = None
    attempts: int = 1
    cut: bool = False                        # the answer breaks off


def retried(fault: str, status: int, reason: str | None = None) -> Case:
    return Case(fault, status, reason, ATTEMPTS)


def cut(fault: str, reason: str) -> Case:
    return Case(fault, 200, reason, cut=True)


CASES = (
    Case("ok", 200),
    Case("status-404", 404),
    Case("status-429", 429),                 # without Retry-After: as the upstream says
    Case("status-500", 500),
    Case("status-501", 501),
    Case("status-505", 505),
    retried("status-502", 502),
    retried("status-503", 503),
    retried("status-504", 504),
    retried("retry-after-seconds:0s", 503),
    retried("retry-after-seconds:1s", 503),
    retried("retry-after-date:1s", 503),
    Case("retry-after-seconds:60s", 503),    # longer than the call may take
    Case("retry-after-date:60s", 503),
    retried("reset-in-request", 502, "upstream_reset"),
    retried("reset-after-request", 502, "upstream_reset"),
    retried("close-after-request", 502, "upstream_reset"),
    retried("stall-before-head" + STALL, 504, "attempt_timeout"),
    retried("reset-in-head", 502, "upstream_reset"),
    retried("close-in-head", 502, "upstream_reset"),
    retried("stall-in-head" + STALL, 504, "attempt_timeout"),
    retried("two-lengths", 502, "upstream_protocol_error"),
    retried("garbage", 502, "upstream_protocol_error"),
    cut("reset-in-body", "upstream_reset"),
    cut("close-in-body", "upstream_reset"),
    cut("stall-in-body" + STALL, "timeout"),
    cut("long-length", "upstream_reset"),
    cut("bad-chunk", "upstream_protocol_error"),
    Case("short-length", 200),               # what is more than announced is nobody's
    Case("close-when-idle:10ms", 200),
)


def name_of(case: Case, method: str) -> str:
    return f"{method.lower()}-{case.fault.replace(':', '-')}"


class OutboundFaultsTest(OutboundCase):
    def start(self):
        self.chaos = ChaosOrigin()
        self.addCleanup(self.chaos.stop)
        # Every call meets its fault: no circuit opens, and the budget allows all retries.
        users = {"timeout": "4s", "breaker": {"shadow": True}, "limit": {"concurrent": 100},
                 "retry": {"attempts": ATTEMPTS, "per_try_timeout": PER_TRY, "backoff": {"first": "1ms", "max": "2ms"},
                           "budget": {"ratio": "100%", "floor": "1000/s"}}}
        return self.outbound(self.chaos.port, users, {"limits": {"idle": "500ms"}, "journal": {"slow": "1ms"}})

    def meet(self, sidecar, case: Case, data: bytes, method: str):
        """(status, reason, whether it broke off) as the caller sees it."""
        with Caller(sidecar.calls) as caller:
            began = time.monotonic()
            caller.send(data)
            head = caller.head()
            try:
                caller.body(head, method)
            except (Broken, OSError):
                return head.status, None, True
            finally:
                self.assertLess(time.monotonic() - began, MOST_SECONDS, case)
            if head.headers["Content-Type"] == "application/problem+json":
                problem = self.assert_problem(head, head.status, json.loads(head.body)["reason"])
                return head.status, problem["reason"], False
            if case.fault != "short-length":
                self.assertEqual(head.body, BODY, case)
            return head.status, None, False

    def expected(self, case: Case, method: str):
        """Of a POST no attempt is repeated."""
        return case.status, case.reason, case.attempts if method == "GET" else 1, case.cut

    def test_caller_journal_log_and_metrics_agree(self):
        sidecar = self.start()
        names = {}
        for method in ("GET", "POST"):
            def one(number, method=method):
                for case in CASES[number::4]:
                    fields = [f"X-Request-Id: {name_of(case, method)}", f"X-Chaos: {case.fault}"]
                    data = get("/a", *fields) if method == "GET" else post("/a", b"x" * 3000, *fields)
                    saw = self.meet(sidecar, case, data, method)
                    status, reason, _, is_cut = self.expected(case, method)
                    self.assertEqual(saw, (status, None if is_cut else reason, is_cut), (case, method))
            self.run_threads(one, 4)
            names |= {name_of(case, method): (case, method) for case in CASES}
        self.check(sidecar, names)

    def test_callers_who_leave_at_any_moment_leave_nothing_behind(self):
        plan = Plan.parse("status-503=30%", "reset-after-request=10%", "close-after-request=10%",
                          "stall-before-head:200ms=10%")
        self.chaos = ChaosOrigin(plan)
        self.addCleanup(self.chaos.stop)
        users = {"timeout": "1s", "breaker": {"failure_rate": "90%", "min_calls": 5, "open_for": "20ms"},
                 "limit": {"concurrent": 4, "queue": 4, "wait": "20ms"},
                 "retry": {"per_try_timeout": "100ms", "backoff": {"first": "1ms", "max": "5ms"}}}
        sidecar = self.outbound(self.chaos.port, users, {"limits": {"idle": "500ms"}, "logs": {"access": "none"}})
        end = time.monotonic() + LEAVING_SECONDS

        def leave(number):
            rng = random.Random(number)
            while time.monotonic() < end:
                body = rng.randbytes(rng.choice((0, 100, 50_000, 200_000)))
                data = post("/", body, method=rng.choice(("PUT", "POST")))
                with Caller(sidecar.calls) as caller:
                    try:
                        caller.send(data[:rng.randrange(len(data))] if rng.random() < 0.3 else data)
                        time.sleep(rng.random() * 0.03)
                        if rng.random() < 0.5:
                            caller.reset()
                    except OSError:
                        pass                 # answered already

        self.run_threads(leave, 8)
        self.assert_nothing_left(sidecar)
        self.chaos.plan = Plan()             # and it works: no slot, probe or permit was lost
        until(lambda: self.call(sidecar, get("/")).status == 200, "a good answer")
        for _ in range(10):
            self.assertEqual(self.call(sidecar, post("/", b"x"), "POST").status, 200)

    def check(self, sidecar, names):
        lines = {line["http"]["request"]["id"]: line for line in self.call_lines(sidecar, len(names))}
        self.assertEqual(set(lines), set(names))
        entries = sidecar.ask_admin("/api/requests?limit=1000").json()["requests"]
        journal = {entry["request_id"]: entry for entry in entries}
        for name, (case, method) in names.items():
            with self.subTest(name):
                self.check_one(case, method, lines[name], journal.get(name))
        self.check_counts(sidecar, names, journal)
        self.assert_nothing_left(sidecar)

    def check_one(self, case: Case, method: str, line: dict, entry):
        status, reason, attempts, _ = self.expected(case, method)
        ours = line["outrigger"]
        self.assertEqual((line["http"]["response"]["status_code"], ours.get("reason")), (status, reason), line)
        self.assertEqual((ours["upstream"], ours.get("attempts", 1)), ("users", attempts), line)
        if entry is None:                    # neither failed, slow nor retried
            return self.assertTrue(attempts == 1 and status < 500 and not reason)
        self.assertEqual((entry["status"], entry.get("reason"), entry["method"]), (status, reason, method), entry)
        made = [attempt for attempt in entry["attempts"] if not attempt.get("stale_connection")]
        self.assertEqual(len(made), attempts, entry)
        self.assertTrue(entry["explained"].startswith(f"Answered {status}"), entry)
        self.assertTrue(all(attempt["endpoint"] == f"127.0.0.1:{self.chaos.port}" for attempt in made), entry)

    def check_counts(self, sidecar, names, journal):
        page = sidecar.metrics()
        ended = collections.Counter()
        for case, method in names.values():
            status, reason, _, _ = self.expected(case, method)
            ended[(str(status), reason or (str(status) if status >= 400 else None))] += 1
        counted = collections.Counter()
        for labels, value in page.series(CALLS + "_count", upstream="users"):
            counted[(labels["http_response_status_code"], labels.get("error_type"))] += int(value)
        self.assertEqual(counted, ended)

        made = [attempt for entry in journal.values() for attempt in entry["attempts"] if "verdict" in attempt]
        verdicts = collections.Counter(attempt["verdict"] for attempt in made)
        for case, _ in (names[name] for name in names.keys() - journal.keys()):
            verdicts["neutral" if case.status == 429 else "success"] += 1
        self.assertEqual({verdict: page.sum("outrigger_attempts_total", upstream="users", outcome=verdict)
                          for verdict in ("success", "failure", "neutral")},
                         {verdict: verdicts[verdict] for verdict in ("success", "failure", "neutral")})
        retries = collections.Counter()
        for entry in journal.values():
            for attempt in [one for one in entry["attempts"] if "verdict" in one][:-1]:
                retries[attempt.get("reason") or str(attempt["status"])] += 1
        told = {labels["reason"]: int(value) for labels, value in page.series("outrigger_retries_total")}
        self.assertEqual(told, dict(retries))
        self.assertEqual(sum(retries.values()), sum(case.attempts - 1 for case in CASES))
        # The origin saw each attempt, and each that went out once more because its connection was stale.
        attempts = sum(self.expected(case, method)[2] for case, method in names.values())
        stale = sum("verdict" not in attempt for entry in journal.values() for attempt in entry["attempts"])
        self.assertLessEqual(attempts, self.chaos.counts.heads)
        self.assertLessEqual(self.chaos.counts.heads, attempts + stale)


if __name__ == "__main__":
    requirements.main()
