# SPDX-License-Identifier: Apache-2.0
"""A program that logs to a disk that is full, becomes full for a while, or fails for a while."""
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import requirements
from program import PATIENCE, die_with_parent, preloaded, program

NOBODY = "logstash+http://127.0.0.1:9"                  # nothing listens there: all of it waits
SMALL_DISK = "12m"


def may_mount() -> bool:
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    return tried.returncode == 0


class FullDiskTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.spool, self.now = self.folder / "spool", self.folder / "now"

    def writer(self, *more) -> list[str]:
        return [os.environ["OUTRIGGER_LOG_WRITER"], "--to", NOBODY, "--dir", str(self.spool), *map(str, more)]

    def on_a_disk_of(self, size: str, script: str, *writer) -> subprocess.CompletedProcess:
        """What `script` says; in it "$@" is a writer."""
        if not may_mount():
            print("SKIPPED: system_full_disk: no file system may be mounted here", flush=True)
            self.skipTest("no file system may be mounted here")
        self.spool.mkdir()
        done = subprocess.run(["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size={size} none {self.spool} && {script}",
                               "sh", *self.writer(*writer)],
                              capture_output=True, text=True, timeout=100, preexec_fn=die_with_parent)
        self.assertEqual(done.returncode, 0, done.stdout[-500:] + done.stderr)
        return done

    def test_on_a_small_disk_the_least_important_records_make_room(self):
        script = f'"$@" && {program()} spool verify {self.spool} && {program()} spool inspect --json {self.spool}'
        # Small batches of all severities side by side: to make room for one, many have to leave.
        done = self.on_a_disk_of(SMALL_DISK, script, "--records", 60000, "--burst", 200, "--batch", 16384)
        *_, books, verified, document = done.stdout.splitlines()
        self.assertTrue(json.loads(books)["balanced"], books)
        self.assertIn("all is well", verified)
        report = json.loads(document)
        self.assertGreaterEqual(report["ledger"]["accepted"], 60000)
        self.assertGreater(report["ledger"]["dropped"]["evicted"], 20000)
        self.assertLess(report["stored"]["low"]["records"], 1000)
        self.assertGreater(report["stored"]["high"]["records"], 15000)

    def test_what_is_larger_than_the_room_on_the_disk_goes_in_by_parts_whenever_it_starts(self):
        script = f'"$@" && "$@" && "$@" && {program()} spool verify {self.spool}'
        done = self.on_a_disk_of("4m", script, "--records", 15000, "--burst", 5000)
        books, verified = done.stdout.splitlines()[-2:]
        self.assertTrue(json.loads(books)["balanced"], books)
        self.assertGreaterEqual(json.loads(books)["accepted"], 45000)
        self.assertIn("all is well", verified)

    def for_a_while(self, what: str):
        command = self.writer("--records", 400, "--burst", 10, "--pause", 10)
        environment = {**os.environ, "FAULTY_DISK": str(self.spool),
                       "LD_PRELOAD": preloaded(os.environ["OUTRIGGER_LOG_WRITER"], os.environ["OUTRIGGER_FAULTY_DISK"]),
                       "FAULTY_DISK_NOW": str(self.now)}
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=die_with_parent)
        try:
            for _ in range(5):
                writer.stdout.readline()
            self.now.write_text(what)
            time.sleep(1)
            self.assertIsNone(writer.poll())
            self.now.unlink()
            said, _ = writer.communicate(timeout=PATIENCE)
        finally:
            writer.kill()
            writer.wait()
        self.assertEqual(writer.returncode, 0, said)
        books = json.loads(said.splitlines()[-1])
        self.assertGreaterEqual(books["accepted"], 400)
        self.assertEqual((books["balanced"], books["dropped"]), (True, 0), books)
        verified = subprocess.run([program(), "spool", "verify", str(self.spool)], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(verified.returncode, 0, verified.stderr)

    def test_after_a_full_disk_it_goes_on_with_nothing_lost(self):
        self.for_a_while("ENOSPC")

    def test_after_a_disk_that_failed_it_goes_on_with_nothing_lost(self):
        self.for_a_while("EIO")


if __name__ == "__main__":
    requirements.main()
