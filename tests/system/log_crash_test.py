# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a program that logs, and of its receiver, again and again: what was accepted arrives, and under one id.

OUTRIGGER_CRASHES says how often (40). The seed is printed; OUTRIGGER_SEED repeats it.
"""
import collections
import faulthandler
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import requirements
from program import PATIENCE, die_with_parent, preloaded, program, until

CRASHES = int(os.environ.get("OUTRIGGER_CRASHES", "40"))
SEED = int(os.environ.get("OUTRIGGER_SEED", random.SystemRandom().randrange(1 << 32)))
RECEIVER = pathlib.Path(__file__).resolve().parent / "faulty_receiver.py"
RECORDS = 600                # of a writer that nobody kills
FAULTS = "429=5%,500=5%,503=3%,reset=5%,after=5%,half=5%,slow=3%"
KINDS = ["inside a commit", "after a send", "any time", "receiver"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LogCrashTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.store, self.spool = self.folder / "store", self.folder / "spool"
        self.chance = random.Random(SEED)
        self.port = free_port()
        self.receiver = None
        self.first = 1
        self.accepted = []                                           # (first, last) of what must arrive
        self.crashes = collections.Counter()
        self.addCleanup(self.stop_receiver)

    def start_receiver(self, kind: str, faults: str):
        command = [sys.executable, "-B", str(RECEIVER), "--kind", kind, "--store", str(self.store), "--port", str(self.port),
                   "--seed", str(self.chance.randrange(1 << 30)), "--faults", faults]

        def started():
            self.receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
            return self.receiver.stdout.readline().startswith("listening")
        until(started, "a receiver that listens")

    def stop_receiver(self):
        if self.receiver:
            self.receiver.kill()
            self.receiver.communicate()
            self.receiver = None

    def writer(self, kind: str, records: int, *more, kill: str = "") -> subprocess.Popen:
        to = {"http": "logstash+http://", "bulk": "elasticsearch+http://"}[kind] + f"127.0.0.1:{self.port}"
        environment = {**os.environ, "FAULTY_DISK": str(self.spool),
                       "LD_PRELOAD": preloaded(os.environ["OUTRIGGER_LOG_WRITER"], os.environ["OUTRIGGER_FAULTY_DISK"]),
                       "FAULTY_DISK_KILL": kill}
        command = [os.environ["OUTRIGGER_LOG_WRITER"], "--to", to + ("/logs" if kind == "bulk" else ""), "--dir", str(self.spool),
                   "--first", str(self.first), "--records", str(records), "--burst", "20", "--batch", "16384",
                   "--timeout", "2000", *more]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=die_with_parent)

    def note(self, said: str):
        """Takes down what a writer had accepted."""
        last = [int(line.split()[1]) for line in said.splitlines() if line.startswith("accepted ") and line.count(" ") == 1]
        if last:
            self.accepted.append((self.first, last[-1]))
        self.first += RECORDS

    def crash(self, kind: str):
        what = self.chance.choice(KINDS)
        kill = {"inside a commit": f"wal {self.chance.randrange(1, 90)}",
                "after a send": f"send {self.chance.randrange(1, 10)}"}.get(what, "")
        writer = self.writer(kind, RECORDS, kill=kill)
        try:
            if not kill:
                writer.stdout.readline()
                time.sleep(self.chance.random() * 0.05)
                if what == "receiver":
                    self.stop_receiver()
                    self.start_receiver(kind, FAULTS)
                writer.kill()
            said, _ = writer.communicate(timeout=PATIENCE)
        finally:
            writer.kill()
            writer.wait()
        if writer.returncode == -signal.SIGKILL:
            self.crashes[what] += 1
        else:
            self.assertEqual(writer.returncode, 0, said)
        self.note(said)

    def finish(self, kind: str):
        """All is well again: what is left arrives."""
        self.stop_receiver()
        self.start_receiver(kind, "")
        writer = self.writer(kind, 20, "--drain", "40")
        said, _ = writer.communicate(timeout=60)
        self.assertEqual(writer.returncode, 0, said)
        self.note(said)
        return json.loads(said.splitlines()[-1])

    def run_crashes(self, kind: str):
        print(f"seed {SEED}", flush=True)
        faulthandler.dump_traceback_later(100 + 2 * CRASHES, exit=True)
        self.start_receiver(kind, FAULTS)
        while self.crashes.total() < CRASHES // 2:
            self.crash(kind)
        books = self.finish(kind)
        aimed = self.crashes["inside a commit"] + self.crashes["after a send"]
        arrived = self.arrived()
        print(f"{kind}: {self.crashes.total()} crashes, {aimed} of them inside a commit or between send and acknowledgement "
              f"({dict(self.crashes)}); {books['accepted']} records accepted, {sum(map(len, arrived.values()))} arrived", flush=True)
        self.assertEqual((books["balanced"], books["spooled"], books["dropped"], books["quarantined"]), (True, 0, 0, 0), books)
        for first, last in self.accepted:
            missing = [number for number in range(first, last + 1) if number not in arrived]
            self.assertEqual(missing, [], f"seed {SEED}")
        ids = [{event["id"] for event in events} for events in arrived.values()]
        self.assertEqual([found for found in ids if len(found) != 1], [], f"seed {SEED}")
        verified = subprocess.run([program(), "spool", "verify", str(self.spool)], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        return arrived

    def arrived(self):
        """By its number, the object `event` of each time that a record came."""
        arrived = collections.defaultdict(list)
        for line in self.store.read_bytes().splitlines():
            event = json.loads(line)["event"]
            if "sequence" in event:
                arrived[event["sequence"]].append(event)
        return arrived

    def test_every_accepted_record_arrives_by_http_at_least_once(self):
        self.run_crashes("http")

    def test_every_accepted_record_arrives_by_bulk_exactly_once(self):
        arrived = self.run_crashes("bulk")
        self.assertEqual([number for number, events in arrived.items() if len(events) != 1], [], f"seed {SEED}")


if __name__ == "__main__":
    requirements.main()
