# SPDX-License-Identifier: Apache-2.0
"""What the load bench promises about itself. Usage: load_test.py FOLDER_OF_ITS_PROGRAMS"""
import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.dont_write_bytecode = True
import measuring
import processes
from report import Report

PROGRAMS = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path()
RIGHT = b'HTTP/1.1 200 OK\r\nContent-Length: 128\r\n\r\n'


def address() -> str:
    return f"127.0.0.1:{processes.free_port()}"


def load(target: str, origin: str, *mode) -> subprocess.CompletedProcess:
    command = [PROGRAMS / "outrigger_load", "--target", target, "--origin", origin, *map(str, mode)]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)


@contextlib.contextmanager
def relay(origin: str):
    target = address()
    process = subprocess.Popen([PROGRAMS / "outrigger_relay", target, origin])
    try:
        host, port = target.split(":")
        with socket.socket() as probe:
            processes.until(lambda: probe.connect_ex((host, int(port))) == 0, "the relay listens")
        yield target
    finally:
        processes.end(process)


@contextlib.contextmanager
def proxy_that_says(reply: bytes):
    """Answers the first bytes of its only caller, then closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
        thread = threading.Thread(target=answer)
        thread.start()
        yield "127.0.0.1:%d" % listener.getsockname()[1]
        thread.join()


class LoadThroughTheRelay(unittest.TestCase):
    def run_through(self, origin: str, *mode) -> dict:
        with relay(origin) as target:
            done = load(target, origin, *mode)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_a_number_of_requests_is_sent_exactly(self):
        result = self.run_through(address(), "--connections", 7, "--requests", 1001)
        self.assertEqual((result["requests"], result["origin_requests"], result["measured"]), (1001, 1001, 1001))

    def test_the_origin_may_listen_on_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            result = self.run_through(f"unix:{folder}/origin.sock", "--requests", 100)
        self.assertEqual((result["requests"], result["origin_requests"]), (100, 100))

    def test_at_saturation_the_warm_up_is_counted_but_not_measured(self):
        result = self.run_through(address(), "--seconds", 0.2, "--warm-up", 0.1)
        self.assertEqual(result["requests"], result["origin_requests"])
        self.assertTrue(0 < result["measured"] < result["requests"], result)
        self.assertTrue(0 < result["p50_us"] <= result["p99_us"] <= result["max_us"] * 1.01, result)

    def test_at_a_fixed_rate_just_what_falls_due_is_sent(self):
        result = self.run_through(address(), "--rate", 500, "--seconds", 0.4, "--warm-up", 0.1)
        self.assertEqual((result["requests"], result["measured"], result["unsent"]), (250, 200, 0))

    def test_idle_connections_have_asked_once_each(self):
        result = self.run_through(address(), "--connections", 50, "--idle")
        self.assertEqual((result["requests"], result["origin_requests"]), (50, 50))


class AWrongReplyEndsTheRun(unittest.TestCase):
    def assert_refused(self, reply: bytes, why: str):
        with proxy_that_says(reply) as target:
            done = load(target, address(), "--connections", 1, "--requests", 1)
        self.assertEqual(done.returncode, 1)
        self.assertIn(why, done.stderr)

    def test_another_status(self):
        self.assert_refused(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "not a 200")

    def test_no_content_length(self):
        self.assert_refused(b"HTTP/1.1 200 OK\r\nVary: a\r\n\r\n", "without Content-Length")

    def test_another_length(self):
        self.assert_refused(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "another length")

    def test_another_body(self):
        self.assert_refused(RIGHT + b"x" * 128, "not the body of request 0")

    def test_the_reply_to_another_request(self):
        self.assert_refused(RIGHT + b'{"order":"00000001"'.ljust(128), "not the body of request 0")

    def test_more_than_a_reply(self):
        self.assert_refused(RIGHT + b"x" * 129, "bytes behind a reply")

    def test_a_closed_connection(self):
        self.assert_refused(RIGHT, "closed a connection after 0 replies")


class CountsMustAgree(unittest.TestCase):
    class Contender:
        name, counts_requests = "fake", True

        def __init__(self, counted: int, logged: int):
            self.counts, self.lines = iter([0, *[counted] * 100_000]), logged

        def counted(self) -> int:
            return next(self.counts)

        def logged(self) -> int:
            return self.lines

        def empty_logs(self):
            pass

    def check(self, requests: int, counted: int, logged: int):
        with measuring.counts_agree(self.Contender(counted, logged)) as record:
            record["requests"] = requests

    def test_equal_counts_pass(self):
        self.check(5, 5, 5)

    def test_a_line_or_a_count_too_many_fails(self):
        for counted, logged in ((5, 6), (6, 5)):
            with self.assertRaisesRegex(measuring.Invalid, "5 requests"):
                self.check(5, counted, logged)


class TheReport(unittest.TestCase):
    RECORDS = [{"contender": name, "workload": "w", "round": number, "requests_per_second": speed}
               for name, speeds in (("relay", (100, 50, 200)), ("nginx", (50, 50, 100)))
               for number, speed in enumerate(speeds)]

    def test_ratios_are_taken_within_rounds_and_medians_over_them(self):
        report = Report(["relay", "nginx"], self.RECORDS, {})
        self.assertEqual(report.median("relay", "w", "requests_per_second"), "100")
        self.assertEqual(report.ratio("nginx", "relay", "w", "requests_per_second"), "0.50")

    def test_what_did_not_run_is_a_dash(self):
        report = Report(["relay"], self.RECORDS, {})
        self.assertEqual(report.ratio("relay", "haproxy", "w", "requests_per_second"), "-")
        self.assertIn("| relay | - |", report.costs())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
