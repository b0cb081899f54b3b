# SPDX-License-Identifier: Apache-2.0
"""`outrigger demo`: its page is there while the load runs, its summary says what everybody saw, and policies pay."""
import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile

import requirements
from program import PATIENCE, die_with_parent, fetch, program, until
from system_case import SystemTest


CALLEES = ("users", "orders", "search")
TIME = r"([0-9.]+ m?s)"


def numbers(*columns: int) -> tuple:
    return tuple(int(column) for column in columns)


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
        process = self.start("1m")           # the load; all below must fall into it
        admin = self.address(process)

        def requests():
            page = fetch(admin, "GET", "/")
            self.assertEqual(page.status, 200)
            return int(self.figures(page.body.decode())["requests"])

        first = until(requests, "a request")
        until(lambda: requests() > first + 40, "more of them")
        page = fetch(admin, "GET", "/").body.decode()
        self.assertEqual(self.figures(page)["state"], "ready")
        self.assertIn("<h1>shop</h1>", page)
        self.assertIn("<td>/users/{id}</td>", page)
        self.assertIn("<td>users-bare</td>", page)
        self.assertNotEqual(self.figures(page)["overhead-p50"], "–")
        process.send_signal(signal.SIGINT)   # enough
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assert_summary(out)
        self.assertEqual(len(list(self.folder.glob("outrigger-demo-*.log"))), 1)

    def test_the_same_calls_fare_better_with_policies_and_all_tell_the_same(self):
        out, err = self.start("14s").communicate(timeout=14 + PATIENCE)
        self.assertEqual(err, "")
        self.assert_summary(out)
        self.assert_told(out)
        with_policies, without, did = self.sides(out)
        lines = self.call_lines()
        for callee in CALLEES:
            with self.subTest(callee):
                self.assertEqual(with_policies[callee][0], without[callee][0])      # the same calls
                self.assertEqual(self.logged(lines[callee]), with_policies[callee])
                self.assertEqual(self.logged(lines[f"{callee}-bare"]), without[callee])
                attempts, retries = did[callee][:2]
                self.assertEqual(sum(line["outrigger"].get("attempts", 0) for line in lines[callee]), attempts)
                again = sum(max(line["outrigger"].get("attempts", 0) - 1, 0) for line in lines[callee])
                self.assertGreaterEqual(retries, again)     # an open circuit may have stopped some
        # A bad instance of three is always outlived. Each side throws its own dice for orders, and what no policy can
        # save is failing sooner: search.
        self.assertLess(with_policies["users"][1], without["users"][1])
        self.assertRegex(out, rf"(?m)^  {self.errors(with_policies)} errors? instead of {self.errors(without)}, and .*\.$")
        self.assertGreaterEqual(did["users"][4], 1)     # ejections
        self.assertGreaterEqual(did["search"][2], 1)    # openings of the circuit
        refused = [line for line in lines["search"] if line["outrigger"].get("reason") == "circuit_open"]
        self.assertEqual(len(refused), did["search"][3])
        self.assert_examples(out, lines)

    @staticmethod
    def errors(side: dict) -> int:
        return sum(errors for _, errors in side.values())

    def assert_told(self, out: str):
        """What befell the shop, in order, and what the policies did about it."""
        told = re.findall(r"^  t\+[0-9.]+ s +(.+)$", out, re.MULTILINE)
        steps = [line for line in told if re.search("breaks|hangs|well again", line)]
        self.assertEqual([line.split()[0] for line in steps], ["users-2", "users-2", "search", "search"])
        self.assertIn("users-2 is ejected: the others get its calls", told)
        self.assertIn("the circuit of search opens: its calls are refused at once", told)

    @staticmethod
    def sides(out: str) -> tuple[dict, dict, dict]:
        """By callee: calls and errors with policies; the same without; what the policies did."""
        pair = rf"(?m)^  (\w+) +(\d+) +(\d+) +{TIME} +{TIME} +{TIME}\n    without policies +(\d+) +(\d+) "
        rows = re.findall(pair, out)
        with_policies = {row[0]: numbers(*row[1:3]) for row in rows}
        without = {row[0]: numbers(*row[6:8]) for row in rows}
        did = {row[0]: numbers(*row[1:]) for row in re.findall(r"^  (\w+)" + r" +(\d+)" * 5 + "$", out, re.MULTILINE)}
        return with_policies, without, did

    def call_lines(self) -> dict:
        """The log's lines of calls, by upstream."""
        lines = collections.defaultdict(list)
        for file in self.folder.glob("outrigger-demo-*.log"):
            for line in map(json.loads, file.read_text().splitlines()):
                if line["event"]["dataset"] == "outrigger.calls":
                    lines[line["outrigger"]["upstream"]].append(line)
        return lines

    @staticmethod
    def logged(lines: list) -> tuple[int, int]:
        return len(lines), sum(line["http"]["response"]["status_code"] >= 500 for line in lines)

    def assert_examples(self, out: str, lines: dict):
        """The two explained calls are in the log, with the same number of attempts and the same end."""
        for which in ("saved by a retry", "failed"):
            told = rf'(?ms)^  GET \S+ to (\w+), {which}\n      "(.*?)"\n      request id (\S+)$'
            callee, sentence, name = re.search(told, out).groups()
            (line,) = [line for line in lines[callee] if line["http"]["request"]["id"] == name]
            status = line["http"]["response"]["status_code"]
            self.assertTrue(sentence.startswith(f"Answered {status}"), sentence)
            self.assertEqual(status >= 500, which == "failed")
            if which != "failed":
                self.assertIn(f'after {line["outrigger"]["attempts"]} of 3 attempts', sentence)

    def test_ended_early_it_tells_of_what_there_was(self):
        process = self.start("1h")
        self.address(process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertRegex(out, r"(?m)^  in flight +0   everything has been answered$")

    def assert_summary(self, out: str):
        total, errors = re.search(r"^What the load saw: (\d+) requests in .*, (\d+) errors?$", out, re.MULTILINE).groups()
        rows = re.findall(r"^  ([A-Z]+ /\S+|all) +(\d+) +(\d+) +[0-9.]+ m?s +[0-9.]+ m?s +[0-9.]+ m?s$", out, re.MULTILINE)
        self.assertEqual(rows[-1], ("all", total, errors))
        self.assertGreater(len(rows), 4)
        for column, whole in ((1, total), (2, errors)):
            self.assertEqual(sum(int(row[column]) for row in rows[:-1]), int(whole))
        self.assertRegex(out, rf"(?m)^  requests +{total}   the load sent {total}: they agree$")
        self.assertRegex(out, rf"(?m)^  errors +{errors}   the load saw {errors}: they agree$")
        self.assertRegex(out, r"(?m)^  calls +(\d+)   the gateway made \1: they agree$")
        self.assertRegex(out, r"(?m)^  failed calls +(\d+)   the gateway saw \1: they agree$")
        self.assertRegex(out, r"(?m)^  in flight +0   everything has been answered$")


if __name__ == "__main__":
    requirements.main()
