# SPDX-License-Identifier: Apache-2.0
"""`outrigger drain`: tells the running sidecar to drain, returns once no inbound exchange is left."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading

import requirements
from app import App, answering, refusing_port
from caller import Caller, get
from program import PATIENCE, die_with_parent, program, until
from system_case import SystemTest

FAILURE, USAGE = 1, 2
LONG = {"delay": "0s", "timeout": "60s"}


class DrainCommandTest(SystemTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="outrigger-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, drain=None, admin="127.0.0.1:0"):
        """An app that answers when it is released."""
        self.release, self.began = threading.Event(), threading.Event()
        self.addCleanup(self.release.set)

        def answer(connection, _):
            self.began.set()
            self.release.wait(60)
            connection.reply(200, b"whole")

        app = App(answering(answer))
        self.addCleanup(app.stop)
        sidecar = self.sidecar(app, {"drain": drain or LONG, "admin": admin})
        sidecar.admin = ("127.0.0.1", sidecar.admin[1])              # for a wildcard's sake
        sidecar.wait_ready()
        return sidecar

    def in_flight(self, sidecar) -> Caller:
        caller = Caller(sidecar.address)
        self.addCleanup(caller.close)
        caller.send(get("/slow"))
        self.assertTrue(self.began.wait(20))
        return caller

    def command(self, *arguments, environment=None) -> subprocess.Popen:
        process = subprocess.Popen([program(), "drain", *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=die_with_parent, env={**os.environ, **(environment or {})})

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def ended(self, process, code: int) -> str:
        """Its one line."""
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, (out, err))
        said, silent = (out, err) if code == 0 else (err, out)
        self.assertEqual(silent, "")
        self.assertEqual(len(said.splitlines()), 1, said)
        return said

    def admin_of(self, sidecar) -> str:
        return "%s:%d" % sidecar.admin

    def test_it_returns_once_the_last_exchange_has_ended(self):
        sidecar = self.start()
        caller = self.in_flight(sidecar)
        self.assertEqual(sidecar.ask_admin("/api/drain").json(),
                         {"draining": False, "ended": False, "exchanges": 1, "cut": 0})
        command = self.command("--admin", self.admin_of(sidecar))
        until(lambda: sidecar.ask_admin("/readyz").status == 503, "not ready")
        self.assertEqual(sidecar.ask_admin("/api/drain").json(),
                         {"draining": True, "ended": False, "exchanges": 1, "cut": 0})
        with self.assertRaises(subprocess.TimeoutExpired):
            command.wait(0.5)
        self.release.set()
        self.assertEqual(caller.reply().body, b"whole")
        self.assertRegex(self.ended(command, 0), r"^drained in [0-9.]+m?s$")
        self.assertEqual(sidecar.ask_admin("/api/drain").json(),
                         {"draining": True, "ended": True, "exchanges": 0, "cut": 0})
        self.assertIsNone(sidecar.process.poll())                    # it lives on
        self.assertEqual(sidecar.ask_admin("/livez").status, 200)
        # Again: there is nothing left to wait for.
        self.assertRegex(self.ended(self.command("--admin", self.admin_of(sidecar)), 0), "^drained in ")

    def test_the_settings_say_where_the_sidecar_is(self):
        sidecar = self.start()
        self.release.set()
        path = self.folder / "outrigger.yaml"
        settings = {**sidecar.settings, "admin": {"listen": "${ADMIN}", "token": "${TOKEN}"}}
        path.write_text(json.dumps(settings))
        environment = {"ADMIN": self.admin_of(sidecar), "TOKEN": "t", "http_proxy": "http://127.0.0.1:9"}
        command = self.command("-c", path, environment=environment)
        self.assertRegex(self.ended(command, 0), "^drained in ")
        began = until(lambda: sidecar.events("drain-began"), "the drain in the log")
        self.assertEqual([event["outrigger"]["cause"] for event in began], ["POST /drain"])

    def test_wildcard_addresses_are_reached_on_loopback(self):
        for host in ("0.0.0.0", "", "[::]"):
            with self.subTest(host):
                if host == "[::]" and not self.has_ipv6():
                    requirements.skip(self, "no IPv6 on loopback")
                sidecar = self.start(admin=f"{host}:0")
                self.release.set()
                command = self.command("--admin", f"{host}:{sidecar.admin[1]}")
                self.assertRegex(self.ended(command, 0), "^drained in ")

    @staticmethod
    def has_ipv6() -> bool:
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
            return True
        except OSError:
            return False

    def test_a_process_that_ends_meanwhile_has_drained(self):
        sidecar = self.start()
        caller = self.in_flight(sidecar)
        command = self.command("--admin", self.admin_of(sidecar))
        until(lambda: sidecar.ask_admin("/readyz").status == 503, "not ready")
        sidecar.signal(signal.SIGTERM)
        self.release.set()
        self.assertEqual(caller.reply().body, b"whole")
        self.assertRegex(self.ended(command, 0), "^drained (and ended )?in ")
        self.assertEqual(sidecar.wait(), 0)

    def test_what_the_drain_s_timeout_cuts_is_a_failure(self):
        sidecar = self.start({"delay": "0s", "timeout": "500ms"})
        self.in_flight(sidecar)
        said = self.ended(self.command("--admin", self.admin_of(sidecar)), FAILURE)
        self.assertEqual(said, "outrigger: drain.timeout has passed: 1 exchange was cut\n")

    def test_its_own_timeout_ends_the_wait_and_not_the_drain(self):
        sidecar = self.start()
        caller = self.in_flight(sidecar)
        said = self.ended(self.command("--admin", self.admin_of(sidecar), "--timeout", "300ms"), FAILURE)
        self.assertEqual(said, "outrigger: not drained within 300ms: 1 exchange in progress\n")
        self.release.set()
        self.assertEqual(caller.reply().body, b"whole")

    def test_nobody_there(self):
        port = refusing_port(self)
        said = self.ended(self.command("--admin", f"127.0.0.1:{port}"), FAILURE)
        self.assertIn(f"http://127.0.0.1:{port}: POST /drain: ", said)
        self.assertIn("--admin", said)

    def test_somebody_else_there(self):
        app = App(answering(lambda connection, _: connection.reply(200, b"hello")))
        self.addCleanup(app.stop)
        said = self.ended(self.command("--admin", f"127.0.0.1:{app.port}"), FAILURE)
        self.assertIn("answered 200", said)
        accepts = App(answering(lambda connection, _: connection.reply(202, b"hello")))
        self.addCleanup(accepts.stop)
        said = self.ended(self.command("--admin", f"127.0.0.1:{accepts.port}"), FAILURE)
        self.assertIn("GET /api/drain: answered 202", said)

    def test_wrong_usage(self):
        missing = self.folder / "missing.yaml"
        broken = self.folder / "broken.yaml"
        broken.write_text("admin: nowhere\n")
        for arguments, part in ((("--admin", "nowhere"), "--admin"), (("--timeout", "soon"), "--timeout"),
                                (("--timeout", "48h"), "24h"), (("-c", missing), "No such file"),
                                (("-c", broken), f"{broken}:1"), (("--admin", "127.0.0.1:0"), "any port"),
                                (("now",), "outrigger --help")):
            with self.subTest(arguments):
                self.assertIn(part, self.ended(self.command(*arguments), USAGE))


if __name__ == "__main__":
    requirements.main()
