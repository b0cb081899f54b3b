# SPDX-License-Identifier: Apache-2.0
"""A service of the library's users that ends in order: by signals, and by a request of its own."""
import json
import os
import signal
import subprocess
import threading
import unittest

import requirements
from program import PATIENCE, die_with_parent, fetch, until


class LifecycleTest(unittest.TestCase):
    def start(self, delay_ms=0, *arguments):
        self.app = subprocess.Popen([os.environ["OUTRIGGER_LIFECYCLE_APP"], str(delay_ms), *arguments], text=True,
                                    stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        self.addCleanup(self.app.stdout.close)
        self.addCleanup(self.app.wait)
        self.addCleanup(self.app.kill)
        self.address = ("127.0.0.1", int(self.app.stdout.readline()))

    def end(self) -> tuple[int, dict]:
        """The exit code, and the log's records by event.action."""
        said = self.app.communicate(timeout=PATIENCE)[0]
        records = [json.loads(line) for line in said.splitlines()]
        return self.app.returncode, {record["event"]["action"]: record for record in records}

    def begin_slow_call(self) -> dict:
        answer = {}
        caller = threading.Thread(target=lambda: answer.update(page=fetch(self.address, "GET", "/slow")))
        caller.start()
        self.addCleanup(caller.join)
        answer["ended"] = caller.join
        until(lambda: fetch(self.address, "GET", "/ready").headers["Calls"] == "1", "a call in progress")
        return answer

    def not_ready(self) -> bool:
        return fetch(self.address, "GET", "/ready").status == 503

    def test_a_call_in_progress_is_answered_after_sigterm_and_new_ones_are_served_meanwhile(self):
        self.start()
        slow = self.begin_slow_call()
        self.assertEqual(fetch(self.address, "GET", "/ready").status, 200)
        self.app.send_signal(signal.SIGTERM)
        until(self.not_ready, "not ready")
        page = fetch(self.address, "GET", "/ready")
        self.assertEqual(page.json()["status"], "shutting_down")
        self.assertEqual(page.headers["Connection"], "close")
        fetch(self.address, "GET", "/release")
        slow["ended"]()
        self.assertEqual(slow["page"].body, b"done")
        code, records = self.end()
        self.assertEqual(code, 0, records)
        self.assertEqual(list(records), ["shutdown-began", "drain-ended", "shutdown-ended"])
        self.assertEqual(records["shutdown-began"]["outrigger"]["cause"], "SIGTERM")
        self.assertEqual(records["drain-ended"]["outrigger"]["cut"], 0)

    def test_a_repeated_signal_changes_nothing(self):
        self.start()
        self.begin_slow_call()
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
            self.app.send_signal(number)
            until(self.not_ready, "not ready")
        fetch(self.address, "GET", "/release")
        code, records = self.end()
        self.assertEqual(code, 0, records)
        self.assertEqual(records["shutdown-began"]["outrigger"]["cause"], "SIGINT")

    def test_a_hook_that_hangs_is_named_and_the_process_ends(self):
        self.start(0, "hangs")
        self.app.send_signal(signal.SIGTERM)
        code, records = self.end()
        self.assertEqual(code, 1, records)
        left = records["shutdown-hook-left-behind"]
        self.assertEqual(left["message"], "shutdown hook pool: it has not ended within the 200.0 ms of its phase")
        self.assertEqual(left["outrigger"], {"hook": "pool", "phase": "after"})

    def test_it_ends_without_a_signal_too(self):
        self.start(1)
        fetch(self.address, "GET", "/quit")
        code, records = self.end()
        self.assertEqual(code, 0, records)
        self.assertEqual(records["shutdown-began"]["outrigger"]["cause"], "GET /quit")


if __name__ == "__main__":
    requirements.main(outrigger=False)
