# SPDX-License-Identifier: Apache-2.0
"""Whatever an app does to its connections, no POST reaches it twice; and none fails that it cannot have got.

OUTRIGGER_SEED, 1 unless given, chooses what is asked and when the app closes."""
import collections
import json
import os
import random
import subprocess
import sys
import threading
import time

import requirements
from app import App
from caller import ObedientCaller, chunked, get, post
from node_app import FOLDER
from program import die_with_parent
from system_case import SystemTest

TRIES = 1000
CALLERS = 5
RACERS = 8
RACES = 300                  # of each racer
# Closings that may have crossed a request unnoticed, between the app's look and its close(): it may lose the processor.
PREEMPTED_SHARE, PREEMPTED_LEAST = 0.01, 5


class ExactlyOnceTest(SystemTest):
    # ---- An app that reads a POST and ends its connection

    def start_ending(self, path: str = "", settings=None):
        """Answers /kept; ends the connection after it has read any other request. A header says how."""
        self.seen, self.lock = collections.Counter(), threading.Lock()

        def serve(connection):
            while (request := connection.head()) is not None:
                if request.target != "/kept" and request.headers["X-End"].startswith("head"):
                    self.count(request.headers["X-Number"])
                    break                                            # the body stays unread: closing resets
                body = connection.body(request)
                if request.target == "/kept":
                    connection.reply(200, b"kept")
                    continue
                self.count(body.decode())
                break
            if request is not None:
                (connection.reset if request.headers["X-End"].endswith("reset") else connection.close)()

        app = App(serve, path=path, backlog=512)
        self.addCleanup(app.stop)
        return self.sidecar(app, settings)

    def count(self, number: str):
        with self.lock:
            self.seen[number] += 1

    def check_ending(self, sidecar, tries: int):
        ways = [(end, how) for end in ("close", "reset", "head-close", "head-reset")
                for how in ("kept", "fresh", "chunked")]

        def calls(caller_number):
            with ObedientCaller(sidecar.address) as caller:
                for number in range(caller_number, tries, CALLERS):
                    end, how = ways[number % len(ways)]
                    if how != "fresh":                               # so that the POST goes on a reused connection
                        self.assertEqual(caller.ask(get("/kept")).status, 200)
                    body = b"%d" % number
                    fields = (f"X-End: {end}", f"X-Number: {number}")
                    if how == "chunked":
                        request = get("/post", "Transfer-Encoding: chunked", *fields, method="POST") + chunked(body)
                    else:
                        request = post("/post", body, *fields)
                    self.assert_problem(caller.ask(request, "POST"), 502, "upstream_reset")

        self.run_threads(calls, CALLERS)
        twice = collections.Counter(ways[int(number) % len(ways)] for number, times in self.seen.items() if times > 1)
        self.assertEqual(twice, {}, "POSTs that came twice, by how the app ended")
        self.assertEqual(len(self.seen), tries)

    def test_an_app_that_reads_a_post_and_ends_gets_it_once(self):
        began = time.monotonic()
        self.check_ending(self.start_ending(), TRIES)
        print(f"{TRIES} tries in {time.monotonic() - began:.1f} s", flush=True)

    def test_the_same_on_a_unix_socket(self):
        self.check_ending(self.start_ending(self.socket_path()), 200)

    def test_the_same_where_no_body_is_kept(self):
        self.check_ending(self.start_ending(settings={"limits": {"replay": {"request": "0B", "total": "0B"}}}), 200)

    # ---- An app that closes its connections whenever it likes

    def start_closing(self, seed: int):
        app = subprocess.Popen([sys.executable, "-B", FOLDER / "closing_app.py", str(seed)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)

        def end():
            app.kill()
            app.communicate()
        self.addCleanup(end)
        return app, self.sidecar(int(app.stdout.readline()))

    def test_closing_and_asking_may_cross(self):
        seed = int(os.environ.get("OUTRIGGER_SEED", "1"))
        print(f"OUTRIGGER_SEED={seed}", flush=True)
        app, sidecar = self.start_closing(seed)
        statuses = {"GET": collections.Counter(), "POST": collections.Counter()}
        answered = [{} for _ in range(RACERS)]

        def race(racer):
            rng = random.Random(seed * 100 + racer)
            with ObedientCaller(sidecar.address) as caller:
                for number in range(RACES):
                    method = "POST" if rng.random() < 0.7 else "GET"
                    name = f"{racer}-{number}"
                    request = post("/", name.encode()) if method == "POST" else get("/")
                    status = caller.ask(request, method).status
                    answered[racer][name] = (method, status)
                    time.sleep(rng.random() * 0.004)                 # about as long as the app keeps a connection

        self.run_threads(race, RACERS)
        report = json.loads(app.communicate(timeout=20)[0])
        for name, (method, status) in (item for one in answered for item in one.items()):
            statuses[method][status] += 1
            seen = report["seen"].get(name, 0)
            if method == "POST":
                self.assertEqual(seen, 1 if status == 200 else 0, (name, status))
        posts = statuses["POST"]
        print(f"{sum(posts.values())} POSTs, {posts[502]} of them 502; {report['closed']} connections closed by the "
              f"app, {report['crossed']} of them when a request had come", flush=True)
        self.assertEqual(set(statuses["GET"]), {200})
        self.assertEqual(set(posts) - {200, 502}, set())
        self.assertGreater(report["closed"], 100)
        preempted = max(PREEMPTED_LEAST, int(report["closed"] * PREEMPTED_SHARE))
        self.assertLessEqual(posts[502], report["crossed"] + preempted)


if __name__ == "__main__":
    requirements.main()
