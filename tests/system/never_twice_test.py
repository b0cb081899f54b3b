# SPDX-License-Identifier: Apache-2.0
"""Under faults of all kinds no POST without Idempotency-Key comes to an upstream twice, and no call hangs.

Every POST meets a fault, and retries are allowed as often as can be: the budget has room, the breaker only looks on.
OUTRIGGER_SEED chooses the faults, OUTRIGGER_FAULTS how many there are."""
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import requirements
from caller import Broken, Caller, chunked, get, post
from chaos_origin import BODY
from outbound_case import OutboundCase
from program import die_with_parent

CALLERS = 12
FAULTS = int(os.environ.get("OUTRIGGER_FAULTS", "10000"))
LEAST_ON_REUSED = FAULTS // 20               # read whole, then reset or closed, on a connection that carried others
GETS = FAULTS // 10
MOST_SECONDS = 10.0                          # for one call: below its timeout, limits.idle and what a busy machine adds

# Half of them leave the connection open, so that the other half mostly meets one that was used before.
PLAN = ("status-500=14%", "status-502=7%", "status-503=14%", "status-504=5%", "status-429=3%",
        "retry-after-seconds:0s=3%", "retry-after-date:0s=2%", "close-when-idle:2ms=10%",
        "close-when-idle:10ms=4%", "reset-in-request=3%",
        "reset-after-request=8%", "close-after-request=8%", "reset-in-head=3%", "close-in-head=3%", "reset-in-body=2%",
        "close-in-body=2%", "short-length=2%", "long-length=2%", "two-lengths=1%", "bad-chunk=1%", "garbage=1%",
        "stall-before-head:300ms=1%", "stall-in-head:300ms=0.5%", "stall-in-body:300ms=0.5%")


class Chaos:
    """The origin as a process of its own."""

    def __init__(self, seed: int):
        script = pathlib.Path(__file__).with_name("chaos_origin.py")
        self.process = subprocess.Popen([sys.executable, "-B", str(script), "--seed", str(seed), *PLAN], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        self.port = int(self.process.stdout.readline())

    def stop(self) -> dict:
        out, _ = self.process.communicate(timeout=20)
        return json.loads(out)


class NeverTwiceTest(OutboundCase):
    def start(self):
        self.seed = int(os.environ.get("OUTRIGGER_SEED") or random.SystemRandom().randrange(1 << 32))
        print(f"OUTRIGGER_SEED={self.seed}", flush=True)
        self.chaos = Chaos(self.seed)
        self.addCleanup(self.chaos.process.kill)
        users = {"timeout": "2s", "breaker": {"shadow": True}, "limit": {"concurrent": 100},
                 "retry": {"attempts": 3, "per_try_timeout": "150ms", "backoff": {"first": "1ms", "max": "2ms"},
                           "budget": {"ratio": "100%", "floor": "100000/s"}}}
        settings = {"limits": {"idle": "1s"}, "logs": {"access": "none"}, "workers": 2}
        return self.outbound(self.chaos.port, users, settings)

    @staticmethod
    def a_post(rng: random.Random, name: str) -> bytes:
        body = rng.randbytes(rng.choice((0, 10, 2000, 2000, 70_000)))
        fields = (f"X-Request-Id: {name}",)
        if rng.random() < 0.1:
            return get("/p", *fields, "Transfer-Encoding: chunked", method="POST") + chunked(body[:500], body[500:])
        return post("/p", body, *fields)

    def run_caller(self, sidecar, number: int, calls):
        """Its share of all calls, on a connection that it keeps as long as it may."""
        caller = None
        for method, data in calls(random.Random(f"{self.seed} {number}"), number):
            caller = caller or Caller(sidecar.calls)
            began = time.monotonic()
            saw, goes_on = self.outcome(caller, data, method)
            self.slowest[number] = max(self.slowest[number], time.monotonic() - began)
            self.seen[number][saw] += 1
            if not goes_on:
                caller.close()
                caller = None
        if caller:
            caller.close()

    def outcome(self, caller: Caller, data: bytes, method: str) -> tuple[str, bool]:
        """What came in the end, and whether the connection goes on."""
        try:
            caller.send(data)
        except OSError:
            pass                             # answered before it was read: the answer is there
        head = caller.head()                 # an end without a word, or none at all, fails the test
        try:
            caller.body(head, method)
        except (Broken, OSError):
            return f"{method} {head.status}, cut", False
        saw = f"{method} {head.status}"
        if head.headers["Content-Type"] == "application/problem+json":
            saw += " " + json.loads(head.body)["reason"]
        elif not BODY.startswith(head.body):
            raise AssertionError(f"an answer that nobody gave: {head.body[:200]}")
        return saw, (head.headers["Connection"] or "").lower() != "close"

    def run_calls(self, calls, count: int) -> dict:
        """The origin's counts, after so many calls, each of which came to an end in time."""
        sidecar = self.start()
        self.seen = [collections.Counter() for _ in range(CALLERS)]
        self.slowest = [0.0] * CALLERS
        began = time.monotonic()
        self.run_threads(lambda number: self.run_caller(sidecar, number, calls), CALLERS)
        took = time.monotonic() - began
        self.assert_nothing_left(sidecar)
        counts = self.chaos.stop()
        self.report(counts, took)
        self.assertEqual(sum(sum(seen.values()) for seen in self.seen), count)
        self.assertLess(max(self.slowest), MOST_SECONDS)
        return counts

    def test_no_post_is_seen_twice(self):
        def calls(rng, number):
            for turn in range(number, FAULTS, CALLERS):
                yield "POST", self.a_post(rng, f"post-{turn}")

        counts = self.run_calls(calls, FAULTS)
        for kind in ("heads_more_than_once", "more_than_once"):
            self.assertEqual(counts[kind], {}, f"OUTRIGGER_SEED={self.seed}")
        on_reused = counts["on_reused"]["reset-after-request"] + counts["on_reused"]["close-after-request"]
        self.assertGreaterEqual(on_reused, LEAST_ON_REUSED)
        # Some never left: their connection was closing, and nothing is sure then.
        self.assertGreaterEqual(counts["heads"], FAULTS * 0.97)

    def test_every_get_ends(self):
        def calls(rng, number):
            for turn in range(number, GETS, CALLERS):
                yield "GET", get("/g", f"X-Request-Id: get-{turn}")

        counts = self.run_calls(calls, GETS)
        self.assertGreater(len(counts["more_than_once"]), 0, "no GET was repeated")

    def report(self, counts: dict, took: float):
        calls = sum(sum(seen.values()) for seen in self.seen)
        print(f"{calls} calls in {took:.1f} s; the slowest took {max(self.slowest):.2f} s")
        print(f"{'fault':24}{'times':>8}{'on a reused connection':>26}")
        for kind, times in sorted(counts["kinds"].items()):
            print(f"{kind:24}{times:8}{counts['on_reused'].get(kind, 0):26}")
        for saw, times in sorted(sum(self.seen, collections.Counter()).items()):
            print(f"callers saw {times:6} x {saw}")
        sys.stdout.flush()


if __name__ == "__main__":
    requirements.main()
