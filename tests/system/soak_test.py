# SPDX-License-Identifier: Apache-2.0
"""Mixed traffic, a flaky app, callers who leave at any moment: nothing leaks, every exchange is counted."""
import os
import random
import threading
import time

import requirements
from app import App
from caller import Broken, Caller, chunked, get, post
from program import until
from system_case import SystemTest

SECONDS = float(os.environ.get("OUTRIGGER_SOAK_SECONDS", "40"))
CALLERS = 12
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GROWTH_KIB = 4096                        # of resident memory, from the middle of the soak to its end


def flaky(seed: int):
    """An app that fails in every way it knows."""
    rng = random.Random(seed)

    def serve(connection):
        while (request := connection.head()) is not None:
            fate = rng.random()
            if fate < 0.03:
                return                                               # not a byte
            if fate < 0.06:
                return connection.reset()
            if fate < 0.09:
                return connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")
            if fate < 0.12:
                return connection.send(b"what?\r\n\r\n")
            if fate < 0.15:                                          # an answer before the upload's end
                connection.reply(503, b"busy", "Connection: close")
                return connection.finish()
            connection.body(request)
            if fate < 0.20:
                time.sleep(rng.random() * 0.1)
            if fate < 0.25:                                          # half a body
                return connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 5000)
            if fate < 0.28:
                return connection.send(CHUNKED + b"5\r\nabcde\r\nzz")
            if fate < 0.32:                                          # closes when idle
                connection.reply(200, b"bye")
                return
            if fate < 0.36:
                return connection.send(b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 20_000)
            body = b"z" * rng.choice((0, 10, 3000, 200_000))
            if fate < 0.6:
                hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                connection.send(hint + CHUNKED + chunked(body[:1000], body[1000:]))
            else:
                connection.reply(rng.choice((200, 200, 200, 404, 500)), body)

    return serve


def call(caller: Caller, rng: random.Random):
    """One request, or a part of one. Raises when the connection is of no use any more."""
    fate = rng.random()
    if fate < 0.5:
        data = get(f"/{rng.randrange(100)}")
    elif fate < 0.7:
        data = post("/up", b"u" * rng.choice((0, 1, 5000, 300_000)))
    elif fate < 0.85:
        data = get("/up", "Transfer-Encoding: chunked", method="PUT") + chunked(b"a" * 5000, b"b" * 50_000)
    elif fate < 0.9:
        data = b"nonsense\r\n\r\n"
    else:
        data = get("/x", "Connection: close")
    leaves = rng.random()
    if leaves < 0.08:
        caller.send(data[:rng.randrange(len(data) + 1)])             # gone within the request
        raise Broken("left")
    caller.send(data)
    if leaves < 0.12:
        raise Broken("left")                                         # gone before the answer
    if leaves < 0.16:
        caller.head()
        raise Broken("left")                                         # gone within the answer
    reply = caller.reply()
    if (reply.headers["Connection"] or "").lower() == "close":
        raise Broken("closed")


class SoakTest(SystemTest):
    def calls(self, sidecar, end: float, seed: int):
        rng = random.Random(seed)
        while time.monotonic() < end:
            caller = Caller(sidecar.address, timeout=20)
            try:
                for _ in range(rng.randrange(1, 30)):
                    call(caller, rng)
            except TimeoutError as error:
                self.hung.append(error)
            except (Broken, OSError, ValueError):
                pass
            (caller.reset if rng.random() < 0.3 else caller.close)()

    def run_traffic(self, sidecar, seconds: float, seed: int):
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self.calls, args=(sidecar, end, seed * 1000 + number), daemon=True)
                   for number in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 40)
            self.assertFalse(thread.is_alive())

    def test_nothing_leaks(self):
        seed = int(os.environ.get("OUTRIGGER_SEED", time.time_ns() % 1_000_000))
        print(f"OUTRIGGER_SEED={seed}", flush=True)
        app = App(flaky(seed))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"inbound": {"timeout": "5s"}, "limits": {"idle": "2s"}})
        sidecar.wait_ready()
        at_rest, self.hung = sidecar.descriptors(), []
        self.run_traffic(sidecar, SECONDS / 2, seed)
        middle = sidecar.resident_kib()
        self.run_traffic(sidecar, SECONDS / 2, seed + 1)
        self.assertEqual(self.hung, [])
        until(lambda: sidecar.metrics().sum("http_server_active_requests") == 0, "no active request")
        # Idle connections to the app end after limits.idle.
        until(lambda: sidecar.descriptors() <= at_rest, f"{at_rest} descriptors again")
        self.assertLess(sidecar.resident_kib() - middle, GROWTH_KIB)
        counted = sidecar.metrics().count("http_server_request_duration_seconds")
        self.assertGreater(counted, 1000)
        lines = sidecar.access_lines(counted)
        self.assertEqual(len(lines), counted)
        ids = [line["http"]["request"]["id"] for line in lines]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(sidecar.ask_admin("/livez").status, 200)


if __name__ == "__main__":
    requirements.main()
