# SPDX-License-Identifier: Apache-2.0
"""What a proxied request costs in user instructions, which unlike seconds are the same on every run.

Counted by callgrind over all threads of the real program, metrics and the access log to a file included. Two runs of
different length; what starting and stopping cost cancels out in their difference.
"""
import contextlib
import os
import pathlib
import re
import subprocess
import tempfile

import requirements
from app import App
from caller import Caller, get
from outbound_case import OutboundCase

MOST = 9_500                             # user instructions per request to the app, everything on
MOST_OUTBOUND = 12_000                   # per call of the app's, all default policies on and nothing failing
CONNECTIONS = 32                         # as in bench/load
SHORT, LONG = 960, 2_880                 # requests of the two runs
SHOWN = int(os.environ.get("OUTRIGGER_SHOWN", "25"))    # functions in the report

# Ten header fields, some 600 bytes.
REQUEST = get("/api/v1/users/4711/orders?limit=20&offset=40",
              "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0",
              "Accept: application/json, text/plain, */*",
              "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
              "Accept-Encoding: gzip, deflate, br",
              "Authorization: Bearer 4f1d0c52a9b34e7f8d60b1c2e3a495867708192a3b4c5d6e",
              "Referer: https://shop.test/account/orders/overview",
              "Cookie: session=0b54ad6f2c9e41b7a1c3d5e7f9081b2d; theme=dark; consent=1",
              "Cache-Control: no-cache",
              "X-Requested-With: XMLHttpRequest")
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 128\r\n\r\n" + b"x" * 128

TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
COST = re.compile(r"^\s*([\d,]+) \([\d. ]+%\)\s+(.*)$")


def serve(connection):
    """Answers every request alike, and quickly: nobody looks at what was asked."""
    while connection.reader.until(b"\r\n\r\n"):
        connection.send(REPLY)


def total(profile: pathlib.Path) -> int:
    return int(TOTAL.findall(profile.read_text())[-1])


def brief(function: str) -> str:
    """Without its template arguments, parameters and object file."""
    function = re.sub(r" \[[^]]*\]$", "", function)
    while (shorter := re.sub(r"<[^<>]*>|\([^()]*\)", "", function)) != function:
        function = shorter
    return function


def costs(profile: pathlib.Path) -> dict[str, int]:
    """Instructions by function, callees not included."""
    report = subprocess.run(["callgrind_annotate", "--threshold=100", "--show-percs=yes", str(profile)],
                            capture_output=True, text=True, check=True).stdout
    lines = map(COST.match, report[report.index("file:function"):].splitlines())
    found: dict[str, int] = {}
    for line in filter(None, lines):
        name = brief(line[2].partition(":")[2])
        found[name] = found.get(name, 0) + int(line[1].replace(",", ""))
    return found


class InstructionsTest(OutboundCase):
    def setUp(self):
        if os.environ.get("OUTRIGGER_BUILD_TYPE") != "Release":
            requirements.skip(self, "only an optimised build is counted")
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start_inbound(self, app: App, under):
        sidecar = self.sidecar(app, {"workers": 1, "inbound": {"routes": ["/api/v1/users/{id}/orders"]}}, under=under)
        return sidecar, sidecar.address, sidecar.access_lines

    def start_outbound(self, app: App, under):
        sidecar = self.outbound(app, settings={"workers": 1}, under=under)
        return sidecar, sidecar.calls, lambda least: self.call_lines(sidecar, least)

    def run_under_callgrind(self, start, requests: int) -> pathlib.Path:
        profile = self.folder / f"callgrind.{requests}"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
                   f"--log-file={self.folder / 'valgrind.log'}"]
        app = App(serve)
        self.addCleanup(app.stop)
        sidecar, address, lines = start(app, command)
        with contextlib.ExitStack() as stack:
            callers = [stack.enter_context(Caller(address)) for _ in range(CONNECTIONS)]
            for _ in range(requests // CONNECTIONS):
                for caller in callers:
                    caller.send(REQUEST)
                for caller in callers:
                    self.assertEqual(caller.reply().status, 200)
        self.assertEqual(len(lines(requests)), requests)
        sidecar.signal(15)
        self.assertEqual(sidecar.wait(60), 0)
        return profile

    def dearest(self, short: pathlib.Path, long: pathlib.Path) -> str:
        before, after = costs(short), costs(long)
        grown = {name: (count - before.get(name, 0)) / (LONG - SHORT) for name, count in after.items()}
        ordered = sorted(grown.items(), key=lambda entry: -entry[1])
        return "\n".join(f"{count:8.0f}  {name}" for name, count in ordered[:SHOWN])

    def assert_cost(self, start, what: str, most: int):
        short, long = self.run_under_callgrind(start, SHORT), self.run_under_callgrind(start, LONG)
        each = (total(long) - total(short)) / (LONG - SHORT)
        print(f"{each:,.0f} user instructions per {what}; the dearest functions, callees not included:\n"
              f"{self.dearest(short, long)}", flush=True)
        self.assertGreater(each, 1_000, "so few cannot be: the counting is broken")
        self.assertLessEqual(each, most, "see above where they go")

    def test_a_request_costs_few_instructions(self):
        self.assertEqual(REQUEST.count(b"\r\n"), 12)                  # the first line, ten fields, the empty line
        self.assertAlmostEqual(len(REQUEST), 600, delta=60)
        self.assert_cost(self.start_inbound, "request to the app", MOST)

    def test_a_call_of_the_app_costs_few_more(self):
        self.assert_cost(self.start_outbound, "call of the app's", MOST_OUTBOUND)


if __name__ == "__main__":
    requirements.main("valgrind", "callgrind_annotate")
