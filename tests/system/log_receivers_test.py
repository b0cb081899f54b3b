#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a program logs arrives at real receivers over TCP, and they read in it what was logged."""
import json
import os
import subprocess
import tempfile
import unittest

import requirements
from log_receivers import rsyslog, syslog_ng, syslog_ng_command, tls

RECORDS = 3000


class LogReceivers(unittest.TestCase):
    def ship_to(self, receiver, scheme="logstash+tcp", *more):
        self.addCleanup(receiver.stop)
        with tempfile.TemporaryDirectory(prefix="outrigger-") as spool:
            done = subprocess.run([os.environ["OUTRIGGER_LOG_WRITER"], "--to", f"{scheme}://127.0.0.1:{receiver.port}",
                                   "--records", str(RECORDS), "--burst", "500", "--dir", spool, "--drain", "20", *more],
                                  capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        books = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((books["accepted"], books["delivered"], books["balanced"]), (RECORDS, RECORDS, True))
        records = [json.loads(line) for line in receiver.lines(RECORDS)]
        self.assertEqual(len(records), RECORDS)
        return records

    def check(self, records, number=int):
        """Equal fields, and each record once. Within a severity they keep their order."""
        sequences = [number(record["event"]["sequence"]) for record in records]
        self.assertEqual(sorted(sequences), list(range(1, RECORDS + 1)))
        for remainder in range(3):
            of_one_severity = [value for value in sequences if value % 3 == remainder]
            self.assertEqual(of_one_severity, sorted(of_one_severity))
        self.assertEqual(len({record["event"]["id"] for record in records}), RECORDS)
        for record, sequence in zip(records, sequences):
            self.assertTrue(record["message"].startswith(f'record {sequence} "quoted" ä ..'), record)
            self.assertEqual(record["event"]["dataset"], "writer")
            self.assertEqual(record["service"]["name"], "writer")
            self.assertRegex(record["@timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")

    def test_rsyslog_with_imptcp(self):
        self.check_rsyslog("imptcp")

    def test_rsyslog_with_imtcp(self):
        self.check_rsyslog("imtcp")

    def check_rsyslog(self, module):
        missing = requirements.fault("rsyslogd")
        if missing:
            requirements.skip(self, missing)
        records = self.ship_to(rsyslog(module))
        self.check(records)
        levels = ["error", "info", "debug"]
        for record in records:
            self.assertEqual(record["log.level"], levels[record["event"]["sequence"] % 3])
            self.assertEqual(record["ecs.version"], "9.4.0")

    def test_syslog_ng(self):
        missing = syslog_ng_command()[1]
        if missing:
            requirements.skip(self, missing)
        records = self.ship_to(syslog_ng())
        self.check(records)
        for record in records:     # dots in names are levels to it
            self.assertEqual(record["log"]["level"], ["error", "info", "debug"][int(record["event"]["sequence"]) % 3])

    def test_tls(self):
        missing = requirements.fault("openssl")
        if missing:
            requirements.skip(self, missing)
        receiver = tls()
        self.check(self.ship_to(receiver, "logstash+tls", "--ca", f"{receiver.folder.name}/ca"))


if __name__ == "__main__":
    requirements.main(outrigger=False)
