#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bench of the log intake: posts of one record each, answered once they are in the spool.

Usage: bench/load/intake.py [--build build/release] [--seconds 5] [--rounds 3] [--connections 64] [--sync process|power]

wrk posts, outrigger commits to a spool in a directory and ships to a TCP receiver that discards. It ends with 1 unless
every post was answered 202 and the ledger has them all.
"""
import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request

sys.dont_write_bytecode = True
from processes import Usage, end, free_port, until

FOLDER = pathlib.Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=FOLDER.parents[1] / "build/release")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--sync", choices=("process", "power"), default="process", help="logs.ship.spool.sync")
    return parser.parse_args()


def discard(connection: socket.socket):
    buffer = bytearray(1 << 20)
    while connection.recv_into(buffer):
        pass


def receiver() -> int:
    """The port of a receiver that takes everything."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            threading.Thread(target=discard, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def fetch(port: int, path: str):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as page:
        return json.load(page)


def settings(folder: pathlib.Path, ports: dict, to: int, sync: str) -> dict:
    return {"service": "shop", "admin": f"127.0.0.1:{ports['admin']}", "workers": 1,
            "inbound": {"listen": f"127.0.0.1:{ports['inbound']}", "app": ports["app"]},
            "drain": {"delay": "0s", "timeout": "2s"},
            "logs": {"intake": f"127.0.0.1:{ports['intake']}",
                     "ship": {"to": f"logstash+tcp://127.0.0.1:{to}",
                              "spool": {"dir": str(folder / "spool"), "max": "4GiB", "sync": sync}}}}


def measure(chosen: argparse.Namespace, to: int) -> dict:
    with tempfile.TemporaryDirectory(prefix="outrigger-bench-") as name:
        folder = pathlib.Path(name)
        ports = {what: free_port() for what in ("admin", "inbound", "app", "intake")}
        config = folder / "outrigger.yaml"
        config.write_text(json.dumps(settings(folder, ports, to, chosen.sync)))
        with open(folder / "log", "wb") as log:
            sidecar = subprocess.Popen([chosen.build / "outrigger", "run", "-c", config], stdout=log, stderr=log)
        try:
            def listens():
                with socket.socket() as probe:
                    return probe.connect_ex(("127.0.0.1", ports["intake"])) == 0
            until(listens, f"the intake; {(folder / 'log').read_text()}")
            before = fetch(ports["admin"], "/api/spool")["ledger"]["accepted"]
            used = Usage([sidecar.pid])
            run = subprocess.run(["wrk", "-t1", f"-c{chosen.connections}", f"-d{chosen.seconds}s", "-s", FOLDER / "post.lua",
                                  f"http://127.0.0.1:{ports['intake']}/"], capture_output=True, text=True, check=True)
            cpu = sum(Usage([sidecar.pid]).since(used))
            figures = json.loads(run.stdout.splitlines()[-1])
            figures["cpu_us"] = cpu / figures["posts"] * 1e6
            # wrk leaves without the last answer of each connection.
            figures["unheard"] = until(lambda: fetch(ports["admin"], "/api/spool"), "")["ledger"]["accepted"] - before - figures["posts"]
            return figures
        finally:
            end(sidecar)


def main() -> int:
    chosen = arguments()
    if not (chosen.build / "outrigger").exists():
        print(f"nothing is built in {chosen.build}; scripts/bench does that", file=sys.stderr)
        return 2
    to = receiver()
    rounds = [measure(chosen, to) for _ in range(chosen.rounds)]
    print("| round | posts/s | p50 ms | p99 ms | CPU us per post | refused | failed |\n|---|---|---|---|---|---|---|")
    for number, one in enumerate(rounds, 1):
        print(f"| {number} | {one['posts'] / one['seconds']:,.0f} | {one['p50_ms']} | {one['p99_ms']} | {one['cpu_us']:.1f} | "
              f"{one['refused']} | {one['failed']} |")
    print(f"\nmedian: {statistics.median(one['posts'] / one['seconds'] for one in rounds):,.0f} posts/s over "
          f"{chosen.connections} connections, one record each, one worker, spool.sync: {chosen.sync}, {os.cpu_count()} CPUs")
    # The app is down in this bench, which the log tells: a few records of the sidecar's own.
    wrong = [one for one in rounds if one["refused"] or one["failed"] or not 0 <= one["unheard"] <= chosen.connections + 20]
    for one in wrong:
        print(f"WRONG: {one}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
