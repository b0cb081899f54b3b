# SPDX-License-Identifier: Apache-2.0
"""The origin that other tests use to misbehave does misbehave, as it is told to and no otherwise."""
import email.utils
import json
import pathlib
import random
import socket
import subprocess
import sys
import time
import unittest

import requirements
from chaos_origin import BODY, Chance, ChaosOrigin, Fault, Latency, Plan


def request(origin, *fields: str, connection=None, body: bytes = b"", method="GET",
            enough: int = 1 << 20) -> bytes:
    """What comes until there is enough, the connection ends, or nothing comes for a while; at its end FIN or RST, if
    that came."""
    caller = connection or socket.create_connection(("127.0.0.1", origin.port))
    caller.settimeout(0.3)
    lines = [f"{method} / HTTP/1.1", "Host: x", *fields, *([f"Content-Length: {len(body)}"] if body else []), "", ""]
    received = b""
    try:
        caller.sendall("\r\n".join(lines).encode() + body)
        while len(received) < enough and (data := caller.recv(65536)):
            received += data
        if len(received) < enough:
            received += b"FIN"
    except TimeoutError:
        pass
    except ConnectionResetError:
        received += b"RST"
    if not connection:
        caller.close()
    return received


class ChaosOriginTest(unittest.TestCase):
    def origin(self, *faults: str, seed: int = 1, latency: str = "fixed:0s") -> ChaosOrigin:
        origin = ChaosOrigin(Plan.parse(*faults, latency=latency), seed)
        self.addCleanup(origin.stop)
        return origin

    def meets(self, fault: str, method="GET") -> bytes:
        return request(self.chaos, f"X-Chaos: {fault}", method=method)

    def test_every_fault_looks_as_it_is_named(self):
        self.chaos = self.origin()
        good = self.meets("ok")
        self.assertTrue(good.startswith(b"HTTP/1.1 200 ") and good.endswith(BODY), good)
        self.assertTrue(self.meets("status-503").startswith(b"HTTP/1.1 503 "))
        self.assertIn(b"\r\nRetry-After: 2\r\n", self.meets("retry-after-seconds:1500ms"))
        date = self.meets("retry-after-date:3s").split(b"Retry-After: ")[1].split(b"\r\n")[0].decode()
        self.assertAlmostEqual(email.utils.parsedate_to_datetime(date).timestamp(), time.time() + 3, delta=2)
        for fault, sees in {"reset-in-request": b"RST", "reset-after-request": b"RST", "close-after-request": b"FIN",
                            "stall-before-head:10ms": b"FIN", "stall-before-head:5s": b""}.items():
            self.assertEqual(self.meets(fault), sees, fault)
        for phase, holds in {"in-head": b"\r\n\r\n", "in-body": BODY}.items():
            for ending, sees in {"reset": b"RST", "close": b"FIN", "stall": b""}.items():
                fault = f"{ending}-{phase}" + (":5s" if ending == "stall" else "")
                got = self.meets(fault)
                self.assertTrue(got.endswith(sees) and holds not in got, f"{fault}: {got}")
                self.assertTrue(got.startswith(b"HTTP/1.1 200") or ending == "reset", f"{fault}: {got}")
        self.assertIn(b"Content-Length: 50\r\n", self.meets("short-length"))
        self.assertTrue(self.meets("long-length").endswith(BODY + b"FIN"))
        self.assertEqual(self.meets("two-lengths").count(b"Content-Length"), 2)
        self.assertIn(b"\r\nmany\r\n", self.meets("bad-chunk"))
        self.assertNotIn(b"HTTP", self.meets("garbage"))
        self.assertTrue(self.meets("close-when-idle:50ms").endswith(BODY + b"FIN"))
        self.assertFalse(self.meets("ok", method="HEAD").endswith(BODY))

    def test_what_a_request_meets_depends_on_the_seed_its_id_and_its_turn_only(self):
        def meets(origin, names):
            return {name: request(origin, f"X-Request-Id: {name}", enough=12)[9:12] for name in names}
        names = [f"r{i}" for i in range(40)]
        first = meets(self.origin("status-500=30%", seed=7), names)
        again = meets(self.origin("status-500=30%", seed=7), reversed(names))
        self.assertEqual(first, again)
        self.assertNotEqual(first, meets(self.origin("status-500=30%", seed=8), names))
        self.assertEqual(set(first.values()), {b"200", b"500"})

    def test_it_counts_what_was_read_whole_by_id_and_what_came_on_a_reused_connection(self):
        origin = self.origin()
        with socket.create_connection(("127.0.0.1", origin.port)) as kept:
            request(origin, "X-Request-Id: a", connection=kept, body=b"xyz", method="POST")
            request(origin, "X-Request-Id: a", "X-Chaos: reset-after-request", connection=kept, method="POST")
        request(origin, "X-Request-Id: b", "X-Chaos: reset-in-request", body=b"xyz", method="POST")
        counts = origin.counts.as_json()
        self.assertEqual(counts, {"heads": 3, "whole": 2, "ids": 1, "more_than_once": {"a": 2},
                                  "heads_more_than_once": {"a": 2},
                                  "kinds": {"ok": 1, "reset-after-request": 1, "reset-in-request": 1},
                                  "on_reused": {"reset-after-request": 1}})

    def test_a_burst_is_for_its_time_only(self):
        plan = Plan.parse("status-503=100%@10s-20s")
        self.assertEqual(plan.draw(random.Random(1), 9.9).kind, "ok")
        self.assertEqual(plan.draw(random.Random(1), 10).kind, "status-503")
        self.assertEqual(plan.draw(random.Random(1), 20).kind, "ok")

    def test_latencies_are_distributed_as_told(self):
        rng = random.Random(1)
        for text, mean in {"fixed:20ms": 0.02, "uniform:10ms,30ms": 0.02, "normal:20ms,2ms": 0.02,
                           "exponential:20ms": 0.02}.items():
            drawn = [Latency.parse(text).draw(rng) for _ in range(4000)]
            self.assertAlmostEqual(sum(drawn) / len(drawn), mean, delta=0.0015, msg=text)
            self.assertGreaterEqual(min(drawn), 0)

    def test_what_it_does_not_understand_it_says(self):
        for parse, text in ((Fault.parse, "status-99"), (Fault.parse, "explode"), (Fault.parse, "stall-in-body"),
                            (Fault.parse, "garbage:1s"), (Chance.parse, "garbage"), (Chance.parse, "garbage=2"),
                            (Latency.parse, "normal:1s"), (Latency.parse, "fast"), (Plan.parse, "ok=101%")):
            with self.assertRaises(ValueError, msg=text):
                parse(text)

    def test_as_a_program_it_says_its_port_and_in_the_end_its_counts(self):
        script = pathlib.Path(__file__).parent / "chaos_origin.py"
        with subprocess.Popen([sys.executable, "-B", str(script), "--seed", "3", "status-500=100%"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
            class At:
                port = int(program.stdout.readline())
            self.assertTrue(request(At).startswith(b"HTTP/1.1 500 "))
            output, _ = program.communicate(timeout=10)
        self.assertEqual(json.loads(output)["kinds"], {"status-500": 1})


if __name__ == "__main__":
    requirements.main()
