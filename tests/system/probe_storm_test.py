# SPDX-License-Identifier: Apache-2.0
"""Many probes while every dependency hangs and others talk as slowly as they can: all are answered, and nothing leaks."""
import socket
import threading
import time

import requirements
from app import App
from caller import Caller, get
from program import until
from system_case import SystemTest

PROBERS = 50
PACED, PROBES_PER_SECOND = 40, 200       # so many of each prober at this rate of all together: 10 s
UNPACED = 160                            # and so many more as quickly as they are answered: 10,000 in all
DRIPPING = 200
# Loose: the machine may be busy. The number itself is printed, and belongs into a benchmark.
MOST_P99_SECONDS = 1.0


class ProbeStormTest(SystemTest):
    def test_probes_are_answered_while_everything_hangs(self):
        release = threading.Event()
        hanging = App(lambda connection: release.wait(120), backlog=512)
        self.addCleanup(hanging.stop)
        self.addCleanup(release.set)
        target = f"127.0.0.1:{hanging.port}"
        every = {"every": "200ms", "timeout": "200ms"}
        checks = {f"{kind}{number}": {kind: url, **every} for number in range(3) for kind, url in
                  (("http", f"http://{target}"), ("redis", f"redis://{target}"), ("postgres", f"host=127.0.0.1 port={hanging.port} user=a"))}
        checks["command"] = {"command": ["sleep", "100"], **every}
        sidecar = self.sidecar(hanging, {"health": {"ready": checks}})
        until(lambda: b"not checked yet" not in sidecar.ask_admin("/health").body, "every check's first result")

        looks = []
        for _ in range(20):
            looks.append(sidecar.descriptors())
            time.sleep(0.05)
        drips = [socket.create_connection(sidecar.admin) for _ in range(DRIPPING)]
        stop = threading.Event()

        def drip():
            text = b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: " + b"a" * 1000
            for position in range(len(text)):
                for connection in drips:
                    try:
                        connection.send(text[position:position + 1])
                    except OSError:
                        pass                                 # cut at limits.head_timeout, as it should be
                if stop.wait(1.0):
                    return

        dripper = threading.Thread(target=drip, daemon=True)
        dripper.start()
        took, lock = [], threading.Lock()

        def probe(number: int):
            mine, path = [], ("/health/live", "/health/ready", "/health")[number % 3]
            with Caller(sidecar.admin) as caller:
                begin = time.monotonic() + number / PROBES_PER_SECOND
                for turn in range(PACED + UNPACED):
                    if turn < PACED:
                        time.sleep(max(0.0, begin + turn * PROBERS / PROBES_PER_SECOND - time.monotonic()))
                    asked = time.monotonic()
                    reply = caller.ask(get(path))
                    if turn < PACED:
                        mine.append(time.monotonic() - asked)
                    self.assertEqual(reply.status, 200 if path == "/health/live" else 503)
            with lock:
                took.extend(mine)

        self.run_threads(probe, PROBERS)
        stop.set()
        dripper.join(10)
        for connection in drips:
            connection.close()
        took.sort()
        self.assertEqual(len(took), PROBERS * PACED)
        p99 = took[len(took) * 99 // 100]
        print(f"{len(took)} probes: p50 {took[len(took) // 2] * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms, "
              f"most {took[-1] * 1e3:.2f} ms", flush=True)
        self.assertLess(p99, MOST_P99_SECONDS)
        until(lambda: sidecar.descriptors() <= max(looks), f"no more than {max(looks)} descriptors again")


if __name__ == "__main__":
    requirements.main()
