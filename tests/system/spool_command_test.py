# SPDX-License-Identifier: Apache-2.0
"""`outrigger spool inspect|export|verify`: what waits in a log spool, and whether it is whole."""
import hashlib
import http.server
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import threading
import unittest

import requirements
from program import PATIENCE, die_with_parent, program

FAILURE, USAGE = 1, 2
NOBODY = "logstash+http://127.0.0.1:9"                  # nothing listens there: all of it waits


class SpoolCommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.spool = self.folder / "spool"

    def write(self, *more) -> subprocess.Popen:
        command = [os.environ["OUTRIGGER_LOG_WRITER"], "--to", NOBODY, "--dir", str(self.spool), "--records", "90", *more]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)

        def end():
            writer.kill()
            writer.communicate()
        self.addCleanup(end)
        return writer

    def fill(self):
        self.write().communicate(timeout=PATIENCE)

    def command(self, *arguments, code=0):
        done = subprocess.run([program(), "spool", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, code, (done.stdout, done.stderr))
        return done.stderr if code else done.stdout

    def files(self):
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.spool.iterdir() if path.name != "lock"}

    def sql(self, statement: str):
        database = sqlite3.connect(self.spool / "spool.db")
        database.execute(statement)
        database.commit()
        database.close()

    def test_inspect_tells_what_waits_in_words_and_as_json(self):
        self.fill()
        words = self.command("inspect", self.spool)
        self.assertRegex(words, r"^\S+/spool: 90 records wait, the oldest since 20\d\d-\S+Z; ")
        for part in ("  high: 30 records in ", "  normal: 30 records in ", "  low: 30 records in ",
                     "accepted 90 = delivered 0 + quarantined 0 + dropped 0 + waiting 90\n"):
            self.assertIn(part, words)
        document = json.loads(self.command("inspect", self.spool, "--json"))
        self.assertEqual(document["ledger"]["spooled"], 90)
        self.assertTrue(document["ledger"]["balanced"])
        self.assertEqual(document["stored"]["high"]["records"], 30)
        self.assertEqual(document["dir"], str(self.spool))

    def test_export_prints_the_records_as_they_would_be_sent(self):
        self.fill()
        records = [json.loads(line) for line in self.command("export", self.spool).splitlines()]
        self.assertEqual(sorted(record["event"]["sequence"] for record in records), list(range(1, 91)))
        self.assertEqual(len({record["event"]["id"] for record in records}), 90)
        self.assertEqual(self.command("export", self.spool, "--quarantined"), "")

    def test_export_prints_what_was_refused_with_the_reason(self):
        self.fill()
        self.sql("INSERT INTO quarantine(reason, detail, line, at) VALUES(2, 'too \"large\"', CAST('{\"a\":1}' || char(10) AS BLOB), 0)")
        record = json.loads(self.command("export", self.spool, "--quarantined"))
        self.assertEqual(record, {"at": "1970-01-01T00:00:00.000000Z", "reason": "too_large", "detail": 'too "large"',
                                  "line": '{"a":1}'})

    def test_verify_says_what_is_wrong(self):
        self.fill()
        self.assertEqual(self.command("verify", self.spool), f"{self.spool}: all is well\n")
        self.sql("UPDATE batches SET lines=x'00' WHERE id=(SELECT min(id) FROM batches)")
        self.assertIn("1 batches do not read back as they were stored", self.command("verify", self.spool, code=FAILURE))
        self.assertIn("not read back as stored", self.command("export", self.spool, code=FAILURE))

    def test_nothing_that_is_stored_is_changed(self):
        writer = self.write("--pause", "60000")
        writer.stdout.readline()
        writer.kill()                                                # with all of it in the log
        writer.wait()
        before = self.files()
        self.assertIn("spool.db-wal", before)
        for arguments in (("inspect", self.spool), ("export", self.spool), ("verify", self.spool)):
            self.command(*arguments)
        self.assertEqual(self.files(), before)

    def test_a_spool_in_use_is_named_with_who_has_it(self):
        writer = self.write("--pause", "60000")
        writer.stdout.readline()
        whose = f"{self.spool} is in use by process {writer.pid} (log_writer)"
        for what in ("export", "verify"):
            self.assertIn(whose, self.command(what, self.spool, code=FAILURE))

    def test_inspect_asks_the_running_sidecar(self):
        counts = {"rejected": 0, "no_index": 0, "too_large": 0, "failure_store": 0}
        severity = {"batches": 0, "records": 1, "bytes": 0, "oldest": None}
        document = {"dir": str(self.spool), "used_bytes": 1, "max_bytes": 8388608, "oldest": None, "quarantine_kept": 0,
                    "ledger": {"accepted": 3, "delivered": 0, "quarantined": counts, "spooled": 3,
                               "dropped": {"evicted": 0, "corrupt": 0}},
                    "stored": {"low": severity, "normal": severity, "high": severity}, "gaps": [], "fault": "", "note": ""}

        class Admin(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = self.path == "/api/spool"
                body = json.dumps(document).encode() if found else b"no"
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Admin)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        words = self.command("inspect", "--admin", f"127.0.0.1:{server.server_port}")
        self.assertIn("3 records wait", words)
        self.assertIn("used of 8MiB", words)
        self.assertEqual(json.loads(self.command("inspect", "--json", "--admin", f"127.0.0.1:{server.server_port}")), document)

    def test_what_is_no_spool_is_said_in_a_line(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn("is no spool", self.command("inspect", empty, code=FAILURE))
        self.assertIn("No such file", self.command("verify", self.folder / "missing", code=FAILURE))
        self.assertEqual(list(empty.iterdir()), [])
        self.assertIn("outrigger --help", self.command("export", code=USAGE))


if __name__ == "__main__":
    requirements.main()
