# SPDX-License-Identifier: Apache-2.0
"""The log intake with the real program: what is answered 202 is safe, whatever becomes of the sidecar and the receiver."""
import gzip
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

import requirements
from app import App, answering, free_port, refusing_port
from caller import Caller, get
from program import die_with_parent, fetch, until
from system_case import SystemTest

FOLDER = pathlib.Path(__file__).parent


class Receiver:
    """faulty_receiver.py as a process, and what it has stored."""

    def __init__(self, kind: str, store: pathlib.Path, port: int = 0, *more: str):
        self.store = store
        self.process = subprocess.Popen([sys.executable, "-B", FOLDER / "faulty_receiver.py", "--kind", kind, "--store", store,
                                         "--port", str(port), *more], stdout=subprocess.PIPE, text=True,
                                        preexec_fn=die_with_parent)
        self.port = int(self.process.stdout.readline().split()[1])

    def records(self) -> list[dict]:
        text = self.store.read_bytes()
        return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class IntakeTest(SystemTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.app = App(answering(lambda connection, request: connection.reply(200, b"ok")))
        self.addCleanup(self.app.stop)
        self.intake, self.tcp = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())

    def receiver(self, kind: str = "http", port: int = 0, *more: str) -> Receiver:
        receiver = Receiver(kind, self.folder / "store", port, *more)
        self.addCleanup(receiver.stop)
        return receiver

    def start(self, to: str = "stdout:", spool=None, **logs):
        ship = {"to": to, "backoff": {"first": "50ms", "max": "200ms"}}
        if spool is not None:
            ship["spool"] = {"dir": str(self.folder / "spool"), **spool}
        settings = {"logs": {"intake": {"listen": "%s:%d" % self.intake, "tcp": "%s:%d" % self.tcp}, "ship": ship, **logs},
                    "drain": {"timeout": "5s"}}
        return self.sidecar(self.app, settings)

    def post(self, body, headers=None, status: int = 202):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = fetch(self.intake, "POST", "/", data, headers)
        self.assertEqual(reply.status, status, reply.body)
        return reply

    def send(self, data: bytes):
        with socket.create_connection(self.tcp, timeout=20) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.recv(1), b"")     # closed once all is kept

    def messages(self, records, *datasets) -> list[str]:
        return [record.get("message") for record in records if record["event"]["dataset"] in (datasets or ("shop",))]

    # ---- Posts

    def test_an_object_an_array_and_lines(self):
        sidecar = self.start()
        self.assertEqual(self.post({"message": "1"}).json(), {"accepted": 1})
        self.assertEqual(self.post([{"message": "2"}, {"message": "3"}]).json(), {"accepted": 2})
        self.assertEqual(self.post(b'{"message":"4"}\n{"message":"5"}\n').json(), {"accepted": 2})
        self.assertEqual(self.post(gzip.compress(b'{"message":"6"}'), {"Content-Encoding": "gzip"}).json(), {"accepted": 1})
        until(lambda: self.messages(sidecar.log()) == list("123456"), "all records on standard output, in order")
        record = [line for line in sidecar.log() if line.get("message") == "1"][0]
        self.assertEqual(record["log.level"], "info")
        self.assertEqual(record["service"], {"name": "shop"})
        self.assertEqual(record["ecs.version"], "9.4.0")
        self.assertRegex(record["event"]["id"], "^[a-z2-7]{16}-[0-9a-v]{13}$")
        page = sidecar.metrics()
        self.assertEqual(page.sum("outrigger_log_intake_records_total"), 6)

    def test_what_is_wrong_is_said_and_nothing_of_it_is_kept(self):
        sidecar = self.start()
        problem = self.assert_problem(self.post(b'{"message":"no"}\n{"message":no}', status=400), 400, "bad_request")
        self.assertIn("record 2, byte 29", problem["detail"])
        self.assert_problem(self.post(b"", status=400), 400, "bad_request")
        self.assert_problem(self.post(b"x" * (1 << 20) + b"x", status=413), 413, "body_too_large")
        self.assert_problem(self.post(b'{"a":"' + b"x" * 300_000 + b'"}', status=413), 413, "body_too_large")
        bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
        self.assert_problem(self.post(bomb, {"Content-Encoding": "gzip"}, status=413), 413, "body_too_large")
        self.assert_problem(self.post(b"x", {"Content-Encoding": "gzip"}, status=400), 400, "bad_request")
        self.assert_problem(self.post(b"{}", {"Content-Encoding": "br"}, status=501), 501, "not_implemented")
        self.assert_problem(fetch(self.intake, "DELETE", "/"), 405, "method_not_allowed")
        self.assertEqual(fetch(self.intake, "GET", "/").status, 200)
        self.assertEqual(self.messages(sidecar.log()), [])
        self.assertEqual(sidecar.metrics().sum("outrigger_log_intake_records_total"), 0)

    def test_secrets_are_blotted_out_before_anything_is_stored(self):
        sidecar = self.start(spool={}, redact=["password", "*.token"])
        self.post({"password": "hunter2", "session": {"token": "hunter2"}, "message": "m"})
        sidecar.call(path="/login?password=hunter2&a=1")
        self.assertEqual(sidecar.access_lines(1)[0]["url"]["query"], "password=[redacted]&a=1")
        until(lambda: self.messages(sidecar.log()) == ["m"], "the record")
        for file in [sidecar.stdout_file, *(self.folder / "spool").iterdir()]:
            if file.is_file():
                self.assertNotIn(b"hunter2", file.read_bytes(), file)

    # ---- Lines

    def test_lines_over_tcp(self):
        sidecar = self.start()
        self.send(b'{"message":"1"}\r\n\n{"message":"2"}\nnot json\n{"message":"' + b"x" * 300_000 + b'"}\n{"message":"5"}')
        until(lambda: len(self.messages(sidecar.log())) == 5, "five records")
        records = [line for line in sidecar.log() if line["event"]["dataset"] == "shop"]
        self.assertEqual([record["message"][:8] for record in records], ["1", "2", "not json", '{"messag', "5"])
        self.assertEqual([record.get("tags") for record in records],
                         [None, None, ["_jsonparsefailure"], ["_jsonparsefailure"], None])
        self.assertEqual(sidecar.metrics().sum("outrigger_log_intake_malformed_total"), 2)

    def test_many_lines_over_tcp_come_whole_and_in_order(self):
        sidecar = self.start()
        self.send(b"".join(b'{"message":"%d","pad":"%s"}\n' % (number, b"y" * (number % 300)) for number in range(20_000)))
        until(lambda: len(self.messages(sidecar.log())) == 20_000, "all records")
        self.assertEqual(self.messages(sidecar.log()), [str(number) for number in range(20_000)])

    # ---- The receiver

    def test_the_receiver_gets_posts_the_access_log_and_operations(self):
        receiver = self.receiver()
        sidecar = self.start(f"logstash+http://127.0.0.1:{receiver.port}")
        self.post({"message": "m"})
        sidecar.call(path="/a")
        until(lambda: {"shop", "outrigger.access", "outrigger.operations"} <=
              {record["event"]["dataset"] for record in receiver.records()}, "all three")
        sidecar.signal(signal.SIGTERM)
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual({line["event"]["dataset"] for line in sidecar.log()}, {"outrigger.operations"})
        actions = [record["event"].get("action") for record in receiver.records()]
        self.assertEqual(actions.count("drain-ended"), 1, actions)

    def test_kill_9_right_after_the_answer(self):
        port = free_port()                                # nobody listens there yet
        sidecar = self.start(f"logstash+http://127.0.0.1:{port}", spool={})
        with Caller(self.intake) as caller:
            for number in range(20):
                body = b'{"message":"%d"}' % number
                caller.send(get("/", f"Content-Length: {len(body)}", method="POST") + body)
                self.assertEqual(caller.reply("POST").status, 202)
        sidecar.process.kill()
        sidecar.process.wait()
        sidecar.started = False                           # so that nobody expects a good end
        receiver = self.receiver("http", port)
        self.intake, self.tcp = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
        self.start(f"logstash+http://127.0.0.1:{port}", spool={})
        until(lambda: len(self.messages(receiver.records())) >= 20, "the records")
        self.assertEqual(self.messages(receiver.records()), [str(number) for number in range(20)])

    def test_a_dead_receiver_is_told_of_once_and_fails_no_probe(self):
        port = free_port()
        sidecar = self.start(f"logstash+http://127.0.0.1:{port}")
        self.post({"message": "m"})
        lines = until(lambda: sidecar.events("shipping-changed"), "the line")
        self.assertEqual(lines[0]["log.level"], "warn")
        self.assertIn(str(port), lines[0]["message"] + lines[0]["outrigger"]["receiver"])
        self.assertEqual(sidecar.ask_admin("/health/live").status, 200)
        sidecar.wait_ready()
        page = until(lambda: sidecar.ask_admin("/api/spool").json(), "the page")
        self.assertGreaterEqual(page["ledger"]["spooled"], 1)
        self.assertTrue(page["receiver"]["trouble"])
        receiver = self.receiver("http", port)
        until(lambda: self.messages(receiver.records()) == ["m"], "the record")
        until(lambda: len(sidecar.events("shipping-changed")) == 2, "the line that it is over")
        self.assertIn("again", sidecar.events("shipping-changed")[1]["message"])
        page = sidecar.metrics()
        self.assertGreaterEqual(page.sum("outrigger_log_delivered_total"), 1)
        self.assertEqual(page.sum("outrigger_log_dropped_total"), 0)

    def test_a_spool_full_of_what_matters_more_refuses_what_matters_less(self):
        sidecar = self.start(f"logstash+http://127.0.0.1:{refusing_port(self)}", spool={"max": "8MiB"})
        for number in range(100):
            self.post({"level": "error", "message": f"{number}", "pad": "x" * 100_000})
        reply = until(lambda: next((reply for reply in [fetch(self.intake, "POST", "/", json.dumps(
            {"level": "debug", "message": "little", "pad": "x" * 200_000}))] if reply.status != 202), None), "a refusal")
        self.assert_problem(reply, 429, "rate_limited")
        self.assertEqual(reply.headers["Retry-After"], "1")
        page = sidecar.metrics()
        self.assertGreaterEqual(page.value("outrigger_log_intake_refused_total", reason="full"), 1)
        self.assertGreater(page.value("outrigger_log_dropped_total", reason="evicted"), 0)
        sidecar.wait_ready()

    def test_a_refusal_of_the_credentials_is_told(self):
        receiver = self.receiver("bulk", 0, "--faults", "401=100%")
        sidecar = self.start(f"elasticsearch+http://me:secret@127.0.0.1:{receiver.port}/logs-shop")
        self.post({"message": "m"})
        line = until(lambda: sidecar.events("shipping-changed"), "the line")[0]
        self.assertIn("401", line["message"])
        self.assertNotIn("secret", json.dumps(sidecar.log()) + sidecar.ask_admin("/api/spool").body.decode() +
                         sidecar.ask_admin("/api/config").body.decode())

    def test_a_drain_delivers_what_came_last(self):
        receiver = self.receiver("http", 0, "--script", "500*2")
        sidecar = self.start(f"logstash+http://127.0.0.1:{receiver.port}")
        with Caller(self.intake) as caller:
            body = b'{"message":"last words"}'
            caller.send(get("/", f"Content-Length: {len(body)}", method="POST") + body[:10])
            time.sleep(0.1)
            sidecar.signal(signal.SIGTERM)
            caller.send(body[10:])
            self.assertEqual(caller.reply("POST").status, 202)
        self.assertEqual(sidecar.wait(), 0)
        self.assertEqual(self.messages(receiver.records()), ["last words"])

    def test_a_spool_that_cannot_be_is_said_at_start(self):
        blocked = self.folder / "spool"
        blocked.write_text("a file")
        with self.assertRaises(AssertionError) as refused:
            self.start("stdout:", spool={})
        text = str(refused.exception)
        self.assertIn("ended with 1", text)
        self.assertIn("logs.ship", text)
        self.assertEqual(text.count("\n"), 1, text)

    # ---- Standard output, as before

    def test_without_intake_and_spool_nothing_changes(self):
        sidecar = self.sidecar(self.app)
        sidecar.call()
        line = sidecar.access_lines(1)[0]
        self.assertNotIn("id", line["event"])
        self.assertEqual(sidecar.ask_admin("/api/spool").json(), {})
        self.assertGreaterEqual(sidecar.metrics().sum("outrigger_log_accepted_total"), 1)

    # ---- The loggers of others

    def log_with(self, which: str, url: str, count: int):
        for package in ("winston", "pino", "winston-logstash"):
            if fault := requirements.fault("node") or requirements.fault(f"npm {package}"):
                requirements.skip(self, fault)
        done = subprocess.run(["node", FOLDER / "loggers.mjs", which, url, str(count)], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "done\n", ""))

    def app_records(self, sidecar, count: int) -> list[dict]:
        def found():
            records = [line for line in sidecar.log() if not line["event"]["dataset"].startswith("outrigger.")]
            return records if len(records) >= count else None
        return until(found, f"{count} records of the app")

    def test_winston(self):
        sidecar = self.start()
        self.log_with("winston", "http://%s:%d/" % self.intake, 20)
        records = self.app_records(sidecar, 20)
        self.assertEqual(sorted(record["message"] for record in records), sorted(f"winston {i}" for i in range(20)))
        self.assertEqual({record["log.level"] for record in records}, {"error", "verbose"})
        self.assertEqual({record["service"]["name"] for record in records}, {"orders"})
        self.assertFalse([record for record in records if "timestamp" in record or "level" in record])

    def test_pino(self):
        sidecar = self.start(redact=["password"])
        self.log_with("pino", "http://%s:%d/" % self.intake, 20)
        records = self.app_records(sidecar, 21)
        self.assertEqual([record["message"] for record in records], [f"pino {i}" for i in range(20)] + ["pino failed"])
        self.assertEqual([record["log.level"] for record in records[:2]], ["trace", "warn"])
        self.assertEqual(records[0]["password"], "[redacted]")
        self.assertEqual(records[-1]["err"]["message"], "boom")
        self.assertNotIn("secret", json.dumps(sidecar.log()))

    def test_nest(self):
        sidecar = self.start()
        self.log_with("nest", "http://%s:%d/" % self.intake, 50)
        records = self.app_records(sidecar, 50)
        self.assertEqual({record["message"] for record in records}, {f"nest {i}" for i in range(50)})
        self.assertEqual({record["log.level"] for record in records}, {"info", "fatal"})
        self.assertEqual({record["context"] for record in records}, {"OrdersService"})

    def test_winston_over_tcp(self):
        sidecar = self.start()
        self.log_with("winston-tcp", "tcp://%s:%d" % self.tcp, 50)
        records = self.app_records(sidecar, 50)
        self.assertEqual([record["message"] for record in records], [f"tcp {i}" for i in range(50)])


if __name__ == "__main__":
    requirements.main()
