# SPDX-License-Identifier: Apache-2.0
"""The outage drill on real sockets: of three endpoints one dies and comes back, then one turns slow and recovers. What
callers see with the policies and without, side by side."""
import os
import pathlib
import tempfile
import threading
import time

import requirements
from caller import Broken, Caller, get
from chaos_origin import ChaosOrigin, Latency, Plan
from outbound_case import OutboundCase
from program import preloaded, program, until

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
CALLERS = 6                  # of each side
EVERY = 0.06                 # seconds between two calls of one caller
PHASES = (("all are well", 2.0), ("the second is dead", 3.0), ("it is back", 3.0), ("the third is slow", 3.0),
          ("it is quick again", 3.0))
WELL, SLOW = Plan(latency=Latency("fixed", (0.005,))), Plan(latency=Latency("fixed", (2.0,)))
RATIO, FLOOR = 0.2, 1.0      # of the default budget
WITH = {"timeout": "1s", "retry": {"per_try_timeout": "300ms"}, "outlier": {"consecutive": 3, "eject_for": "1s"}}
WITHOUT = {"timeout": "1s", "retry": {"attempts": 1}, "breaker": {"shadow": True}, "outlier": {"shadow": True}}
WINDOW = 0.5                 # seconds in which shares are looked at
MOST_SHARE, LEAST_SHARE = 0.6, 0.03          # of the calls that an endpoint may get after its return; a third is fair


class Side:
    """A sidecar and its three origins."""

    def __init__(self, test: OutboundCase, users: dict):
        self.failed, self.calls, self.lock = [0] * len(PHASES), [0] * len(PHASES), threading.Lock()
        first = ChaosOrigin(WELL, host=HOSTS[0])
        self.origins = [first, *(ChaosOrigin(WELL, port=first.port, host=host) for host in HOSTS[1:])]
        self.seen = [0, 0, 0]                # by origins that were stopped
        test.addCleanup(lambda: [origin.stop() for origin in self.origins])
        self.sidecar = test.outbound(f"http://three.test:{first.port}", users, {"logs": {"access": "none"}},
                                     environment=test.names())
        until(lambda: len(test.upstream(self.sidecar)["endpoints"]) == len(HOSTS), "three endpoints")

    def attempts(self, index: int) -> int:
        return self.seen[index] + self.origins[index].counts.heads

    def kill(self, index: int):
        self.origins[index].stop()

    def revive(self, index: int):
        dead = self.origins[index]
        self.seen[index] += dead.counts.heads
        self.origins[index] = ChaosOrigin(WELL, port=dead.port, host=HOSTS[index])

    def call(self, name: str, phase: int):
        with Caller(self.sidecar.calls) as caller:
            try:
                failed = caller.ask(get("/", f"X-Request-Id: {name}")).status >= 500
            except (Broken, OSError):
                failed = True
        with self.lock:
            self.calls[phase] += 1
            self.failed[phase] += failed


class OutageTest(OutboundCase):
    def names(self) -> dict:
        """The environment of a program to which three.test is all three hosts, and nobody knows any other name."""
        library = os.environ.get("OUTRIGGER_OWN_NAMES", "")
        if not os.path.exists(library):
            requirements.skip(self, "OUTRIGGER_OWN_NAMES names no library")
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        (pathlib.Path(folder.name) / "hosts").write_text("".join(f"{host} three.test\n" for host in HOSTS))
        (pathlib.Path(folder.name) / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        return {"LD_PRELOAD": preloaded(program(), library), "OUTRIGGER_NAMES": folder.name}

    def run_phases(self):
        """Lets time pass, and the endpoints fail."""
        for self.phase, (_, length) in enumerate(PHASES):
            for side in self.sides:
                match self.phase:
                    case 1: side.kill(1)
                    case 2: side.revive(1)
                    case 3: side.origins[2].plan = SLOW
                    case 4: side.origins[2].plan = WELL
            if self.phase in (2, 4):
                self.watch_the_return(self.phase // 2, length)
            else:
                time.sleep(length)
        self.over = True

    def watch_the_return(self, index: int, length: float):
        """Which share of the calls the endpoint gets, window by window."""
        side, shares = self.sides[0], []
        for _ in range(round(length / WINDOW)):
            before = [side.attempts(one) for one in range(3)]
            time.sleep(WINDOW)
            got = [side.attempts(one) - then for one, then in enumerate(before)]
            shares.append(got[index] / max(1, sum(got)))
        self.shares_back.append(shares)

    def run_caller(self, number: int):
        side, turn = self.sides[number % len(self.sides)], 0
        while not self.over:
            began = time.monotonic()
            side.call(f"{number}-{turn}", self.phase)
            turn += 1
            time.sleep(max(0.0, began + EVERY - time.monotonic()))

    def test_policies_keep_callers_from_an_outage(self):
        self.sides = [Side(self, WITH), Side(self, WITHOUT)]
        self.phase, self.over, self.shares_back = 0, False, []
        began = time.monotonic()
        self.run_threads(lambda number: self.run_caller(number) if number else self.run_phases(), 2 * CALLERS + 1)
        took = time.monotonic() - began
        self.report()

        guarded, bare = self.sides
        for side in self.sides:
            self.assert_nothing_left(side.sidecar)
        self.assertGreaterEqual(sum(bare.failed), 20, "the outage was none")
        self.assertLessEqual(sum(guarded.failed) * 5, sum(bare.failed))
        self.assertLessEqual(sum(guarded.failed), sum(guarded.calls) // 50)
        attempts = sum(guarded.attempts(index) for index in range(3))
        told = guarded.sidecar.metrics().sum("outrigger_attempts_total", upstream="users")
        bound = sum(guarded.calls) * (1 + RATIO) + FLOOR * (took + 10)
        print(f"attempts {told:.0f} ({attempts} reached an origin), at most {bound:.0f} are allowed", flush=True)
        self.assertLessEqual(told, bound)
        for shares in self.shares_back:
            text = ", ".join(f"{share:.0%}" for share in shares)
            print(f"the returned endpoint's share, each {WINDOW} s: {text}", flush=True)
            self.assertLessEqual(max(shares), MOST_SHARE, "a stampede")
            self.assertGreaterEqual(shares[-1], LEAST_SHARE, "it never came back")
        self.assertGreaterEqual(guarded.sidecar.metrics().sum("outrigger_endpoint_ejections_total"), 1)
        self.assertEqual(bare.sidecar.metrics().sum("outrigger_retries_total"), 0)

    def report(self):
        print(f"{'':22}{'with policies':>20}{'without':>20}\n{'':22}{'failed':>13} calls{'failed':>13} calls")
        for index, (name, _) in enumerate(PHASES):
            print(f"{name:22}" + "".join(f"{side.failed[index]:13} {side.calls[index]:6}" for side in self.sides))
        print(f"{'in all':22}" + "".join(f"{sum(side.failed):13} {sum(side.calls):6}" for side in self.sides))


if __name__ == "__main__":
    requirements.main()
