# SPDX-License-Identifier: Apache-2.0
"""`outrigger demo`: its page is there while the load runs, and its summary says what everybody saw."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile

import requirements
from program import PATIENCE, die_with_parent, fetch, program, until
from system_case import SystemTest


class DemoTest(SystemTest):
    def start(self, duration: str):
        """Its log, which stays, goes to self.folder."""
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        environment = {**os.environ, "http_proxy": "http://127.0.0.1:9", "TMPDIR": folder.name}
        process = subprocess.Popen([program(), "demo", "--duration", duration], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=die_with_parent, env=environment)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def address(self, process):
        """Where the sidecar's own page is, as printed."""
        for line in process.stdout:
            if match := re.match(r"^  open http://([0-9.]+):(\d+)/ ", line):
                return match[1], int(match[2])
        self.fail("no address printed")

    @staticmethod
    def figures(page: str) -> dict:
        return dict(re.findall(r'id="([a-z0-9-]+)"[^>]*>([^<]*)<', page))

    def test_the_page_shows_the_load_while_it_runs(self):
        process = self.start("10s")          # the load; all below must fall into it
        admin = self.address(process)

        def requests():
            page = fetch(admin, "GET", "/")
            self.assertEqual(page.status, 200)
            return int(self.figures(page.body.decode())["requests"])

        first = until(requests, "a request")
        until(lambda: requests() > first + 20, "more of them")
        page = fetch(admin, "GET", "/").body.decode()
        self.assertEqual(self.figures(page)["state"], "ready")
        self.assertIn("<h1>shop</h1>", page)
        self.assertIn("<td>/users/{id}</td>", page)
        self.assertNotEqual(self.figures(page)["overhead-p50"], "–")
        process.send_signal(signal.SIGINT)   # enough
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assert_summary(out)
        self.assertEqual(len(list(self.folder.glob("outrigger-demo-*.log"))), 1)

    def assert_summary(self, out: str):
        total, errors = re.search(r"^What the load saw: (\d+) requests in .*, (\d+) errors?$", out, re.MULTILINE).groups()
        rows = re.findall(r"^  ([A-Z]+ /\S+|all) +(\d+) +(\d+) +[0-9.]+ m?s +[0-9.]+ m?s +[0-9.]+ m?s$", out, re.MULTILINE)
        self.assertEqual(rows[-1], ("all", total, errors))
        self.assertGreater(len(rows), 4)
        for column, whole in ((1, total), (2, errors)):
            self.assertEqual(sum(int(row[column]) for row in rows[:-1]), int(whole))
        self.assertRegex(out, rf"(?m)^  requests +{total}   the load sent {total}: they agree$")
        self.assertRegex(out, rf"(?m)^  errors +{errors}   the load saw {errors}: they agree$")
        self.assertRegex(out, r"(?m)^  in flight +0   every request has been answered$")


if __name__ == "__main__":
    requirements.main()
